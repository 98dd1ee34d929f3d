# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Whole numbers that helm renders with an exponent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import ObjectId
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest_diff import Difference
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.whole_numbers import Changed, as_text, misread
from hypothesis import given
from hypothesis import strategies as st

VALUES: dict[str, Any] = {"api": {"limit": 5000000, "list": [1, {"big": -12345678}], "small": 999999, "on": True}}


def changed(before: Any, after: Any, place: str = "data") -> Changed:
    identity = ObjectId(kind="ConfigMap", namespace="nvcf", name="a")
    return Difference(object=identity, place=(place,), change="changed"), before, after


@pytest.mark.parametrize(
    "before,after,places",
    [
        pytest.param("5000000", "5e+06", [("api", "limit")], id="text"),
        pytest.param(5000000, "5e+06", [("api", "limit")], id="number"),
        # What has a point and an exponent is a number to the parser.
        pytest.param(-12345678, -12345678.0, [("api", "list", 1, "big")], id="number with a point"),
        pytest.param("-Xmx5000000 -Xms5000000", "-Xmx5e+06 -Xms5e+06", [("api", "limit")], id="within a text"),
        pytest.param("5000001", "5e+06", [], id="another number"),
        pytest.param("5000000", "5000000.0", [], id="another form"),
        pytest.param("999999", "1e+06", [], id="small"),
        pytest.param("true", "1e+00", [], id="truth"),
        pytest.param(None, ["5e+06"], [], id="list"),
    ],
)
def test_a_number_is_found_by_what_is_rendered_of_it(before: Any, after: Any, places: list[Any]) -> None:
    found = misread(VALUES, [changed(before, after)])
    assert list(found) == places
    assert [[it.place for it in due] for due in found.values()] == [[("data",)] for _place in places]


def test_a_number_that_helm_would_round_is_found_without_any_difference() -> None:
    # The third is what helm writes of a floating-point number.
    assert misread({"a": 2**53, "b": [2**53 + 1], "c": 9223372036854776000}, []) == {("b", 0): []}


@given(
    st.recursive(
        st.integers() | st.text(max_size=2), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner)
    )
)
def test_only_what_is_named_becomes_text(tree: Any) -> None:
    values = {"a": tree, "b": {"c": [7, 8]}}
    assert as_text(values, [("b", "c", 1)]) == {"a": tree, "b": {"c": [7, "8"]}}
    assert as_text(values, [("b", "c", 1), ("b", "c", 0)])["b"] == {"c": ["7", "8"]}
    assert as_text(values, []) == values
    assert values == {"a": tree, "b": {"c": [7, 8]}}
