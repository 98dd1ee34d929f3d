# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What holds for every plan, over generated environments and wishes."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any, get_args

from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held, problems
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import RegistryPlan, make_plan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import NATIVE_HOSTS, NATIVE_NAMES
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import OnExisting, State, Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, pair
from hypothesis import assume, given
from hypothesis import strategies as st

PREFIX = FUNCTIONS.variable_prefix

# Few texts, so that generated registries meet each other and the built-in ones.
GOOD = {"key": ("GHCR", "QUAY", "REG"), "name": ("One", "Two", "Three"), "hostname": ("ghcr.io", "quay.io", "10.0.0.5")}
KEYS = st.sampled_from([*GOOD["key"], "ghcr", "REG_EU", "MY-REG", "HARBOR", "NGC"])
NAMES = st.sampled_from([*GOOD["name"], NATIVE_NAMES[0], "", " "])
HOSTS = st.sampled_from([*GOOD["hostname"], NATIVE_HOSTS[0], "reg.example.com:5000", ""])
ENVIRONMENT_NAMES = st.text(string.ascii_uppercase + "_", min_size=1, max_size=6)
FOREIGN = st.dictionaries(ENVIRONMENT_NAMES, st.text() | st.integers() | st.booleans() | st.none(), max_size=3)
WHOLE = st.builds(pair, KEYS, st.sampled_from(GOOD["name"]), st.sampled_from(GOOD["hostname"]))
ANY = st.builds(pair, KEYS, st.none() | NAMES, st.none() | HOSTS)


@st.composite
def environments(draw: st.DrawFn) -> dict[str, Any]:
    env: dict[str, Any] = draw(FOREIGN)
    for variables in draw(st.lists(WHOLE | WHOLE | ANY, max_size=2)):
        env |= variables
    return env


@st.composite
def wishes(draw: st.DrawFn) -> list[Wanted]:
    """Registries that may be asked for together."""
    rows = zip(*(draw(st.permutations(texts)) for texts in GOOD.values()), strict=True)
    made = [Wanted(key=key, name=name, hostname=hostname) for key, name, hostname in rows]
    return made[: draw(st.integers(min_value=1, max_value=3))]


def planned(
    env: Mapping[str, Any], entries: list[Wanted], state: State, on_existing: OnExisting
) -> RegistryPlan | None:
    """The plan, None where there is none because it is refused."""
    try:
        return make_plan(FUNCTIONS, env, entries, state=state, on_existing=on_existing)
    except PlanError:
        return None


WISHES: dict[str, Any] = {
    "env": environments(),
    "entries": wishes(),
    "state": st.sampled_from(get_args(State)),
    "on_existing": st.sampled_from(get_args(OnExisting)),
}


@given(**WISHES)
def test_no_plan_leads_to_an_api_that_does_not_start(
    env: dict[str, Any], entries: list[Wanted], state: State, on_existing: OnExisting
) -> None:
    if plan := planned(env, entries, state, on_existing):
        assert not [problem for problem in problems(plan.after) if problem.fatal]


@given(**WISHES)
def test_foreign_variables_never_change(
    env: dict[str, Any], entries: list[Wanted], state: State, on_existing: OnExisting
) -> None:
    if plan := planned(env, entries, state, on_existing):
        before, after = ([(k, v) for k, v in e.items() if not k.startswith(PREFIX)] for e in (env, plan.env_after))
        assert before == after


@given(**WISHES)
def test_a_plan_carried_out_leaves_nothing_to_do(
    env: dict[str, Any], entries: list[Wanted], state: State, on_existing: OnExisting
) -> None:
    if plan := planned(env, entries, state, on_existing):
        assert not make_plan(FUNCTIONS, plan.env_after, entries, state=state, on_existing=on_existing).changed


@given(**WISHES)
def test_after_exact_or_present_every_wish_is_held_or_something_is_kept(
    env: dict[str, Any], entries: list[Wanted], state: State, on_existing: OnExisting
) -> None:
    assume(state != "absent")
    plan = planned(env, entries, state, on_existing)
    if plan is None:
        return
    held_now = {(registry.key, registry.name, registry.hostname) for registry in plan.after if not registry.native}
    missing = [entry for entry in entries if (entry.key, entry.name, entry.hostname) not in held_now]
    assert not missing or plan.kept
    if state == "exact":
        assert len(held_now) == len(entries)


@given(env=environments())
def test_adding_and_then_removing_is_the_identity(env: dict[str, Any]) -> None:
    assume(not any(registry.key == "GHCR" for registry in held(env, FUNCTIONS)))
    if added := planned(env, [Wanted(**GHCR)], "present", "fail"):
        removed = make_plan(FUNCTIONS, added.env_after, [Wanted(key="GHCR")], state="absent", on_existing="fail")
        assert removed.env_after == env


@given(env=environments())
def test_what_is_held_is_never_overwritten_unless_told(env: dict[str, Any]) -> None:
    if plan := planned(env, [Wanted(**GHCR)], "present", "fail"):
        assert {registry for registry in held(env, FUNCTIONS) if registry.whole} <= set(plan.after)


@given(env=environments())
def test_a_plan_that_wants_what_is_held_is_no_change(env: dict[str, Any]) -> None:
    if plan := planned(env | env_of(GHCR), [Wanted(**GHCR)], "present", "fail"):
        assert not plan.changed
        assert plan.summary == "nothing to change"
