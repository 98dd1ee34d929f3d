# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Twice as many registries are twice as much work: counted in calls, which are the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads_by_host import leaving
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held, problems
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.levels import compare, unmet
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import make_plan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import State, Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import env_of


def many(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"key": f"R{number}", "name": f"Registry {number}", "hostname": f"r{number}.example.com"}
        for number in range(first, first + count)
    ]


def plan(count: int, there: int, state: State) -> None:
    wanted = [Wanted(**one) for one in many(count, first=there)]
    made = make_plan(FUNCTIONS, env_of(*many(count)), wanted, state=state, on_existing="replace")
    assert isinstance(made.summary, str)
    assert len(made.added) + len(made.removed) <= 2 * count


def look(count: int, state: State) -> None:
    stored = held(env_of(*many(count)), FUNCTIONS)
    wanted = [Wanted(**one) for one in many(count, first=count // 2)]
    rows = [registry.facts() for registry in held(env_of(*many(count, first=count // 4)), FUNCTIONS)]
    listed = [{"name": str(row["name"]), "hostname": str(row["hostname"])} for row in rows]
    unmet(
        compare(FUNCTIONS, stored=stored, rendered=stored, running=stored[: count // 2], recognized=listed),
        wanted,
        state,
    )
    leaving(stored, wanted, state)
    problems(stored)


def calls(run: Callable[[], None]) -> int:
    """How many calls of functions it makes."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def grows_with_them(run: Callable[[int], None]) -> bool:
    """Whether four times as many are at most five times the work."""
    return calls(lambda: run(200)) < 5 * calls(lambda: run(50))


@pytest.mark.parametrize("state", ["present", "absent", "exact"])
@pytest.mark.parametrize("shift", [0, 1], ids=["all are there", "none is there"])
def test_a_plan_grows_as_the_registries_do(state: State, shift: int) -> None:
    assert grows_with_them(lambda count: plan(count, shift * count if state != "absent" else 0, state))


@pytest.mark.parametrize("state", ["present", "absent", "exact"])
def test_a_look_grows_as_the_registries_do(state: State) -> None:
    assert grows_with_them(lambda count: look(count, state))
