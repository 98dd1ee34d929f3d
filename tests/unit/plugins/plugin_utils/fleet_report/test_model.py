# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the parts of a report say about themselves: order, totals, headline, times."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import (
    Facts,
    Registry,
    Row,
    State,
    duration_text,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    GHCR,
    HALF,
    changed,
    failed,
    plain,
    report,
)

WELL = {State.CHANGED, State.UNCHANGED, State.NOTHING_WANTED, State.SKIPPED}
DONE = WELL | {State.WARNING, State.WOULD_CHANGE}
CALM = WELL | {State.NOT_REACHED, State.RUNNING, State.WOULD_CHANGE}


@pytest.mark.parametrize("state", State)
def test_a_cluster_is_done_when_another_run_would_make_nothing_more_of_it(state: State) -> None:
    assert state.done is (state in DONE)


@pytest.mark.parametrize("state", State)
def test_what_needs_a_person_is_urgent_and_what_only_waits_its_turn_is_not(state: State) -> None:
    assert state.urgent is (state not in CALM)


def test_what_needs_a_person_first_ranks_first() -> None:
    ranks = [state.rank for state in State]
    assert ranks == sorted(set(ranks))
    assert State.NOT_RESTORED.rank == 0
    assert State.NOT_RESTORED.rank < State.RESTORED.rank < State.UNREACHABLE.rank < State.DRIFTED.rank
    assert State.HALTED.rank < State.NOT_REACHED.rank < State.RUNNING.rank < State.CHANGED.rank < State.SKIPPED.rank


def test_no_two_states_share_a_word_for_programs_or_for_people() -> None:
    assert len({state.key for state in State}) == len({state.label for state in State}) == len(State)
    assert all(state.key.replace("_", "").isalpha() and state.key.islower() for state in State)


@pytest.mark.parametrize(
    "levels, verdict",
    [
        ((True, True, True, True), "ok"),
        ((True, None, None, None), "ok"),
        ((True, True, False, None), "2/3"),
        ((False, False, False, False), "0/4"),
        ((False, None, None, None), "0/1"),
        ((None, None, None, None), "0/0"),
    ],
)
def test_a_registry_is_well_when_every_known_level_has_it(levels: tuple[bool | None, ...], verdict: str) -> None:
    assert Registry(key="GHCR", levels=levels).verdict == verdict


def test_a_registry_that_only_the_api_knows_is_called_by_its_host() -> None:
    assert Registry(key="", hostname="ghcr.io").label == "ghcr.io"
    assert Registry(key="GHCR", hostname="ghcr.io").label == "GHCR"


@pytest.mark.parametrize(
    "before, after, told",
    [
        (None, None, ""),
        (3, None, "3"),
        (None, 4, "4"),
        (3, 3, "3"),
        (3, 4, "3 -> 4"),
        (0, 1, "0 -> 1"),
        (5, 3, "5 -> 3"),
    ],
)
def test_revisions_are_told_once_where_they_are_the_same(before: int | None, after: int | None, told: str) -> None:
    assert Facts(before=before, after=after).revision == told


def test_notes_come_with_headings_single_ones_first_and_without_empty_ones() -> None:
    facts = Facts(
        change="add GHCR=ghcr.io",
        pending="revision 7 is pending-upgrade",
        pods="1 of 1 pods ready",
        restoration="returned to revision 3",
        stranded=("f 1 ghcr.io/a:1", "g 2 ghcr.io/b:1"),
        drift=("A removed x",),
        disagreements=("GHCR is stored, but not running",),
        problems=("A_B dropped",),
        next_sync_drops=("GHCR ghcr.io",),
        tried=("ghcr.io/a:1: accepted",),
    )
    assert facts.notes == (
        ("change", "add GHCR=ghcr.io"),
        ("pending", "revision 7 is pending-upgrade"),
        ("pods", "1 of 1 pods ready"),
        ("rollback", "returned to revision 3"),
        ("stranded", "f 1 ghcr.io/a:1"),
        ("stranded", "g 2 ghcr.io/b:1"),
        ("drift", "A removed x"),
        ("levels differ", "GHCR is stored, but not running"),
        ("problem", "A_B dropped"),
        ("removed by the next deployment", "GHCR ghcr.io"),
        ("test", "ghcr.io/a:1: accepted"),
    )
    assert Facts(pods="1 of 1 pods ready").notes == (("pods", "1 of 1 pods ready"),)


def test_the_time_of_a_cluster_is_that_of_its_phases() -> None:
    row = plain("a", State.CHANGED, phases=(("preflight", 0.5), ("rollout", 61.5)))
    assert (row.seconds, row.time) == (62.0, "1 min 2 s")


def test_a_cluster_on_which_nothing_was_done_tells_no_time() -> None:
    assert plain("a", State.NOT_REACHED).time == ""
    assert plain("a", State.UNCHANGED, phases=(("preflight", 0.0),)).time == "0.0 s"


def test_the_registries_of_a_cluster_are_told_with_how_far_each_has_come() -> None:
    row = plain("a", State.CHANGED, facts=Facts(registries=(GHCR, HALF)))
    assert row.registries == "GHCR ok, INTERNAL 2/3"
    assert plain("a", State.CHANGED).registries == ""


def test_totals_come_by_urgency_and_only_of_states_that_occur() -> None:
    found = report(changed("a"), plain("b", State.NOT_REACHED), failed("c"), changed("d")).totals
    assert found == [(State.RESTORED, 1), (State.NOT_REACHED, 1), (State.CHANGED, 2)]


def test_the_unfinished_are_in_the_order_of_the_rows() -> None:
    rows = (failed("z"), plain("b", State.NOT_REACHED), plain("a", State.RUNNING), changed("c"))
    assert report(*rows).unfinished == ("z", "b", "a")
    assert report(changed("c"), plain("d", State.WARNING)).unfinished == ()


@pytest.mark.parametrize(
    "rows, check_mode, headline",
    [
        pytest.param(
            (failed("a"),),
            False,
            "0 of 1 cluster is in the desired state; 1 failed, rolled back.",
            id="one that failed",
        ),
        pytest.param(
            (plain("a", State.WARNING), changed("b")),
            False,
            "1 of 2 clusters are in the desired state; 1 warning.",
            id="warning",
        ),
        pytest.param(
            (plain("a", State.SKIPPED),), False, "0 of 1 cluster is in the desired state; 1 skipped.", id="skipped"
        ),
        pytest.param(
            (plain("a", State.NOTHING_WANTED), plain("b", State.UNREADABLE)),
            False,
            "0 of 2 clusters are in the desired state; 1 unreadable; 1 no registries given.",
            id="evaluated by nothing",
        ),
        pytest.param(
            (plain("a", State.RUNNING), changed("b")),
            False,
            "1 of 2 clusters are in the desired state; 1 running.",
            id="still running",
        ),
        pytest.param(
            (plain("a", State.UNCHANGED),),
            True,
            "The cluster is in the desired state.",
            id="check mode without a change",
        ),
        pytest.param(
            (plain("a", State.WOULD_CHANGE), plain("b", State.UNCHANGED)),
            True,
            "No blocking problems found; 1 would change.",
            id="check mode with a change",
        ),
        pytest.param(
            (failed("a"), plain("b", State.WOULD_CHANGE)),
            True,
            "0 of 2 clusters are in the desired state; 1 failed, rolled back; 1 would change.",
            id="check mode with a failure",
        ),
        pytest.param(
            (plain("a", State.WOULD_CHANGE),),
            False,
            "0 of 1 cluster is in the desired state; 1 would change.",
            id="a change that is reported outside of check mode",
        ),
    ],
)
def test_the_headline_tells_the_outcome(rows: tuple[Row, ...], headline: str, *, check_mode: bool) -> None:
    assert report(*rows, check_mode=check_mode).headline == headline


def test_large_numbers_of_the_headline_can_be_read() -> None:
    rows = [changed(f"c{n}") for n in range(1000)]
    assert report(*rows).headline == "All 1,000 clusters are in the desired state."
    assert (
        report(*rows, failed("x")).headline
        == "1,000 of 1,001 clusters are in the desired state; 1 failed, rolled back."
    )


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60.4, "1 min"),
        (119.6, "2 min"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (3600, "1 h 0 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_times_are_rounded_before_they_are_split(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words
