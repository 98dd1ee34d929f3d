# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is mutated, which tests decide, and when that is good enough."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.mutants.packages import PACKAGES, ROOT
from ansible_collections.fleetops.nvcf.tests.mutants.score import Score, total
from ansible_collections.fleetops.nvcf.tests.mutants.selection import pytest_collection_modifyitems


def test_every_file_that_is_to_be_mutated_exists_and_has_tests_of_its_name() -> None:
    for name, package in PACKAGES.items():
        folder = ROOT / "plugins/module_utils" / name
        assert list(folder.glob("*.py"))
        found = [path.name for path in package.unit_tests(name)]
        for file in package.files:
            assert (folder / f"{file}.py").is_file()
            assert f"test_{file}.py" in found


@pytest.mark.parametrize(
    "mutant,left",
    [
        ("a._helm.manifest.x_objects__mutmut_1", ["test_manifest.py", "test_manifest_diff.py"]),
        ("a._change.release_handle.x_open__mutmut_1", ["test_manifest.py", "test_manifest_diff.py", "test_cli.py"]),
        ("", ["test_manifest.py", "test_manifest_diff.py", "test_cli.py"]),
        ("stats", ["test_manifest.py", "test_manifest_diff.py", "test_cli.py"]),
    ],
)
def test_the_tests_of_a_files_name_decide_where_there_are_any(
    mutant: str, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUTANT_UNDER_TEST", mutant)
    names = ("test_manifest.py", "test_manifest_diff.py", "test_cli.py")
    items: list[Any] = [SimpleNamespace(path=Path(name)) for name in names]
    pytest_collection_modifyitems(items)
    assert [item.path.name for item in items] == left


@pytest.mark.parametrize(
    "mutants,survivors,sufficient", [(100, 15, True), (100, 16, False), (7, 1, True), (0, 0, True)]
)
def test_a_score_is_sufficient_from_85_percent_on(mutants: int, survivors: int, *, sufficient: bool) -> None:
    assert Score(subject="a.py", mutants=mutants, survivors=survivors).sufficient is sufficient


def test_the_total_counts_mutants_and_not_files() -> None:
    scores = [Score(subject="a.py", mutants=90, survivors=0), Score(subject="b.py", mutants=10, survivors=10)]
    assert str(total(scores)).split() == ["total", "100", "mutants", "10", "survivors", "90.0", "%"]
