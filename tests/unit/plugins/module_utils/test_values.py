# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""`api.env` inside a release's values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._values import read_env, with_env


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {}}, {"api": {"env": None}}, {"api": {"env": {}}}])
def test_without_an_env_there_are_no_variables(values: dict[str, Any]) -> None:
    assert read_env(values) == {}


@pytest.mark.parametrize(
    "values,place",
    [({"api": "x"}, "str at api,"), ({"api": {"env": []}}, r"list at api\.env,"), ({"api": 0}, "int at api,")],
)
def test_what_is_no_map_is_told_with_its_place(values: dict[str, Any], place: str) -> None:
    with pytest.raises(ReleaseError, match=place):
        read_env(values)


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {"env": {"OLD": "1"}}}])
def test_the_new_env_is_read_back(values: dict[str, Any]) -> None:
    assert read_env(with_env(values, {"A": "1"})) == {"A": "1"}


@pytest.mark.parametrize("values", [{}, {"api": None}, {"api": {}}, {"api": {"env": None}}, {"api": {"env": {}}}])
def test_where_no_variable_is_to_change_the_values_are_left_to_the_letter(values: dict[str, Any]) -> None:
    assert with_env(values, {}) == values


def test_everything_else_is_the_very_same() -> None:
    image, other = {"tag": "1"}, {"deep": [1]}
    values: dict[str, Any] = {"api": {"env": {"OLD": "1"}, "image": image}, "other": other}
    changed = with_env(values, {})
    assert changed == {"api": {"env": {}, "image": image}, "other": other}
    assert changed["other"] is other
    assert values["api"]["env"] == {"OLD": "1"}
