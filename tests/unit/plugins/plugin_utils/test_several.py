# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Several results as one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._several import maps_of, summary, together

FINE = {"changed": False, "service": "functions"}
LOST = {"changed": False, "failed": True, "msg": "Gone."}


def test_a_single_one_stays_as_it_is() -> None:
    assert together([LOST]) == LOST


@pytest.mark.parametrize(
    "results, whole",
    [
        ([FINE, FINE], {"changed": False}),
        ([FINE, {"changed": True}], {"changed": True}),
        ([FINE, LOST], {"changed": False, "failed": True, "msg": "Gone."}),
        ([LOST, LOST | {"msg": "Lost."}, LOST], {"changed": False, "failed": True, "msg": "Gone. Lost."}),
        ([FINE | {"settled": True}, {"settled": True}], {"changed": False, "settled": True}),
        ([FINE | {"settled": True}, {"settled": False}], {"changed": False, "settled": False}),
        ([{"warnings": ["a"]}, {"warnings": ["b", "a"]}], {"changed": False, "warnings": ["a", "b"]}),
        (
            [
                {"ansible_stats": {"data": {"drifted": ["east-1"]}, "aggregate": True}},
                {"ansible_stats": {"data": {"drifted": ["east-1"], "lost": ["east-1"]}, "aggregate": True}},
            ],
            {"changed": False}
            | {"ansible_stats": {"data": {"drifted": ["east-1"], "lost": ["east-1"]}, "aggregate": True}},
        ),
        (
            [
                {"ansible_stats": {"data": {"nvcf_drifted": ["east-1"]}}},
                {"ansible_stats": {"data": {"nvcf_unreadable": ["east-1"]}}},
            ],
            {"changed": False, "ansible_stats": {"data": {"nvcf_unreadable": ["east-1"]}}},
        ),
        ([{"verdict": "ok"}, {"verdict": "warning"}], {"changed": False, "verdict": "warning"}),
        ([{"verdict": "drifted"}, {"verdict": "unreadable"}], {"changed": False, "verdict": "unreadable"}),
        ([{"verdict": "unreachable"}, {"verdict": "unreadable"}], {"changed": False, "verdict": "unreachable"}),
    ],
    ids=[
        *("fine", "changed", "failed", "failed alike", "settled", "not settled", "warned", "instructed to a workflow"),
        *("in the list of the worst", "warning", "one that was not read", "one that did not answer"),
    ],
)
def test_of_several_ansible_learns_what_is_in_any(results: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    assert together(results) == whole | {"results": results}


DRIFT = {"severity": "error", "text": "GHCR is not stored", "next_step": "Run add."}
LATE = {"severity": "warning", "text": "A revision has failed", "next_step": "No action."}
READ = LOST | {"findings": [DRIFT, DRIFT, LATE], "verdict": "drifted", "registries": [{"key": "GHCR"}], "history": []}


@pytest.mark.parametrize("result", [READ, together([READ, FINE])], ids=["of one service", "of several"])
def test_a_summary_of_a_failure_has_its_words_and_what_to_do_and_nothing_that_was_read(result: dict[str, Any]) -> None:
    assert summary(result) == LOST | {"verdict": "drifted", "next_steps": ["Run add."]}


def test_a_summary_has_the_next_step_of_a_warning_that_failed_and_the_owner_of_whom_the_message_speaks() -> None:
    late = LOST | {"findings": [LATE], "owner": None}
    owned = LOST | {"findings": [DRIFT], "owner": {"tool": "Flux"}}
    assert summary(late) == LOST | {"next_steps": ["No action."]}
    assert summary(together([late, owned])) == LOST | {"next_steps": ["Run add."], "owner": {"tool": "Flux"}}


@pytest.mark.parametrize(
    "value, maps",
    [
        ({"a": 1}, [{"a": 1}]),
        ([{"a": 1}, {"b": 2}], [{"a": 1}, {"b": 2}]),
        ([{"a": 1}, "b"], []),
        ("a", []),
        (None, []),
        ([], []),
    ],
)
def test_options_are_a_map_or_a_list_of_maps(value: object, maps: list[dict[str, Any]]) -> None:
    assert maps_of(value) == maps
