# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""`api.env` inside a release's values."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import fragment, read_env, with_env
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import QUAY, env_of, held_registry


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {}}, {"api": {"env": None}}, {"api": {"env": {}}}])
def test_without_an_env_there_are_no_variables(values: dict[str, Any]) -> None:
    assert read_env(values, FUNCTIONS) == {}


@pytest.mark.parametrize(
    "values,place",
    [({"api": "x"}, "str at api,"), ({"api": {"env": []}}, r"list at api\.env,"), ({"api": 0}, "int at api,")],
)
def test_what_is_no_map_is_told_with_its_place(values: dict[str, Any], place: str) -> None:
    with pytest.raises(ReleaseError, match=place):
        read_env(values, FUNCTIONS)


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {"env": {"OLD": "1"}}}])
def test_the_new_env_is_read_back(values: dict[str, Any]) -> None:
    assert read_env(with_env(values, {"A": "1"}, FUNCTIONS), FUNCTIONS) == {"A": "1"}


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {}}, {"api": {"env": None}}, {"api": {"env": {}}}])
def test_where_no_variable_is_to_change_the_values_are_left_to_the_letter(values: dict[str, Any]) -> None:
    assert with_env(values, {}, FUNCTIONS) == values


def test_everything_else_is_the_very_same() -> None:
    image, other = {"tag": "1"}, {"deep": [1]}
    values: dict[str, Any] = {"api": {"env": {"OLD": "1"}, "image": image}, "other": other}
    changed = with_env(values, {}, FUNCTIONS)
    assert changed == {"api": {"env": {}, "image": image}, "other": other}
    assert changed["other"] is other
    assert values["api"]["env"] == {"OLD": "1"}


@pytest.mark.parametrize("values", [{"api": "x"}, {"api": {"env": ["A=1"]}}])
def test_nothing_is_written_over_what_is_no_map(values: dict[str, Any]) -> None:
    with pytest.raises(ReleaseError, match=r"map\. Correct the values with the tool that deploys this release\.$"):
        with_env(values, {"A": "1"}, FUNCTIONS)


def test_a_value_that_is_no_map_is_not_quoted() -> None:
    with pytest.raises(ReleaseError) as caught:
        read_env({"api": "pa55word-canary"}, FUNCTIONS)
    assert "canary" not in str(caught.value)


def test_the_fragment_for_a_stack_is_read_back_as_it_was_meant() -> None:
    name = f"Größe: {'x ' * 200} 'quoted' # no comment"
    found = fragment([held_registry(name=name), held_registry(key="QUAY", name="Quay", hostname="quay.io")])
    assert yaml.safe_load(found) == {
        "api": {"env": env_of({"key": "GHCR", "name": name, "hostname": "ghcr.io"}) | env_of(QUAY)}
    }
    assert len(found.splitlines()) == 6, "a value continues on another line"


def test_the_fragment_keeps_the_order_and_the_letters_that_people_read() -> None:
    found = fragment([held_registry(key="QUAY", hostname="quay.io", name="Käse"), held_registry()])
    assert "Käse" in found
    assert found.index("QUAY") < found.index("GHCR")
    assert len(found.splitlines()) == 6


@pytest.mark.parametrize("half", [{"name": None}, {"hostname": None}, {"name": ""}, {"hostname": " "}])
def test_half_a_pair_is_nothing_that_a_stack_should_keep(half: dict[str, str | None]) -> None:
    assert fragment([held_registry(**half)]) == ""
    assert fragment([held_registry(**half), held_registry()]) == fragment([held_registry()])


def test_without_registries_there_is_no_fragment() -> None:
    assert fragment([]) == ""
