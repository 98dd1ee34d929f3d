# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What one task leaves for the tasks of all hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead import found
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.found import Asked, leave, take

ASKED = Asked(play="1", module="recognized_registry_info", options_from="look", check_mode=False, host="east-1")
RESULT = {"changed": False, "cluster": "Osteuropa \N{SNOWMAN}", "registries": [{"key": "GHCR", "stored": True}]}


@pytest.fixture(autouse=True)
def run(tmp_path: Path) -> Iterator[None]:
    """A run whose processes share something."""
    with sharing(str(tmp_path)):
        yield


def test_it_is_taken_once_as_it_was_left() -> None:
    leave(ASKED, RESULT)
    assert take(ASKED) == RESULT
    assert take(ASKED) is None


def test_what_is_left_last_counts() -> None:
    leave(ASKED, {"revision": 1})
    leave(ASKED, {"revision": 2})
    assert take(ASKED) == {"revision": 2}


@pytest.mark.parametrize(
    "other",
    [
        {"play": "2"},
        {"module": "recognized_registry_audit"},
        {"options_from": "a"},
        {"check_mode": True},
        {"host": "b"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_it_is_for_one_task_of_one_host(other: dict[str, Any]) -> None:
    leave(ASKED, RESULT)
    assert take(replace(ASKED, **other)) is None
    assert take(ASKED) == RESULT


def test_it_does_not_wait_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    leave(ASKED, RESULT)
    monkeypatch.setattr(found, "FRESH_SECONDS", 0)
    assert take(ASKED) is None


def test_what_is_no_json_is_not_left() -> None:
    leave(ASKED, {"found": object()})
    assert take(ASKED) is None
