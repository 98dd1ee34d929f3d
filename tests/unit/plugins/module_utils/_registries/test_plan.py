# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From what a release holds and what is wanted to the change between them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import RegistryPlan, make_plan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import (
    OnExisting,
    State,
    Wanted,
    check_wanted,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair, wanted

PREFIX = FUNCTIONS.variable_prefix

FOREIGN = {"LOG_LEVEL": "info", "PASSWORD": "hunter2-canary"}
OTHER_NAME = GHCR | {"name": "Mirror"}
OTHER_HOST = GHCR | {"hostname": "mirror.example.com"}


def plan(
    env: dict[str, Any], *entries: Wanted, state: State = "present", on_existing: OnExisting = "fail"
) -> RegistryPlan:
    return make_plan(FUNCTIONS, env, entries, state=state, on_existing=on_existing)


def test_an_added_registry_is_the_only_change() -> None:
    change = plan(FOREIGN, wanted())
    assert change.changed
    assert change.env_after == FOREIGN | env_of(GHCR)
    assert [registry.facts() for registry in change.added] == [GHCR]
    assert change.removed == ()


def test_what_is_there_already_is_no_change() -> None:
    change = plan(FOREIGN | env_of(GHCR), wanted())
    assert not change.changed
    assert change.summary == "nothing to change"


def test_a_removed_registry_leaves_no_null_behind() -> None:
    change = plan(FOREIGN | env_of(GHCR), Wanted(key="GHCR"), state="absent")
    assert change.env_after == FOREIGN
    assert [registry.facts() for registry in change.removed] == [GHCR]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Wanted(key="GHCR"), id="key"),
        pytest.param(Wanted(hostname="ghcr.io"), id="hostname"),
        pytest.param(wanted(), id="all three"),
    ],
)
def test_a_registry_is_removed_by_key_or_by_hostname(entry: Wanted) -> None:
    assert plan(env_of(GHCR, QUAY), entry, state="absent").env_after == env_of(QUAY)


@pytest.mark.parametrize("entry", [Wanted(key="QUAY"), Wanted(hostname="quay.io"), Wanted(key="GHC")])
def test_removing_what_is_not_there_changes_nothing(entry: Wanted) -> None:
    assert not plan(FOREIGN | env_of(GHCR), entry, state="absent").changed


@pytest.mark.parametrize("changes", [{"name": "Mirror"}, {"hostname": "mirror.example.com"}])
def test_a_removal_that_describes_another_registry_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(PlanError, match="give only the key") as caught:
        plan(env_of(GHCR), wanted(**changes), state="absent")
    assert caught.value.facts == {"found": [GHCR]}


def test_all_entries_of_a_hostname_are_removed_together() -> None:
    env = env_of(GHCR, GHCR | {"key": "REG_EU", "name": "Europe"})
    assert plan(env, Wanted(hostname="ghcr.io"), state="absent").env_after == {}


@pytest.mark.parametrize("key", ["GHCR", "ghcr"])
def test_a_key_is_removed_in_every_spelling_because_the_api_reads_them_as_one(key: str) -> None:
    env = env_of(GHCR, GHCR | {"key": "ghcr"}, QUAY)
    assert plan(env, Wanted(key=key), state="absent").env_after == env_of(QUAY)


@pytest.mark.parametrize("written", ["https://GHCR.io/", "GHCR.io", "ghcr.io:443", "ghcr.io/"])
def test_a_removal_by_a_hostname_with_something_around_it_is_refused_and_not_taken_for_done(written: str) -> None:
    with pytest.raises(PlanError, match=r"has GHCR with 'ghcr\.io'") as caught:
        plan(env_of(GHCR), Wanted(key="OLD"), Wanted(hostname=written), state="absent")
    assert caught.value.facts == {"found": [GHCR]}


@pytest.mark.parametrize("entry", [Wanted(hostname="https://GHCR.io/"), wanted(hostname="ghcr.io:443")])
def test_a_removal_by_a_hostname_that_no_registry_can_have_is_told(entry: Wanted) -> None:
    change = plan(env_of(QUAY), entry, state="absent")
    assert not change.changed
    [warning] = change.warnings
    assert repr(entry.hostname) in warning
    assert plan(env_of(QUAY), Wanted(hostname="ghcr.io"), state="absent").warnings == ()


def test_a_useless_hostname_that_is_held_is_removed_by_its_exact_text() -> None:
    env = env_of(GHCR | {"hostname": "https://GHCR.io/"}, QUAY)
    change = plan(env, Wanted(hostname="https://GHCR.io/"), state="absent")
    assert change.env_after == env_of(QUAY)
    assert change.warnings == ()


NATIVE = [
    pytest.param(pair("HARBOR", "Ours", "harbor.example.com"), id="self-hosted kind"),
    pytest.param(pair("NGC", None, "mirror.example.com"), id="host of a built-in one"),
    pytest.param(pair("NGC", "Ours", None), id="name of a built-in one"),
]


@pytest.mark.parametrize("native", NATIVE)
def test_what_configures_a_built_in_kind_is_left_alone(native: dict[str, str]) -> None:
    assert plan(native | env_of(QUAY), wanted(), state="exact").env_after == native | env_of(GHCR)
    assert plan(native, wanted()).env_after == native | env_of(GHCR)
    assert plan(native | env_of(GHCR), Wanted(key="GHCR"), state="absent").env_after == native


@pytest.mark.parametrize("state,policy", [("present", "fail"), ("present", "replace"), ("exact", "fail")])
@pytest.mark.parametrize("key", ["HARBOR", "NGC"])
def test_a_host_that_a_built_in_kind_has_is_never_taken_from_it(key: str, state: State, policy: OnExisting) -> None:
    with pytest.raises(PlanError, match="use that entry for the host"):
        plan(pair(key, "Ours", "ghcr.io"), wanted(), state=state, on_existing=policy)


def test_a_built_in_kind_that_has_the_host_can_be_kept() -> None:
    change = plan(pair("HARBOR", "Ours", "ghcr.io"), wanted(), on_existing="keep")
    assert not change.changed
    assert [registry.key for registry in change.kept] == ["HARBOR"]


@pytest.mark.parametrize("key", ["ghcr", "REG_EU", "my.reg", "HARBOR"])
def test_a_key_that_could_not_be_added_can_be_removed_as_it_is_spelled(key: str) -> None:
    assert plan(pair(key, "Mine", "mine.example.com"), Wanted(key=key), state="absent").env_after == {}


@pytest.mark.parametrize("half", [pair("GHCR", None, "ghcr.io"), pair("GHCR", "GitHub Container Registry", None)])
def test_half_a_pair_that_agrees_is_completed_whatever_on_existing_says(half: dict[str, str]) -> None:
    policies: tuple[OnExisting, ...] = ("fail", "replace", "keep")
    for policy in policies:
        assert plan(half, wanted(), on_existing=policy).env_after == env_of(GHCR)


@pytest.mark.parametrize(
    "blank",
    [
        "",
        pytest.param("  "),
    ],
)
def test_a_blank_half_is_completed_like_a_missing_one(blank: str) -> None:
    assert plan(pair("GHCR", blank, "ghcr.io"), wanted()).env_after == env_of(GHCR)


def test_half_a_pair_can_be_removed_although_the_whole_is_described() -> None:
    assert plan(pair("GHCR", None, "ghcr.io"), wanted(), state="absent").env_after == {}


@pytest.mark.parametrize(
    "nulls",
    [
        pytest.param({f"{PREFIX}GHCR_NAME": None, f"{PREFIX}GHCR_HOSTNAME": None}, id="both halves"),
        pytest.param({f"{PREFIX}GHCR_NAME": None, f"{PREFIX}GHCR_HOSTNAME": "ghcr.io"}, id="one half"),
    ],
)
def test_a_removal_takes_variables_that_are_null_along(nulls: dict[str, str | None]) -> None:
    assert plan(dict(nulls), Wanted(key="GHCR"), state="absent").env_after == {}


def test_exact_takes_foreign_keys_of_nulls_along() -> None:
    assert plan({f"{PREFIX}OLD_NAME": None} | env_of(GHCR), wanted(), state="exact").env_after == env_of(GHCR)


def test_nulls_of_another_key_are_refused_because_the_api_would_not_start_with_them() -> None:
    with pytest.raises(PlanError, match="OLD: NAME and HOSTNAME is missing or empty"):
        plan({f"{PREFIX}OLD_NAME": None, f"{PREFIX}OLD_HOSTNAME": None}, wanted())


CONFLICTS = [
    pytest.param(OTHER_NAME, id="same key, other name"),
    pytest.param(OTHER_HOST, id="same key, other hostname"),
    pytest.param(QUAY | {"name": GHCR["name"]}, id="other key, same name"),
    pytest.param(QUAY | {"hostname": GHCR["hostname"]}, id="other key, same hostname"),
    pytest.param(GHCR | {"key": "ghcr"}, id="same key in lower case"),
    pytest.param({"key": "ghcr", "name": "Mirror", "hostname": "mirror.example.com"}, id="nothing else of it"),
]


@pytest.mark.parametrize("there", CONFLICTS)
def test_other_data_in_the_way_fails_by_default_and_is_named(there: dict[str, str]) -> None:
    with pytest.raises(PlanError, match="Set on_existing to 'replace'") as caught:
        plan(env_of(there), wanted())
    assert caught.value.facts["found"] == [there]
    assert caught.value.facts["wanted"] == [GHCR]


@pytest.mark.parametrize("there", CONFLICTS)
def test_other_data_in_the_way_is_replaced_when_told(there: dict[str, str]) -> None:
    change = plan(FOREIGN | env_of(there), wanted(), on_existing="replace")
    assert change.env_after == FOREIGN | env_of(GHCR)
    assert [registry.facts() for registry in change.removed] == [there]


@pytest.mark.parametrize("there", CONFLICTS)
def test_other_data_in_the_way_is_kept_when_told_and_reported(there: dict[str, str]) -> None:
    change = plan(FOREIGN | env_of(there), wanted(), on_existing="keep")
    assert not change.changed
    assert [registry.facts() for registry in change.kept] == [there]


def test_a_conflict_of_one_registry_does_not_keep_another_one_out() -> None:
    change = plan(env_of(OTHER_NAME), wanted(), Wanted(**QUAY), on_existing="keep")
    assert change.env_after == env_of(OTHER_NAME, QUAY)


def test_two_registries_can_swap_their_data() -> None:
    swapped = env_of(GHCR | {"key": "QUAY"}, QUAY | {"key": "GHCR"})
    assert plan(swapped, wanted(), Wanted(**QUAY), on_existing="replace").env_after == env_of(GHCR, QUAY)


def test_all_that_was_kept_is_listed_and_each_once() -> None:
    swapped = env_of(GHCR | {"key": "QUAY"}, QUAY | {"key": "GHCR"})
    change = plan(swapped, wanted(), Wanted(**QUAY), on_existing="keep")
    assert [registry.key for registry in change.kept] == ["GHCR", "QUAY"]


def test_what_was_kept_for_one_registry_is_listed_with_what_was_kept_for_another() -> None:
    change = plan(env_of(OTHER_NAME, QUAY | {"name": "Mine"}), wanted(), Wanted(**QUAY), on_existing="keep")
    assert [registry.key for registry in change.kept] == ["GHCR", "QUAY"]


def test_exact_makes_the_wanted_ones_the_only_ones() -> None:
    change = plan(FOREIGN | env_of(OTHER_NAME, QUAY) | pair("REG_EU", "EU", None), wanted(), state="exact")
    assert change.env_after == FOREIGN | env_of(GHCR)


def test_exact_with_nothing_wanted_removes_all() -> None:
    assert plan(FOREIGN | env_of(GHCR, QUAY), state="exact").env_after == FOREIGN


def test_exact_heals_what_is_fatal() -> None:
    assert plan(pair("BAD", "Bad", None), wanted(), state="exact").env_after == env_of(GHCR)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_half_pair_of_somebody_else_is_refused_because_the_api_would_not_start(state: State) -> None:
    bad = pair("BAD", "Bad", None) | pair("WORSE", None, "worse.example.com")
    with pytest.raises(PlanError) as caught:
        plan(env_of(GHCR) | bad, wanted(), state=state)
    assert [problem["key"] for problem in caught.value.facts["problems"]] == ["BAD", "WORSE"]
    assert str(caught.value) == (
        "with the resulting values, the API would not start (BAD: HOSTNAME is missing or empty: the API "
        "does not start; WORSE: NAME is missing or empty: the API does not start). "
        "Give the complete entries in registries, or remove them with state absent."
    )


def test_a_half_pair_of_somebody_else_can_be_removed_in_the_same_run() -> None:
    env = env_of(GHCR) | pair("BAD", "Bad", None)
    assert plan(env, Wanted(key="BAD"), state="absent").env_after == env_of(GHCR)


@pytest.mark.parametrize("state", ["present", "exact"])
@pytest.mark.parametrize("missing", ["key", "name", "hostname"])
def test_what_is_missing_of_a_wanted_registry_is_named(missing: str, state: State) -> None:
    with pytest.raises(InputError, match=rf"has no {missing}\. The API needs key, name and hostname; .*\.$"):
        check_wanted([wanted(**{missing: None})], state)


@pytest.mark.parametrize(
    "entry,said",
    [
        (Wanted(), "the entry with nothing in it has no key and no name and no hostname."),
        (Wanted(key="GHCR", hostname="ghcr.io"), "the entry with key 'GHCR', hostname 'ghcr.io' has no name."),
    ],
)
def test_an_entry_that_is_not_whole_is_told_by_what_is_in_it(entry: Wanted, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_wanted([entry], "exact")
    assert said in str(caught.value)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_empty_list_is_refused_where_it_can_only_be_a_mistake(state: State) -> None:
    with pytest.raises(InputError, match="registries is empty"):
        check_wanted([], state)


def test_a_removal_by_name_alone_is_refused() -> None:
    with pytest.raises(InputError, match="needs a key or a hostname"):
        check_wanted([Wanted(name="GitHub Container Registry")], "absent")


@pytest.mark.parametrize("state", ["present", "absent", "exact"])
def test_a_registry_for_helm_charts_is_refused_in_every_state(state: State) -> None:
    with pytest.raises(InputError, match="container images only"):
        check_wanted([wanted(artifact_type="HELM")], state)


@pytest.mark.parametrize("state", ["present", "exact"])
def test_rules_are_checked_without_looking_at_a_release(state: State) -> None:
    with pytest.raises(InputError, match="with a port"):
        check_wanted([wanted(hostname="ghcr.io:443")], state)
    with pytest.raises(InputError, match="used twice"):
        check_wanted([wanted(), wanted()], state)


def test_what_is_told_of_the_options_alone_is_not_told_again_with_the_plan() -> None:
    entry = wanted(hostname="10.0.0.5")
    assert check_wanted([entry], "present") != ()
    assert plan({}, entry).warnings == ()


@pytest.mark.parametrize(
    "env,on_existing,summary",
    [
        pytest.param({}, "fail", "add GHCR=ghcr.io", id="added"),
        pytest.param(env_of(OTHER_HOST), "replace", "add GHCR=ghcr.io", id="replaced under its key"),
        pytest.param(
            env_of(QUAY | {"hostname": "ghcr.io"}),
            "replace",
            "add GHCR=ghcr.io, remove QUAY=ghcr.io",
            id="replaced under another key",
        ),
    ],
)
def test_the_summary_tells_the_change_on_one_line(env: dict[str, str], on_existing: OnExisting, summary: str) -> None:
    assert plan(env, wanted(), on_existing=on_existing).summary == summary


def test_the_summary_of_a_removed_half_pair_names_no_none() -> None:
    assert "None" not in plan(pair("GHCR", "GitHub", None), Wanted(key="GHCR"), state="absent").summary


def test_a_plan_that_changes_no_registry_changes_nothing() -> None:
    env = {f"{PREFIX}GHCR_NAME": 42, f"{PREFIX}GHCR_HOSTNAME": "ghcr.io"}
    change = plan(env, wanted(name="42"))
    assert change.changed == bool(change.added or change.removed)


def test_no_value_of_the_release_shows_in_a_plans_repr() -> None:
    assert "hunter2-canary" not in repr(plan(FOREIGN, wanted()))


def test_the_map_that_was_read_is_left_as_it_was() -> None:
    env = FOREIGN | env_of(OTHER_NAME)
    before = dict(env)
    plan(env, wanted(), on_existing="replace")
    assert env == before
