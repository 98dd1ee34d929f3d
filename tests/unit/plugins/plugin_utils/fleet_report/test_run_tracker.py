# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a report says after which events."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Row, State
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.run_tracker import RunTracker, Task
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    AHEAD,
    APPLY,
    AUDIT,
    BEFORE,
    BROKEN,
    CHANGE,
    ENTRY,
    FAIL,
    LEVELS,
    LOOK,
    OK,
    OTHER,
    RELEASE,
    RESTORE,
    RESTORED,
    ROLL_OUT,
    TO_THE_END,
    TRY,
    VALUES,
    Event,
    batch,
    play,
    report_of,
)

TAKEN_BACK: tuple[Event, ...] = (
    *TO_THE_END[:2],
    (ROLL_OUT, "failed", BROKEN),
    (RESTORE, "ok", RESTORED),
    (FAIL, "failed", {"msg": "all of it again"}),
)


def row_after(*events: Event, failed: tuple[str, ...] = (), check_mode: bool = False) -> Row:
    """The row of one cluster whose play has ended."""
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("east-1", check_mode=check_mode))
    play(tracker, "east-1", *events)
    tracker.playbook_ended(100.0, failed=failed, unreachable=[])
    (row,) = report_of(tracker).rows
    return row


def test_a_change_is_told_with_its_revisions_and_registries() -> None:
    after = BEFORE | {"release": RELEASE, "registries": [ENTRY | LEVELS], "values_fragment": VALUES}
    row = row_after(*TO_THE_END[:3], (LOOK, "ok", after), TO_THE_END[3])
    assert row.state is State.CHANGED
    assert row.facts.revision == "3 -> 4"
    assert row.registries == "GHCR ok"
    assert row.facts.tried == ("ghcr.io/a/b:1: accepted",)
    assert (row.cause, row.next_step) == ("", "")


def test_time_is_summed_by_phase_without_what_was_skipped() -> None:
    row = row_after(*TO_THE_END[:3], (TRY, "skipped", OK), (LOOK, "ok", BEFORE))
    assert dict(row.phases) == {"preflight": 4.0, "apply": 2.0, "rollout": 2.0}
    assert row.seconds == 8.0


def test_a_look_that_one_task_took_for_all_is_the_time_of_each() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b"))
    tracker.host_began(1.0, "a", AHEAD)
    tracker.host_ended(21.0, "a", AHEAD, "ok", {"hosts": 2})
    for host, seconds in (("a", 0.4), ("b", 12.0)):
        play(tracker, host, (LOOK, "ok", BEFORE | {"elapsed": seconds}))
    tracker.playbook_ended(30.0, failed=[], unreachable=[])
    assert {row.host: dict(row.phases) for row in report_of(tracker).rows} == {
        "a": {"preflight": 0.4},
        "b": {"preflight": 12.0},
    }


def test_a_look_that_one_task_takes_for_all_is_where_each_is_interrupted() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b"))
    tracker.host_began(1.0, "a", AHEAD)
    tracker.interrupted(6.0)
    assert {row.cause for row in report_of(tracker, "interrupted").rows} == {
        "The run was interrupted in phase preflight."
    }


def test_a_cluster_that_was_taken_back_tells_the_first_cause() -> None:
    row = row_after(*TAKEN_BACK, failed=("east-1",))
    assert row.state is State.RESTORED
    assert row.cause == BROKEN["msg"]
    assert row.failed_task == "Roll out"
    assert row.facts.revision == "3 -> 5"
    assert row.registries == "", "what the revision before held"


@pytest.mark.parametrize(
    "events, state",
    [
        pytest.param(((LOOK, "failed", BROKEN),), State.FAILED, id="before the write"),
        pytest.param(((LOOK, "ok", BEFORE), (APPLY, "failed", BROKEN)), State.FAILED, id="refused"),
        pytest.param(
            ((LOOK, "ok", BEFORE), (APPLY, "failed", BROKEN | {"changed": True})),
            State.NOT_RESTORED,
            id="the upgrade itself",
        ),
        pytest.param(
            (*TAKEN_BACK[:3], (RESTORE, "ok", {"msg": "no such revision", "changed": False}), TAKEN_BACK[4]),
            State.NOT_RESTORED,
            id="the return failed as well",
        ),
        pytest.param((*TAKEN_BACK[:3], (RESTORE, "skipped", OK), TAKEN_BACK[4]), State.NOT_RESTORED, id="no return"),
    ],
)
def test_a_failure_tells_what_it_left_behind(events: tuple[Event, ...], state: State) -> None:
    assert row_after(*events, failed=("east-1",)).state is state


def test_the_playbooks_own_count_decides_who_has_failed() -> None:
    assert row_after(TO_THE_END[0], (OTHER, "failed", BROKEN), failed=()).state is State.UNCHANGED


@pytest.mark.parametrize(
    "events, state",
    [
        (((LOOK, "ok", BEFORE),), State.UNCHANGED),
        (((LOOK, "ok", BEFORE | {"disagreements": ["GHCR is stored, but not running"]}),), State.DRIFTED),
        (((LOOK, "skipped", OK),), State.SKIPPED),
    ],
    ids=["as wanted", "drifted", "skipped"],
)
def test_a_cluster_that_nothing_was_written_to_tells_how_it_is(events: tuple[Event, ...], state: State) -> None:
    assert row_after(*events).state is state


def test_check_mode_plans_and_writes_nothing() -> None:
    row = row_after((LOOK, "ok", BEFORE), (APPLY, "ok", CHANGE), check_mode=True)
    assert row.state is State.WOULD_CHANGE
    assert not row.facts.written


@pytest.mark.parametrize(
    "verdict, state",
    [
        ("ok", State.UNCHANGED),
        ("warning", State.WARNING),
        ("drifted", State.DRIFTED),
        ("unreachable", State.UNREACHABLE),
    ],
)
def test_an_audit_gives_its_verdict_its_findings_and_their_next_steps(verdict: str, state: State) -> None:
    finding = {"kind": "unmet", "severity": "error", "text": "GHCR is not stored", "next_step": "Run add."}
    result = BEFORE | {"verdict": verdict, "findings": [] if verdict == "ok" else [finding], "msg": "cluster: no"}
    row = row_after((AUDIT, "ok" if verdict == "ok" else "failed", result), failed=("east-1",))
    assert row.state is state
    said = ("", "") if verdict == "ok" else ("GHCR is not stored.", "Run add.")
    assert (row.cause, row.next_step) == said


def test_an_audit_that_was_refused_leaves_the_cluster_unreadable_for_its_cause() -> None:
    row = row_after((AUDIT, "failed", {"failed": True, "msg": "'nope' is undefined"}), failed=("east-1",))
    assert (row.state, row.cause) == (State.UNREADABLE, "'nope' is undefined")


def test_an_unreachable_host_is_none_that_failed() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("east-1"))
    play(tracker, "east-1", (LOOK, "unreachable", {"unreachable": True, "msg": "no route"}))
    tracker.playbook_ended(1.0, failed=[], unreachable=["east-1"])
    (row,) = report_of(tracker).rows
    assert (row.state, row.cause) == (State.UNREACHABLE, "no route")


@pytest.mark.parametrize(
    "events, state",
    [
        pytest.param(((LOOK, "failed", BROKEN | {"no_answer": True}),), State.UNREACHABLE, id="at the first look"),
        pytest.param(
            (*TO_THE_END[:2], (ROLL_OUT, "failed", BROKEN | {"no_answer": True})),
            State.UNVERIFIED,
            id="after the write",
        ),
        pytest.param(
            (
                *TO_THE_END[:2],
                (ROLL_OUT, "failed", BROKEN | {"no_answer": True}),
                (RESTORE, "ok", {"changed": False, "msg": "no answer", "no_answer": True}),
                TAKEN_BACK[4],
            ),
            State.NOT_RESTORED,
            id="nor at the return",
        ),
    ],
)
def test_a_cluster_that_does_not_answer_is_unreachable_though_the_task_has_only_failed(
    events: tuple[Event, ...], state: State
) -> None:
    assert row_after(*events, failed=("east-1",)).state is state


def test_waves_that_never_began_leave_clusters_not_reached() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("east-1", of=("east-1", "east-2", "east-3")))
    play(tracker, "east-1", *TAKEN_BACK)
    tracker.wave_stopped()
    tracker.playbook_ended(10.0, failed=["east-1"], unreachable=[])
    report = report_of(tracker)
    assert [row.state for row in report.rows] == [State.RESTORED, State.NOT_REACHED, State.NOT_REACHED]
    assert report.ending == "stopped"
    assert report.unfinished == ("east-1", "east-2", "east-3")


def test_a_wave_is_numbered_sized_and_timed() -> None:
    tracker = RunTracker()
    both = ("east-1", "east-2")
    tracker.wave_began(0.0, batch("east-1", of=both))
    tracker.wave_began(7.0, batch("east-2", of=both, sizes=(1, 1)))
    tracker.playbook_ended(10.0, failed=[], unreachable=[])
    assert [(wave.number, wave.of, wave.size, wave.seconds) for wave in report_of(tracker).waves] == [
        (1, 2, 1, 7.0),
        (2, 2, 1, 3.0),
    ]


def test_in_a_stopped_wave_those_who_had_come_to_the_last_phase_are_done() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b", "c", "d", "e"))
    play(tracker, "a", *TAKEN_BACK)
    play(tracker, "b", *TO_THE_END[:3], (TRY, "skipped", OK))
    play(tracker, "c", *TO_THE_END[:2])
    play(tracker, "d", *TO_THE_END[:1])
    play(tracker, "e", (LOOK, "ok", BEFORE | {"settled": True}))
    tracker.wave_stopped()
    tracker.playbook_ended(10.0, failed=["a"], unreachable=[])
    states = {row.host: row.state for row in report_of(tracker).rows}
    assert states == {
        "a": State.RESTORED,
        "b": State.CHANGED,
        "c": State.UNVERIFIED,
        "d": State.HALTED,
        "e": State.UNCHANGED,
    }


def test_an_interrupted_run_tells_where_each_cluster_was() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b", of=("a", "b", "c")))
    play(tracker, "a", *TO_THE_END[:2])
    tracker.host_began(5.0, "a", ROLL_OUT)
    play(tracker, "b", *TAKEN_BACK)
    tracker.interrupted(6.0)
    rows = {row.host: row for row in report_of(tracker, "interrupted").rows}
    assert {host: row.state for host, row in rows.items()} == {
        "a": State.INTERRUPTED,
        "b": State.RESTORED,
        "c": State.NOT_REACHED,
    }
    assert rows["a"].cause == "The run was interrupted in phase rollout."


def test_a_return_that_was_interrupted_is_told_with_the_cause_of_the_return() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a"))
    play(
        tracker,
        "a",
        *TAKEN_BACK[:3],
        (Task(name="Keep", action="ansible.builtin.set_fact", of_collection=True), "ok", OK),
    )
    tracker.host_began(9.0, "a", RESTORE)
    tracker.interrupted(10.0)
    (row,) = report_of(tracker, "interrupted").rows
    assert (row.state, row.cause) == (State.INTERRUPTED, BROKEN["msg"])


def test_a_report_can_be_asked_for_while_the_run_goes_on() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b"))
    play(tracker, "a", *TO_THE_END[:1])
    assert {row.state for row in report_of(tracker, "running").rows} == {State.RUNNING}
    assert report_of(tracker, "running").ending == "running"


def test_clusters_that_agree_share_a_fragment_and_failed_ones_have_none() -> None:
    tracker = RunTracker()
    other = CHANGE | {
        "values_fragment": "api: {env: {A: b}}\n",
        "removed": [ENTRY | {"name": "Old name"}, {"key": "OLD"}],
    }
    tracker.wave_began(0.0, batch("a", "b", "c", "d"))
    for host in ("a", "b"):
        play(tracker, host, *TO_THE_END)
    play(tracker, "c", *TAKEN_BACK)
    play(tracker, "d", TO_THE_END[0], (APPLY, "ok", other))
    tracker.playbook_ended(10.0, failed=["c"], unreachable=[])
    first, second = report_of(tracker).fragments
    assert (first.values, first.hosts, first.removed) == (VALUES, ("a", "b"), ())
    assert second.hosts == ("d",)
    assert second.removed == (
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_OLD_NAME",
        "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_OLD_HOSTNAME",
    ), "a registry that is only changed stays"


def test_what_a_change_is_refused_for_is_reported_as_the_patch_that_makes_it() -> None:
    tracker = RunTracker()
    owner = {
        "tool": "Flux",
        "object": "HelmRelease f/api",
        "state": "reconciling",
        "patch": "spec: {}\n",
        "remove": ["A"],
    }
    refused = {"failed": True, "msg": "managed by Flux", "written": False, "values_fragment": VALUES, "owner": owner}
    argo = owner | {"tool": "Argo CD", "patch": "kind: Application\n", "remove": []}
    tracker.wave_began(0.0, batch("a", "b", "c"))
    play(tracker, "a", (LOOK, "ok", BEFORE | {"owner": owner}), (APPLY, "failed", refused))
    play(tracker, "b", (LOOK, "failed", {"failed": True, "msg": "no Helm release", "owner": argo}))
    play(tracker, "c", (LOOK, "ok", BEFORE | {"owner": owner}), (APPLY, "failed", BROKEN))
    tracker.playbook_ended(10.0, failed=["a", "b", "c"], unreachable=[])
    found = [(fragment.values, fragment.hosts, fragment.removed) for fragment in report_of(tracker).fragments]
    assert found == [("spec: {}\n", ("a",), ("A",)), ("kind: Application\n", ("b",), ())]


def test_rows_come_by_urgency_then_as_people_count() -> None:
    tracker = RunTracker()
    hosts = ("east-10", "east-9", "a", "b")
    tracker.wave_began(0.0, batch(*hosts))
    for host in hosts:
        play(tracker, host, *(TAKEN_BACK if host == "b" else TO_THE_END))
    tracker.playbook_ended(10.0, failed=["b"], unreachable=[])
    assert [row.host for row in report_of(tracker).rows] == ["b", "a", "east-9", "east-10"]


def test_rows_of_any_name_can_be_put_in_order() -> None:
    tracker = RunTracker()
    hosts = ("x\u00b2", "x\u0663", "x10", "7", "x", "x2y")
    tracker.wave_began(0.0, batch(*hosts))
    assert [row.host for row in report_of(tracker).rows] == ["x", "x2y", "x\u0663", "x10", "x\u00b2", "7"]


def test_a_later_play_that_a_failed_cluster_never_came_to_does_not_hide_its_failure() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b"))
    play(tracker, "a", *TAKEN_BACK)
    play(tracker, "b", *TO_THE_END)
    tracker.wave_began(20.0, batch("b", play="2", all_hosts=("a", "b")))
    play(tracker, "b", (LOOK, "ok", BEFORE))
    tracker.playbook_ended(30.0, failed=["a"], unreachable=[])
    assert {row.host: row.state for row in report_of(tracker).rows} == {"a": State.RESTORED, "b": State.CHANGED}


def test_a_play_without_our_actions_is_none_of_our_business() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("localhost", of_collection=False))
    play(tracker, "localhost", (OTHER, "ok", OK))
    assert not tracker.uses_collection
    play(tracker, "localhost", (LOOK, "ok", BEFORE))
    assert tracker.uses_collection
