# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of one cluster, why, and what to do next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .model import Facts, Row, State

Stage = Literal["never", "begun", "broken", "interrupted", "done"]
"""How far the cluster's wave came: it never began, is at work, was stopped by a failure, was ended from outside, or ran
to its end."""

LAST_PHASE = "try"
PLURAL_STEPS = 3


@dataclass(kw_only=True)
class Record:
    """What the events of a run have told about one host so far."""

    host: str
    groups: tuple[str, ...] = ()
    wave: int | None = None
    stage: Stage = "never"
    facts: Facts = field(default_factory=Facts)
    phases: dict[str, float] = field(default_factory=dict)
    last_phase: str = ""
    """The one that the host has come to, be it by skipping its tasks."""
    begun: tuple[str, float] | None = None
    """Phase and time of the task that runs."""
    step: int = 0
    """The number of the task that it has ended last, among those of its wave."""
    acted: bool = False
    """Whether any task was more than skipped."""
    failing: bool = False
    unreachable: bool = False
    item_causes: tuple[str, ...] = ()
    """Of the loop that runs."""
    cause: str = ""
    """Of the first failure."""
    failed_task: str = ""

    @property
    def finished(self) -> bool:
        """Whether its wave need not be waited for: nothing that is still to come can be about it."""
        return bool(self.stage == "begun" and (self.facts.verdict or self.last_phase == LAST_PHASE))

    def row(self) -> Row:
        """This host in the report."""
        state = judge(self)
        return Row(
            host=self.host,
            state=state,
            groups=self.groups,
            wave=self.wave,
            facts=self.facts,
            cause=_cause(self, state),
            next_step=_next_step(self, state),
            failed_task=self.failed_task if self.failing else "",
            phases=tuple(self.phases.items()),
        )


def judge(record: Record) -> State:
    """The state that a person should see."""
    if record.stage == "never":
        return State.NOT_REACHED
    if record.facts.verdict:
        return _AUDITED.get(record.facts.verdict, State.UNCHANGED)
    if record.failing:
        return _failed(record)
    if record.stage == "begun":
        return State.RUNNING
    # In lock-step a wave is stopped between tasks. Who had come to the last phase, or had nothing left to do, is done.
    done = record.stage == "done" or record.last_phase == LAST_PHASE or record.facts.settled
    return _done(record) if done else _left(record)


_AUDITED = {"drifted": State.DRIFTED, "warning": State.WARNING, "unreachable": State.UNREACHABLE}


def _failed(record: Record) -> State:
    facts = record.facts
    if facts.restored:
        return State.RESTORED
    if record.unreachable:
        return State.UNVERIFIED if facts.written else State.UNREACHABLE
    return State.NOT_RESTORED if facts.written else State.FAILED


def _left(record: Record) -> State:
    if record.stage == "interrupted":
        return State.INTERRUPTED
    return State.UNVERIFIED if record.facts.written else State.HALTED


def _done(record: Record) -> State:
    facts = record.facts
    if facts.written:
        return State.CHANGED
    if facts.planned:
        return State.WOULD_CHANGE
    if facts.drift or facts.disagreements or facts.pending:
        return State.DRIFTED
    return State.UNCHANGED if record.acted else State.SKIPPED


def _cause(record: Record, state: State) -> str:
    errors = [finding.text.removesuffix(".") for finding in record.facts.findings]
    if errors and state in (State.DRIFTED, State.WARNING, State.UNREACHABLE):
        return "; ".join(errors) + "."
    if state is State.DRIFTED:
        facts = record.facts
        told = [*facts.disagreements, *facts.drift, *filter(None, [facts.pending])]
        return "; ".join(told) + "."
    if state is State.INTERRUPTED:
        where = f" at: {record.begun[0]}" if record.begun and record.begun[0] else ""
        return record.cause or f"The run was interrupted{where}."
    if state in (State.HALTED, State.UNVERIFIED) and not record.failing:
        return "Another cluster of its wave failed, and the wave stopped."
    return record.cause if record.failing else ""


_STEPS = {
    State.NOT_RESTORED: "Look at this cluster first: audit it, then roll it back, or cure the cause and run again.",
    State.UNVERIFIED: "Run again on this cluster: what is written already is verified, not written twice.",
    State.FAILED: "Nothing was written. Do what the message says, then run again on this cluster.",
    State.RESTORED: "It runs as before. Cure the cause, then run again on this cluster.",
    State.UNREACHABLE: "See whether this cluster answers with the same kubeconfig and context, then run again on it.",
    State.INTERRUPTED: "Audit it. If an upgrade is pending and no helm runs any more, run again with "
    "registry_allowlist_on_pending=rollback.",
    State.HALTED: "Cure what failed elsewhere in the wave, then run again on this cluster.",
    State.NOT_REACHED: "Nothing was done here. Run again on this cluster when the wave before it is cured.",
    State.DRIFTED: "Run fleetops.nvcf.add on this cluster, with --check first.",
}


def _next_step(record: Record, state: State) -> str:
    steps = list(dict.fromkeys(filter(None, (finding.next_step for finding in record.facts.findings))))
    if steps and state in (State.DRIFTED, State.WARNING, State.UNREACHABLE):
        return " ".join(steps[:PLURAL_STEPS])
    return _STEPS.get(state, "")
