# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Reasons that many clusters share, and which clusters they are."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.grouping import first_names, group_by_cause
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Facts, Row, State
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    changed,
    failed,
    plain,
)


def groups(*rows: Row) -> list[tuple[str, ...]]:
    """Who shares a cause."""
    return [cause.hosts for cause in group_by_cause(rows)]


@pytest.mark.parametrize("state", State)
def test_only_states_that_need_a_run_or_a_look_have_a_cause(state: State) -> None:
    calm = {State.WOULD_CHANGE, State.CHANGED, State.UNCHANGED, State.NOTHING_WANTED, State.SKIPPED}
    assert bool(group_by_cause([plain("a", state, cause="why")])) is (state not in calm)


def test_without_rows_there_are_no_causes() -> None:
    assert group_by_cause([]) == []
    assert group_by_cause([changed("a")]) == []


def test_a_cause_is_told_in_the_words_of_the_first_cluster_that_has_it() -> None:
    rows = [failed(host, cause=f"pod api-{host} exited 3 times") for host in ("c1", "c2")]
    [cause] = group_by_cause(rows)
    assert (cause.text, cause.hosts, cause.state) == ("pod api-c1 exited 3 times", ("c1", "c2"), State.RESTORED)
    assert cause.next_step == rows[0].next_step


def test_the_same_words_in_another_state_are_another_cause() -> None:
    rows = plain("a", State.HALTED, cause="no"), plain("b", State.FAILED, cause="no")
    assert [cause.state for cause in group_by_cause(rows)] == [State.FAILED, State.HALTED]


def test_the_same_words_with_another_next_step_are_another_cause() -> None:
    rows = [failed(host, cause="no", next_step=f"Ask {who}.") for host, who in (("a", "ops"), ("b", "sales"))]
    assert [cause.next_step for cause in group_by_cause(rows)] == ["Ask ops.", "Ask sales."]


def test_of_one_state_the_cause_of_most_clusters_comes_first_and_else_the_first_told() -> None:
    told = [("a", "one"), ("b", "two"), ("c", "third"), ("d", "two"), ("e", "third")]
    assert groups(*(failed(host, cause=cause) for host, cause in told)) == [("b", "d"), ("c", "e"), ("a",)]


def test_urgency_goes_before_number() -> None:
    rows = [plain(host, State.NOT_REACHED) for host in "abc"] + [plain("z", State.NOT_RESTORED, cause="no")]
    assert groups(*rows) == [("z",), ("a", "b", "c")]


@pytest.mark.parametrize(
    "one, other",
    [
        pytest.param("at 12:30:01", "at 12:31:59", id="times"),
        pytest.param("revision 3 is pending", "revision 12 is pending", id="revisions"),
        pytest.param("https://10.0.0.1:6443/api no", "https://10.0.0.22:6443/api no", id="addresses"),
        pytest.param("pod nvcf-api-7d9c5b8f6d-x2x7p", "pod nvcf-api-5c6d7f-abcd1", id="pods"),
    ],
)
def test_what_differs_in_numbers_only_is_the_same_cause(one: str, other: str) -> None:
    assert groups(failed("a", cause=one), failed("b", cause=other)) == [("a", "b")]


def test_what_differs_in_words_is_not_the_same_cause() -> None:
    assert len(groups(failed("a", cause="no route"), failed("b", cause="no rights"))) == 2


def test_a_cluster_is_known_by_its_own_name_as_well() -> None:
    rows = [
        plain(f"host-{name}", State.FAILED, cause=f"cluster {name}: refused", facts=Facts(cluster=name))
        for name in ("alpha", "beta")
    ]
    assert groups(*rows) == [("host-alpha", "host-beta")]


@pytest.mark.parametrize("names", [("a", "b"), ("east", "west"), ("prod", "test")])
def test_a_name_that_is_part_of_a_word_makes_no_other_cause(names: tuple[str, str]) -> None:
    rows = [failed(name, cause=f"cluster {name}: at least one of its products (latest) failed") for name in names]
    assert groups(*rows) == [names]


def test_names_of_any_script_are_names() -> None:
    assert groups(*(failed(name, cause=f"cluster {name}: nein") for name in ("süd", "(*)"))) == [("süd", "(*)")]


@pytest.mark.parametrize(
    "count, few, told",
    [
        (0, 2, ""),
        (1, 2, "c0"),
        (2, 2, "c0, c1"),
        (3, 2, "c0, c1 and 1 more"),
        (1502, 2, "c0, c1 and 1,500 more"),
    ],
)
def test_the_first_names_are_told_and_the_rest_is_counted(count: int, few: int, told: str) -> None:
    assert first_names(tuple(f"c{n}" for n in range(count)), few) == told
