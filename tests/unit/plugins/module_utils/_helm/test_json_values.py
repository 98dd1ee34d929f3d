# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is written for helm reads back as the same values."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.json_values import dump
from hypothesis import given
from hypothesis import strategies as st

# Lone surrogates are no text, and no Helm release holds any.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
# YAML 1.1 as PyYAML reads it wants a point in an exponential number; helm's parser does not.
FLOATS = st.floats(min_value=-1e15, max_value=1e15).filter(lambda number: "e" not in repr(number))
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | TEXTS
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def read(data: bytes) -> Any:
    return yaml.load(data, Loader=yaml.CSafeLoader)


def same(one: Any, other: Any) -> bool:
    """Equal in value and in type: YAML must not turn 1 into True or "1" into 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@given(TREES)
def test_every_tree_reads_back_equal(tree: Any) -> None:
    assert same(read(dump(tree)), tree)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "null",
        "~",
        "",
        "1e3",
        "0x1f",
        "0o17",
        "012",
        "1_000",
        "2026-01-01",
        "12:30:45",
        ".inf",
        "<<",
        "=",
        "- a",
        "a: b",
        "# no comment",
        "!!python/object:x",
        "&anchor",
        "*alias",
        "%TAG",
        "{{ template }}",
        "a\tb",
        "two\nlines",
        "windows\r\nlines",
        "trailing \n",
        'quoted "text" and \\ backslash',
        "next line \x85",
        "line separator \u2028, paragraph separator \u2029",
        "byte order mark \ufeff, noncharacters \ufffe \uffff",
        "delete \x7f and NUL \x00",
        "emoji 📦 beyond the basic plane \U0010ffff",
        "Größe 倉庫",
    ],
)
def test_a_text_stays_the_same_text_as_value_and_as_key(text: str) -> None:
    assert same(read(dump({"value": text, text: "key"})), {"value": text, text: "key"})


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**64, 10**30, -(2**63), 0])
def test_a_big_number_keeps_every_digit(number: int) -> None:
    assert same(read(dump({"number": number})), {"number": number})


def test_an_empty_map_is_still_a_document() -> None:
    assert dump({}) == b"{}"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump({"number": number})


@given(TREES)
def test_no_byte_is_one_that_a_yaml_parser_refuses_or_takes_for_a_line_break(tree: Any) -> None:
    text = dump(tree).decode()
    assert not any(character in text for character in "\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\n\r")
