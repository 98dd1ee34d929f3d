# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A variant of a chart differs from its original in what was asked for, and in nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import (
    API_CHART,
    FAILING_HOOK,
    NEEDS_NEW_SETTING,
    OTHER_CONTENT,
    WITHOUT_CHECKSUM_VERSION,
    variant,
)


def contents(chart: Path) -> dict[str, str]:
    return {str(file.relative_to(chart)): file.read_text() for file in chart.rglob("*") if file.is_file()}


def test_only_the_version_changes_when_nothing_else_is_asked_for(tmp_path: Path) -> None:
    made = contents(variant(API_CHART, tmp_path / "chart", version="9.8.7"))
    original = contents(API_CHART)
    expected = re.sub(r"(?m)^version: .*$", "version: 9.8.7", original["Chart.yaml"])
    assert made == original | {"Chart.yaml": expected}
    assert expected != original["Chart.yaml"]


def test_an_old_chart_lacks_nothing_but_the_checksum(tmp_path: Path) -> None:
    version = WITHOUT_CHECKSUM_VERSION
    made = contents(variant(API_CHART, tmp_path / "chart", version=version, drop_checksum=True))
    removed = set(contents(API_CHART)["templates/deployment.tpl"].splitlines()) - set(
        made["templates/deployment.tpl"].splitlines()
    )
    assert [line.strip().partition(":")[0] for line in removed] == ["checksum/config-env"]


@pytest.mark.parametrize("edits", [OTHER_CONTENT, NEEDS_NEW_SETTING, FAILING_HOOK])
def test_an_edit_changes_its_file_only(tmp_path: Path, edits: dict[str, tuple[str, str]]) -> None:
    original = contents(API_CHART)
    made = contents(variant(API_CHART, tmp_path / "chart", version="1.25.1", edits=edits))
    assert {name for name, text in made.items() if original[name] != text} == set(edits)


def test_an_edit_that_finds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not there"):
        variant(API_CHART, tmp_path / "chart", version="1.0.0", edits={"values.yaml": ("not there", "")})


def test_dropping_the_checksum_twice_is_an_error(tmp_path: Path) -> None:
    old = variant(API_CHART, tmp_path / "old", version="1.0.0", drop_checksum=True)
    with pytest.raises(ValueError, match="checksum"):
        variant(old, tmp_path / "older", version="1.0.0", drop_checksum=True)
