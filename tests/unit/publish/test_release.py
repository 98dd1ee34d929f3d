# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What keeps a version from being released, what a tarball holds, and that it is the same wherever it is built."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.publish.release import changelog, contents, sbom, tarball

READY = changelog.History(
    version="1.0.0",
    recorded=["1.0.0"],
    headings=["1.0.0"],
    fragments=[],
    additions=["0.1.0", "1.0.0"],
)


def test_a_released_version_can_be_published() -> None:
    assert changelog.problems(READY, "1.0.0") == []


@pytest.mark.parametrize(
    "changed, release, word",
    [
        ({}, "1.0.1", "The release is 1.0.1, and the version of galaxy.yml is 1.0.0"),
        ({}, "v1.0.0", "without a prefix"),
        ({"recorded": []}, "1.0.0", "no release 1.0.0"),
        ({"headings": []}, "1.0.0", "no section for 1.0.0"),
        ({"headings": []}, None, "no section for 1.0.0"),
        ({"fragments": ["0024-new.yml"]}, "1.0.0", "changelogs/fragments/0024-new.yml"),
        ({"uncommitted": ["README.md"]}, "1.0.0", "Not committed: README.md"),
        ({"additions": ["1.10.0"]}, None, "version_added 1.10.0 is later"),
        ({"version": "1.0"}, None, "MAJOR.MINOR.PATCH"),
        ({"version": "1.0.1"}, None, "changelogs/fragments is empty"),
    ],
)
def test_what_does_not_agree_is_named(changed: dict[str, Any], release: str | None, word: str) -> None:
    assert word in "\n".join(changelog.problems(replace(READY, **changed), release))


def test_a_checkout_between_releases_may_have_fragments_and_changes() -> None:
    between = replace(READY, version="1.1.0", fragments=["0024-new.yml"], uncommitted=["README.md"])
    assert changelog.problems(between, None) == []


def problems_with(*names: str, whole: int = 1, released: bool = True, size: int = 1) -> str:
    sizes = dict.fromkeys([*contents.NEEDED, *names], size)
    return "\n".join(contents.problems(sizes, frozenset(), whole=whole, released=released))


def test_what_users_need_belongs_into_the_tarball() -> None:
    assert problems_with("plugins/modules/a.py", "tests/sandbox/charts/x/Chart.yaml", "docs/guide.md") == ""


@pytest.mark.parametrize(
    "name",
    [
        ".github/workflows/ci.yml",
        ".pre-commit-config.yaml",
        "Makefile",
        "tests/unit/test_a.py",
        "tests/sandboxes/a.py",
        "new-folder/a.py",
        "plugins/modules/__pycache__/a.pyc",
        "docs/kubeconfig",
        "extensions/ee/fleetops-nvcf-0.1.0.tar.gz",
        "tests/sandbox/ca.key",
        "changelogs/.plugin-cache.yaml",
    ],
)
def test_what_does_not_belong_into_the_tarball_is_named(name: str) -> None:
    assert f"Must not be in the tarball: {name}." in problems_with(name)


def test_missing_large_and_linked_files_are_named() -> None:
    assert "changelogs/changelog.yaml" in "".join(contents.problems({}, frozenset(), whole=1, released=True))
    assert "changelogs/changelog.yaml" not in "".join(contents.problems({}, frozenset(), whole=1, released=False))
    assert "docs/big.md" in problems_with("docs/big.md", size=contents.LARGEST + 1)
    assert "The tarball has" in problems_with(whole=contents.LARGEST_WHOLE + 1)
    assert "docs/link" in "".join(contents.problems({}, frozenset({"docs/link"}), whole=1, released=True))


def built(names: list[str], moment: int, text: str = "same") -> bytes:
    """As ansible-galaxy builds it: in any order, at any time."""
    files = {name: text.encode() for name in names}
    entries = [{"name": ".", "ftype": "dir", "chksum_sha256": None}] + [
        {"name": name, "ftype": "file", "chksum_sha256": tarball.digest(content)} for name, content in files.items()
    ]
    listed = json.dumps({"files": entries, "format": 1}, indent=True).encode()
    manifest = {
        "collection_info": {"version": "1.0.0"},
        "file_manifest_file": {"name": "FILES.json", "chksum_sha256": tarball.digest(listed)},
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {"MANIFEST.json": json.dumps(manifest).encode(), "FILES.json": listed, **files}.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), moment
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def test_builds_at_other_times_and_in_another_order_become_the_same_file() -> None:
    first = tarball.normalized(built(["b", "a"], moment=1), 1000)
    second = tarball.normalized(built(["a", "b"], moment=2), 1000)
    assert first == second
    assert tarball.problems(first) == []
    assert {info.mtime for info, _content in tarball.members(first).values()} == {1000}
    assert tarball.normalized(built(["a", "b"], moment=2, text="other"), 1000) != first


def test_a_tarball_whose_checksums_do_not_fit_is_refused() -> None:
    content = gzip.decompress(built(["docs/guide.md"], moment=1))
    changed = gzip.compress(content.replace(b"same", b"SAME", 1))
    assert "docs/guide.md" in "".join(tarball.problems(changed))
    manifest = gzip.compress(content.replace(b'"format": 1', b'"format": 2', 1))
    assert "MANIFEST.json has the checksum" in "".join(tarball.problems(manifest))


def test_the_bill_of_materials_names_the_tarball_and_what_it_needs_but_not_pip() -> None:
    def part(name: str) -> dict[str, Any]:
        return {"type": "library", "name": name, "version": "1", "bom-ref": f"{name}==1"}

    environment = {
        "metadata": {},
        "components": [part(name) for name in ("ansible-core", "PyYAML", "cffi", "pip")],
        "dependencies": [{"ref": f"{name}==1"} for name in ("ansible-core", "PyYAML", "cffi", "pip")],
    }
    collection = sbom.Collection(version="1.0.0", file="fleetops-nvcf-1.0.0.tar.gz", sha256="ab" * 32, moment=0)
    made = sbom.document(environment, collection, sbom.needed_names(["# SPDX", "", "pyyaml>=6"]))
    assert made["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert made["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"
    assert [part["name"] for part in made["components"]] == ["helm", "ansible-core", "PyYAML", "cffi"]
    assert made["dependencies"][0]["dependsOn"] == ["PyYAML==1", "ansible-core==1", "helm"]
    assert "pip==1" not in json.dumps(made)
    assert made == sbom.document(environment, collection, ["ansible-core", "PyYAML"])
