# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The file that says how a cluster behaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior


def test_what_was_saved_is_read_back_equal(tmp_path: Path) -> None:
    saved = Behavior(quota=2, pull_failures=("ghcr.io",), fail_requests={"GET /health": 500})
    saved.save(tmp_path / "behavior.json")
    assert Behavior.load(tmp_path / "behavior.json") == saved


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert Behavior.load(tmp_path / "behavior.json") == Behavior()


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown behavior redy_seconds; known: .*ready_seconds"):
        Behavior().changed(redy_seconds=1)


def test_a_change_keeps_everything_else() -> None:
    behavior = Behavior(quota=2).changed(ready_seconds=9.0)
    assert (behavior.quota, behavior.ready_seconds) == (2, 9.0)


def test_saving_leaves_only_the_file_itself(tmp_path: Path) -> None:
    for quota in range(3):
        Behavior(quota=quota).save(tmp_path / "behavior.json")
    assert [path.name for path in tmp_path.iterdir()] == ["behavior.json"]
