# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Ansible package, Galaxy and Automation Hub ask of a collection, as far as files can show it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from ansible.plugins import loader
from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import MODULES

PLUGINS = ROOT / "plugins"
SHIPPED = ("meta", "plugins", "roles", "playbooks")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def document(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return content


def text_files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path for path in found if path.suffix in {".py", ".yml", ".yaml", ".txt"}]


def test_plugins_are_in_folders_that_ansible_knows() -> None:
    known = {
        str(one.subdir).removesuffix("_plugins")
        for one in vars(loader).values()
        if isinstance(one, loader.PluginLoader)
    }
    known = {"modules" if name == "library" else name for name in known} | {"doc_fragments", "plugin_utils"}
    found = {path.name for path in PLUGINS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found
    assert found - known == set()


def test_shared_code_is_private() -> None:
    """A package is private by its own name; the files in it need none of their own."""
    shared = [path for kind in ("module_utils", "plugin_utils") for path in (PLUGINS / kind).iterdir()]
    assert len(shared) > 10
    assert [path.name for path in shared if not path.name.startswith("_")] == []


def test_what_is_shipped_for_use_refers_to_no_other_folder() -> None:
    foreign = re.compile(r"fleetops\.nvcf\.tests|fleetops/nvcf/(tests|extensions|docs)|playbook_dir|\.\./\.\./\.\.")
    assert [str(path) for path in text_files(*SHIPPED) if foreign.search(path.read_text(encoding="utf-8"))] == []


def test_the_collection_needs_no_other() -> None:
    assert document("galaxy.yml")["dependencies"] == {}


def test_tags_are_few_and_plain_and_one_is_of_galaxys_list() -> None:
    tags = document("galaxy.yml")["tags"]
    assert "cloud" in tags
    assert len(tags) <= 20
    assert [tag for tag in tags if not re.fullmatch(r"[a-z][a-z0-9_]*", tag)] == []


def test_the_license_is_named_and_its_file_is_not_named_beside_it() -> None:
    metadata = document("galaxy.yml")
    assert metadata["license"] == ["GPL-3.0-or-later"]
    assert "license_file" not in metadata


def test_the_code_of_conduct_is_that_of_ansible() -> None:
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    assert "https://docs.ansible.com/ansible/latest/community/code_of_conduct.html" in text


def test_sanity_has_no_exceptions() -> None:
    assert list((ROOT / "tests" / "sanity").glob("ignore*")) == []


def test_the_linter_skips_no_rule_and_no_content() -> None:
    settings = document(".ansible-lint")
    assert settings["profile"] == "production"
    assert not {"skip_list", "warn_list"} & settings.keys()
    content = ("plugins", "roles", "playbooks", "extensions", "meta")
    assert [path for path in settings["exclude_paths"] if path.startswith(content)] == []


def test_images_with_the_collection_are_held_to_no_version_of_a_package() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if re.search(r"==|<|~=", line) or line.startswith("ansible")] == []


def rows(state: str) -> list[tuple[str, str]]:
    """Requirement and check of the table's rows in that state."""
    lines = Page(ROOT / "docs" / "requirements.md").prose.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [(row[0], row[3]) for row in cells if len(row) == 4 and row[1] == state]


def is_a_check(name: str) -> bool:
    """Whether it is the short name of this file, a target of make that `make test` runs, or a test's file."""
    if match := re.fullmatch(r"`make ([\w-]+)`", name):
        stages = re.findall(r"^(?:NARROW|WIDE) := (.*)$", MAKEFILE, re.MULTILINE)
        return match[1] in " ".join(stages).split()
    return name == "requirements test" or (ROOT / name.strip("`")).is_file()


def test_what_is_met_names_checks_that_exist() -> None:
    met = rows("met")
    assert len(met) > 40
    assert [row for row in met if not all(map(is_a_check, row[1].split(", ")))] == []


def test_the_readme_says_what_a_reader_elsewhere_must_know() -> None:
    headings = set(re.findall(r"^## (.+)$", README, re.MULTILINE))
    assert {"Requirements", "Installation", "Communication", "License"} <= headings
    assert "Python 3.11" in README
    assert "[semantic versioning](https://" in README
    assert "[changelog](https://" in README
    assert "https://forum.ansible.com/" in README


def test_contributors_are_told_what_happens_to_their_work_and_that_they_sign_nothing() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Contributions\n")[2].partition("\n## ")[0]
    assert "GPL-3.0-or-later" in section
    assert "no contributor agreement" in " ".join(section.split())


def test_the_policy_tells_of_versions_deprecations_and_what_is_internal() -> None:
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert {"Versions of the collection", "Deprecations", "Upgrading"} <= set(
        re.findall(r"^## (.+)$", text, re.MULTILINE)
    )
    assert "everything below `plugins/module_utils` and `plugins/plugin_utils`" in text


def documented_requirements(source: str) -> list[str]:
    """What a plugin's own documentation and the collection's fragments that it extends ask for."""
    found = re.search(r'^DOCUMENTATION = r?"""$(.*?)^"""$', source, re.MULTILINE | re.DOTALL)
    assert found
    documentation = yaml.safe_load(found[1])
    wanted = list(documentation.get("requirements", ()))
    for fragment in documentation.get("extends_documentation_fragment", ()):
        if fragment.startswith("fleetops.nvcf."):
            text = (PLUGINS / "doc_fragments" / f"{fragment.split('.')[2]}.py").read_text(encoding="utf-8")
            wanted += re.findall(r"^  - (Python .*)$", text, re.MULTILINE)
    return wanted


def test_every_plugin_names_the_python_that_it_needs() -> None:
    plugins = [path for kind in ("modules", "inventory", "callback") for path in (PLUGINS / kind).glob("*.py")]
    assert len(plugins) > 8
    wanted = {path.stem: documented_requirements(path.read_text(encoding="utf-8")) for path in plugins}
    assert {name for name, found in wanted.items() if "Python >= 3.12" not in found} == set()
    assert document("tests/config.yml") == {"modules": {"python_requires": ">=3.12"}}


def test_every_module_supports_check_mode_and_no_state_is_a_query() -> None:
    for name, module in MODULES.items():
        documentation = yaml.safe_load(module.DOCUMENTATION)
        assert documentation["attributes"]["check_mode"]["support"] == "full", name
        states = documentation.get("options", {}).get("state", {}).get("choices", [])
        assert set(states) <= {"present", "absent", "exact"}, name


def test_sanity_runs_on_every_core_that_is_claimed() -> None:
    oldest = re.fullmatch(r">=2\.(\d+)\.0", document("meta/runtime.yml")["requires_ansible"])
    pinned = re.search(
        r"^ansible-core==2\.(\d+)\.", (ROOT / "requirements/dev.in").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert oldest
    assert pinned
    named = re.findall(r"tests/sanity/run --core 2\.(\d+)\.", MAKEFILE)
    assert sorted(map(int, named)) == list(range(int(oldest[1]), int(pinned[1])))


def test_the_workflow_tests_the_pythons_that_are_claimed() -> None:
    workflow = document(".github/workflows/ci.yml")
    claimed = re.search(
        r"^\| Python, where the tasks run \| ([^|]+) \|", (ROOT / "docs/policy.md").read_text(), re.MULTILINE
    )
    assert claimed
    assert claimed[1].split(", ") == workflow["jobs"]["unit"]["strategy"]["matrix"]["python"]


def test_no_large_file_is_shipped() -> None:
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    sizes = {name: path.stat().st_size for name in listed.split("\0") if name and (path := ROOT / name).is_file()}
    assert {name for name, size in sizes.items() if size > 300_000} == set()
