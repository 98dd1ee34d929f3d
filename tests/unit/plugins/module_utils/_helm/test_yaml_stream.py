# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A stream of YAML is read as PyYAML reads it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm import yaml_stream
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.yaml_stream import documents
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.sampled_from(
    ["", "a", "<<", "=", "~", "null", "yes", "012", "0o7", "1e3", "1_0", "2026-01-01", "-", "x: y", "é\n z"]
)
SCALARS = WORDS | st.text(max_size=8) | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3), max_leaves=12
)


def by_library(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=vars(yaml_stream)["_loader"]()))


def same(text: str) -> None:
    # What is written tells 1, 1.0 and true apart.
    assert repr(list(documents(text))) == repr(by_library(text))


@given(st.lists(VALUES, max_size=3), st.sampled_from([True, False, None]), st.sampled_from([None, "'", '"', "|"]))
def test_whatever_is_written_is_read_as_by_the_library(items: list[Any], flow: bool | None, style: str | None) -> None:
    same(yaml.safe_dump_all(items, default_flow_style=flow, default_style=style, allow_unicode=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n---\n",
        "# only a comment\n",
        "a: 1\na: 2\n",
        "a: &x {b: 1}\nc: *x\n",
        "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
        '"<<": 1\n',
        "a: !!str 5\n",
        "a: ! 5\n",
        "1: a\ntrue: b\n~: c\n",
        "a: 2026-01-01\nb: =\nc: 0x10\nd: 0b1\ne: .inf\nf: 1:30\ng: On\n",
        "%YAML 1.1\n---\na: b\n...\n---\n- c\n",
        "a: |\n  x\nb: >-\n  y\n  z\n",
    ],
)
def test_what_is_unusual_is_read_as_by_the_library(text: str) -> None:
    same(text)


@pytest.mark.parametrize(
    "text", ["a: b: c", "a: *x", "a: [", "a: \x01", "a: <<", "a: !x y", "? [a]\n: b\n", "{a: b}: c"]
)
def test_what_the_library_refuses_is_refused_in_its_words(text: str) -> None:
    with pytest.raises(yaml.YAMLError) as expected:
        by_library(text)
    with pytest.raises(yaml.YAMLError) as caught:
        list(documents(text))
    assert str(caught.value) == str(expected.value)
