# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The page of inputs tells what they are."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.integration.collection.inputs import INPUTS, PAGE, page


def test_the_page_is_what_the_inputs_make() -> None:
    command = "python -m ansible_collections.fleetops.nvcf.tests.integration.collection.inputs"
    assert PAGE.read_text(encoding="utf-8") == page(), f"run {command}"


def test_no_input_is_there_twice() -> None:
    seen = [(one.group.module, one.option, repr(one.value), repr(one.group.beside)) for one in INPUTS]
    assert [one for one in set(seen) if seen.count(one) > 1] == []
    assert len(seen) >= 500
