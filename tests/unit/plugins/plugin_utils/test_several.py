# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Several results as one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._several import maps_of, together

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
    ],
    ids=["fine", "changed", "failed", "failed alike", "settled", "not settled", "warned", "instructed to a workflow"],
)
def test_of_several_ansible_learns_what_is_in_any(results: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    assert together(results) == whole | {"results": results}


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
