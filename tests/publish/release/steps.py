# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is done for a release, one step after the other. Each returns what the summary says about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import build_collection

from . import changelog, contents, sbom, tarball
from .installed import Installed
from .paths import BIN, DIST, ROOT, Refused, environment_folder, output

SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
}
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1], encoding="utf-8").read()))
"""


@dataclass(kw_only=True)
class Release:
    """One run. Steps before `build` need no tarball, those after it use that of `build`."""

    release: str | None
    """The tag, without which the checkout is looked at as it is."""
    work: Path
    notes: list[Path] = field(default_factory=list)

    @cached_property
    def version(self) -> str:
        """Of galaxy.yml."""
        return str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"])

    @cached_property
    def moment(self) -> int:
        """When the commit was made."""
        return int(output("git", "log", "-1", "--format=%ct"))

    @property
    def tarball(self) -> Path:
        """The file that users download."""
        return DIST / f"fleetops-nvcf-{self.version}.tar.gz"

    @property
    def built(self) -> Path:
        """The same, once it is there."""
        if not self.tarball.exists():
            raise Refused(f"{self.tarball.relative_to(ROOT)} does not exist. The step build makes it.")
        return self.tarball

    @cached_property
    def installed(self) -> Installed:
        """The collection in an environment that knows no checkout."""
        return Installed.from_tarball(self.built, self.work / "installed")

    def changelog(self) -> str:
        """Version, changelog, fragments and tag agree."""
        recorded = ROOT / "changelogs" / "changelog.yaml"
        releases = yaml.safe_load(recorded.read_text(encoding="utf-8"))["releases"] if recorded.exists() else {}
        fragments = (ROOT / "changelogs" / "fragments").glob("*.yml")
        history = changelog.History(
            version=self.version,
            recorded=list(releases),
            headings=re.findall(r"(?m)^v(\S+)$", (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")),
            fragments=[path.name for path in fragments],
            additions=_additions(),
            uncommitted=[line[3:] for line in output("git", "status", "--porcelain").splitlines()],
        )
        _refuse(changelog.problems(history, self.release))
        if self.release is None:
            state = "in the changelog" if self.version in history.recorded else "not in the changelog yet"
            return f"version {self.version} is {state}, {len(history.fragments)} fragments wait, no tag was given"
        output(BIN / "antsibull-changelog", "lint")
        latest = ["--only-latest", "--output-format", "md", "--output", str(DIST / "notes.md")]
        DIST.mkdir(exist_ok=True)
        output(BIN / "antsibull-changelog", "generate", *latest, self.release)
        self.notes.append(DIST / "notes.md")
        return f"version {self.version}, released in the changelog"

    def build(self) -> str:
        """Two builds from two copies of the checkout are the same file."""
        built = []
        for name in ("first", "second"):
            (self.work / name).mkdir()
            made = build_collection(BIN, self.work / name)
            built.append(tarball.normalized(made.read_bytes(), self.moment))
        if built[0] != built[1]:
            raise Refused("Two builds of the same checkout differ.")
        DIST.mkdir(exist_ok=True)
        self.tarball.write_bytes(built[0])
        checksum = self.tarball.with_name(f"{self.tarball.name}.sha256")
        checksum.write_text(f"{tarball.digest(built[0])}  {self.tarball.name}\n", encoding="utf-8")
        self.notes += [self.tarball, checksum]
        return f"two builds are the same {len(built[0])} bytes"

    def contents(self) -> str:
        """The tarball holds what belongs there, with a license for each file, and its checksums are right."""
        content = self.built.read_bytes()
        held = tarball.members(content)
        sizes = {name: len(held[name][1]) for name in held if not held[name][0].isdir()}
        links = frozenset(name for name in sizes if not held[name][0].isfile())
        released = self.release is not None
        _refuse(contents.problems(sizes, links, whole=len(content), released=released) + tarball.problems(content))
        output(BIN / "reuse", "--root", self.installed.root, "lint", "--lines")
        return f"{len(sizes)} files, each with its license"

    def install(self) -> str:
        """The collection installs offline, and ansible-galaxy finds every file as the manifest says."""
        return self.installed.verify()

    def smoke(self) -> str:
        """Documentation, playbooks and Python of the installed collection."""
        done = (self.installed.documentation(), self.installed.playbooks(), self.installed.imports(ROOT))
        return f"{', '.join(done)}, without a checkout"

    def importer(self) -> str:
        """What Galaxy and Automation Hub do with this upload."""
        output(ROOT / "tests" / "publish" / "importer", self.built)
        return "galaxy-importer accepts it"

    def sbom(self) -> str:
        """A bill of materials that CycloneDX's schema accepts."""
        tools, python = environment_folder("release"), environment_folder("installed") / "python"
        draft = self.work / "environment.json"
        options = ["--sv", "1.6", "--of", "JSON", "--output-reproducible", "--no-validate"]
        output(tools / "cyclonedx-py", "environment", *options, "-o", draft, python)
        collection = sbom.Collection(
            version=self.version,
            file=self.tarball.name,
            sha256=tarball.digest(self.built.read_bytes()),
            moment=self.moment,
        )
        lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
        made = sbom.document(json.loads(draft.read_text(encoding="utf-8")), collection, sbom.needed_names(lines))
        bill = DIST / f"fleetops-nvcf-{self.version}.cdx.json"
        bill.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        output(tools / "python", "-c", VALIDATE, bill)
        self.notes.append(bill)
        return f"CycloneDX 1.6, {len(made['components'])} components, valid"

    def schemas(self) -> str:
        """What the code host reads is of the form that it asks for."""
        count = 0
        for schema, pattern in SCHEMAS.items():
            files = sorted(ROOT.glob(pattern))
            count += len(files)
            output(environment_folder("release") / "check-jsonschema", "--builtin-schema", schema, *files)
        return f"{count} files of .github"


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Refused(*problems)


def _additions() -> list[str]:
    """Every `version_added` of plugins and roles."""
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").rglob("argument_specs.yml")]
    pattern = re.compile(r"""(?m)^\s*version_added: ['"]?([\d.]+)""")
    return [found for path in files for found in pattern.findall(path.read_text(encoding="utf-8"))]
