# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages are found in the sources however they are put together."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import Told, from_plugins


@pytest.mark.parametrize(
    "source",
    [
        'raise NvcfError("the new cause is reported")',
        'raise NvcfError(f"cluster {name}: the new cause is reported by {whom}.", fact=1)',
        'class NewError(NvcfError): ...\n\nraise NewError("the new cause " "is reported")',
        'def f(name: str) -> None:\n    text = f"the new cause is reported by {name}"\n    raise NvcfError(text)',
        'def g() -> str:\n    return "the new cause is reported"\n\nraise NvcfError(g())',
        'def h(reason: str) -> NvcfError: ...\n\nraise h("the new cause is reported")',
        'def f(a: bool) -> None:\n    raise NvcfError("something else" if a else "the new cause is reported")',
        'yield_it = Problem(key="A", fatal=True, text="the new cause is reported")',
        'host.warn("the new cause is reported")',
    ],
)
def test_words_are_found(tmp_path: Path, source: str) -> None:
    (tmp_path / "new.py").write_text(dedent(source), encoding="utf-8")
    assert any(told.holds("the new cause is reported") for told in from_plugins(tmp_path))


def test_an_error_whose_words_can_not_be_found_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("raise NvcfError(compute(1, 2))", encoding="utf-8")
    assert from_plugins(tmp_path) == [Told(where="new.py: compute(1, 2)", runs=())]


def test_variables_of_one_function_are_not_taken_for_those_of_another(tmp_path: Path) -> None:
    source = """
        def mine() -> None:
            text = "the words of mine"
            raise NvcfError(text)

        def other() -> None:
            text = "the words of the other"
            print(text)
    """
    (tmp_path / "new.py").write_text(dedent(source), encoding="utf-8")
    assert [told.runs for told in from_plugins(tmp_path)] == [("the words of mine",)]


def test_a_placeholder_stands_for_what_differs(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text('raise NvcfError(f"helm {verb} of {name} failed: {why}")', encoding="utf-8")
    [told] = from_plugins(tmp_path)
    assert told.holds("helm … failed")
    assert told.holds("of … failed")
    assert not told.holds("helm failed")
    assert not told.holds("failed … helm")
