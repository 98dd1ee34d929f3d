# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which texts of an inventory Ansible may treat as templates. An integration test asks the oldest ansible-core."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.template import is_trusted_as_template
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._template_trust import plain


@pytest.mark.parametrize("text", ["", "east-1", "a{", "{ b }}", "50%"])
def test_text_without_a_template_is_trusted_however_deep_it_is(text: str) -> None:
    for value in (text, [[text]], {"a": ({"b": text},)}):
        marked = innermost(plain(value))
        assert is_trusted_as_template(marked)
        assert marked == text


@pytest.mark.parametrize("text", ["a{{ b }}", "{%", "{#", "#jinja2: variable_start_string:'[['"])
def test_text_with_a_piece_of_a_template_is_not_trusted(text: str) -> None:
    assert not is_trusted_as_template(innermost(plain([{"a": text}])))


@pytest.mark.parametrize("value", [None, True, 1, 1.5])
def test_what_is_no_text_stays_what_it_is(value: object) -> None:
    assert plain(value) is value


def innermost(value: Any) -> Any:
    """The only text in it."""
    if isinstance(value, dict):
        return innermost(next(iter(value.values())))
    return innermost(value[0]) if isinstance(value, list) else value
