# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The state of a cluster, its cause and the next step, from what is known of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.host_record import HostRecord, Stage, state_of
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Facts, Finding, State

STAGES: tuple[Stage, ...] = ("running", "stopped", "interrupted", "completed")
WRITTEN = Facts(written=True)


def record(stage: Stage = "completed", **fields: Any) -> HostRecord:
    """A cluster that was worked on, with `fields`."""
    known = {"functions": fields.pop("facts", Facts())}
    return HostRecord(host="east-1", known=known, **({"stage": stage, "ran_a_task": True} | fields))


def state(stage: Stage = "completed", **fields: Any) -> State:
    return state_of(record(stage, **fields))


def said(stage: Stage = "completed", **fields: Any) -> tuple[str, str]:
    """Cause and next step."""
    row = record(stage, **fields).row()
    return row.cause, row.next_step


@pytest.mark.parametrize("fields", [{}, {"failing": True}, {"facts": Facts(verdict="drifted")}, {"facts": WRITTEN}])
def test_whoever_had_no_turn_is_not_reached_whatever_an_earlier_play_told(fields: dict[str, Any]) -> None:
    assert state("not_started", **fields) is State.NOT_REACHED


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "verdict, expected",
    [
        ("ok", State.UNCHANGED),
        ("warning", State.WARNING),
        ("drifted", State.DRIFTED),
        ("unreachable", State.UNREACHABLE),
        ("unreadable", State.UNREADABLE),
        ("a word of a later version", State.UNCHANGED),
    ],
)
def test_the_verdict_of_an_audit_holds_however_the_run_ends(stage: Stage, verdict: str, expected: State) -> None:
    assert state(stage, facts=Facts(verdict=verdict), failing=True) is expected


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "facts, unreachable, expected",
    [
        (Facts(), False, State.FAILED),
        (Facts(), True, State.UNREACHABLE),
        (WRITTEN, False, State.NOT_RESTORED),
        (WRITTEN, True, State.UNVERIFIED),
        (Facts(written=True, restored=True), False, State.RESTORED),
        (Facts(written=True, restored=True), True, State.RESTORED),
        (Facts(written=True, restored=False), False, State.NOT_RESTORED),
        (Facts(planned=True), False, State.FAILED),
    ],
)
def test_a_failure_is_told_by_what_it_left(stage: Stage, facts: Facts, expected: State, *, unreachable: bool) -> None:
    assert state(stage, failing=True, unreachable=unreachable, facts=facts) is expected


@pytest.mark.parametrize(
    "facts, acted, expected",
    [
        (WRITTEN, True, State.CHANGED),
        (Facts(written=True, drift=("A removed x",)), True, State.CHANGED),
        (Facts(planned=True), True, State.WOULD_CHANGE),
        (Facts(planned=True, pending="revision 7 is pending"), True, State.WOULD_CHANGE),
        (Facts(drift=("A removed x",)), True, State.DRIFTED),
        (Facts(disagreements=("GHCR is stored, but not running",)), True, State.DRIFTED),
        (Facts(pending="revision 7 is pending-upgrade"), True, State.DRIFTED),
        (Facts(stranded=("f",), problems=("p",), next_sync_drops=("d",)), True, State.UNCHANGED),
        (Facts(), True, State.UNCHANGED),
        (Facts(), False, State.SKIPPED),
    ],
)
def test_a_cluster_that_is_through_tells_what_became_of_it(facts: Facts, expected: State, *, acted: bool) -> None:
    assert state(facts=facts, ran_a_task=acted) is expected


@pytest.mark.parametrize("facts", [Facts(), WRITTEN])
def test_a_cluster_that_is_at_work_is_running(facts: Facts) -> None:
    assert state("running", facts=facts) is State.RUNNING


@pytest.mark.parametrize(
    "stage, fields, expected",
    [
        pytest.param("stopped", {}, State.HALTED, id="stopped before a write"),
        pytest.param("stopped", {"facts": WRITTEN}, State.UNVERIFIED, id="stopped after a write"),
        pytest.param("stopped", {"facts": WRITTEN, "last_phase": "verify"}, State.UNVERIFIED, id="not at the last"),
        pytest.param("stopped", {"facts": WRITTEN, "last_phase": "smoke test"}, State.CHANGED, id="at the last phase"),
        pytest.param("stopped", {"facts": Facts(settled=True)}, State.UNCHANGED, id="nothing was left to do"),
        pytest.param("interrupted", {}, State.INTERRUPTED, id="interrupted before a write"),
        pytest.param("interrupted", {"facts": WRITTEN}, State.INTERRUPTED, id="interrupted after a write"),
        pytest.param(
            "interrupted", {"facts": WRITTEN, "last_phase": "smoke test"}, State.CHANGED, id="at the last phase too"
        ),
        pytest.param("interrupted", {"facts": Facts(settled=True)}, State.UNCHANGED, id="settled before"),
    ],
)
def test_a_wave_that_ended_early_leaves_each_cluster_where_it_was(
    stage: Stage, fields: dict[str, Any], expected: State
) -> None:
    assert state(stage, **fields) is expected


# Causes


def test_what_an_audit_found_is_one_sentence() -> None:
    findings = Finding(severity="error", text="GHCR is not stored."), Finding(severity="warning", text="A pod is old")
    assert said(facts=Facts(verdict="drifted", findings=findings))[0] == "GHCR is not stored; A pod is old."


def test_drift_without_findings_is_told_by_levels_then_objects_then_what_is_pending() -> None:
    facts = Facts(pending="revision 7 is pending", drift=("A removed x", "B added x"), disagreements=("GHCR is off",))
    assert said(facts=facts)[0] == "GHCR is off; A removed x; B added x; revision 7 is pending."


@pytest.mark.parametrize(
    "begun, told",
    [
        (("rollout", 3.0), "The run was interrupted in phase rollout."),
        (("", 3.0), "The run was interrupted."),
        (None, "The run was interrupted."),
    ],
)
def test_an_interrupt_tells_in_which_phase_it_came(begun: tuple[str, float] | None, told: str) -> None:
    assert said("interrupted", current_task=begun)[0] == told


def test_an_interrupt_that_met_a_failure_tells_the_failure() -> None:
    assert said("interrupted", current_task=("rollback", 3.0), cause="pod x has exited")[0] == "pod x has exited"


@pytest.mark.parametrize("facts", [Facts(), WRITTEN], ids=["halted", "not verified"])
def test_whoever_was_stopped_by_others_tells_so(facts: Facts) -> None:
    assert said("stopped", facts=facts)[0] == "The wave stopped because another cluster in it failed."


def test_whoever_was_not_verified_for_its_own_failure_tells_that() -> None:
    fields: dict[str, Any] = {"failing": True, "unreachable": True, "cause": "no answer", "facts": WRITTEN}
    assert said(**fields)[0] == "no answer"


def test_a_failure_that_was_rescued_is_no_cause_and_no_failed_task() -> None:
    row = record(cause="it failed at first", failed_task="Roll out", facts=WRITTEN).row()
    assert (row.cause, row.failed_task) == ("", "")


def test_a_failure_that_holds_is_told_with_its_task() -> None:
    row = record(failing=True, cause="refused", failed_task="Apply").row()
    assert (row.cause, row.failed_task) == ("refused", "Apply")


# Next steps


@pytest.mark.parametrize(
    "fields, word",
    [
        ({"failing": True, "facts": WRITTEN}, "audit it, then roll it back"),
        ({"failing": True, "unreachable": True, "facts": WRITTEN}, "is verified, not written twice"),
        ({"failing": True}, "Nothing was written"),
        ({"failing": True, "facts": Facts(restored=True)}, "The cluster runs as before"),
        ({"failing": True, "unreachable": True}, "kubectl reaches this cluster with the same kubeconfig and context"),
        ({"stage": "interrupted"}, "registry_allowlist_on_pending=rollback"),
        ({"stage": "stopped"}, "Fix the cluster that failed in this wave"),
        ({"stage": "not_started"}, "Nothing was done on this cluster"),
        ({"facts": Facts(pending="revision 7")}, "Run fleetops.nvcf.add on this cluster, with --check --diff first"),
    ],
)
def test_every_state_that_needs_a_person_tells_what_to_do(fields: dict[str, Any], word: str) -> None:
    assert word in said(**fields)[1]


@pytest.mark.parametrize("facts", [WRITTEN, Facts(planned=True), Facts()])
def test_where_all_is_well_there_is_no_next_step(facts: Facts) -> None:
    assert said(facts=facts) == ("", "")


def steps(verdict: str, *next_steps: str) -> str:
    found = tuple(Finding(severity="error", text="x", next_step=step) for step in next_steps)
    return said(facts=Facts(verdict=verdict, findings=found))[1]


@pytest.mark.parametrize("verdict", ["drifted", "warning", "unreachable"])
def test_the_steps_of_findings_go_before_the_usual_one(verdict: str) -> None:
    assert steps(verdict, "Run add.", "", "Run add.", "Wait.") == "Run add. Wait."


def test_no_more_than_three_steps_are_told_at_once() -> None:
    assert steps("drifted", "A.", "B.", "C.", "D.") == "A. B. C."


def test_findings_without_a_step_leave_the_usual_one() -> None:
    assert steps("drifted", "") == "Run fleetops.nvcf.add on this cluster, with --check --diff first."
    assert steps("warning", "") == ""
    assert steps("ok", "Run add.") == "", "there is nothing to do where all is well"


# The rest


@pytest.mark.parametrize(
    "fields, finished",
    [
        ({"stage": "running"}, False),
        ({"stage": "running", "last_phase": "verify"}, False),
        ({"stage": "running", "last_phase": "smoke test"}, True),
        ({"stage": "running", "facts": Facts(verdict="ok")}, True),
        ({"stage": "completed", "last_phase": "smoke test"}, False),
        ({"stage": "not_started", "facts": Facts(verdict="ok")}, False),
    ],
)
def test_a_wave_need_not_wait_for_who_is_at_work_no_longer(fields: dict[str, Any], *, finished: bool) -> None:
    assert record(**fields).finished is finished


def test_a_row_tells_groups_wave_and_phases_in_their_order() -> None:
    row = record(groups=("prod", "eu"), wave=2, phases={"preflight": 1.0, "apply": 2.0}).row()
    assert (row.host, row.groups, row.wave) == ("east-1", ("prod", "eu"), 2)
    assert row.phases == (("preflight", 1.0), ("apply", 2.0))


def test_a_cluster_of_which_nothing_was_wanted_is_not_as_wanted() -> None:
    assert state(facts=Facts(verdict="ok", nothing_wanted=True)) is State.NOTHING_WANTED
    assert state(facts=Facts(verdict="warning", nothing_wanted=True)) is State.WARNING


@pytest.mark.parametrize(
    "cause",
    [
        "Failed to connect to the host via ssh: ssh: Could not resolve hostname east-1: Name or service not known",
        'Data could not be sent to remote host "east-1". This host must be reached over ssh: ssh: no',
    ],
)
def test_a_cluster_that_was_taken_for_a_machine_is_told_how_it_is_none(cause: str) -> None:
    assert "ansible_connection to local" in said(failing=True, unreachable=True, cause=cause)[1]
    other = "the API server https://ssh.example cannot be reached"
    assert "ansible_connection" not in said(failing=True, unreachable=True, cause=other)[1]
