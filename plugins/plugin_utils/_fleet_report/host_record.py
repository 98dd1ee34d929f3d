# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known about one host during a run, and the row of the report that follows from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .merging import merged
from .model import Facts, Row, State

Stage = Literal["not_started", "running", "stopped", "interrupted", "completed"]
"""Of the cluster's wave. stopped: by a failure in it. interrupted: by a signal."""

LAST_PHASE = "smoke test"
MAX_NEXT_STEPS = 3


@dataclass(kw_only=True)
class HostRecord:
    """What the events of a run say about one host so far."""

    host: str
    groups: tuple[str, ...] = ()
    wave: int | None = None
    stage: Stage = "not_started"
    known: Mapping[str, Facts] = field(default_factory=dict)
    """What the results so far have reported, by service."""
    phases: dict[str, float] = field(default_factory=dict)
    last_phase: str = ""
    """The last one that the host has reached, even if it skipped its tasks."""
    current_task: tuple[str, float] | None = None
    """Phase and start of the task that runs."""
    last_task: int = 0
    """The number, within its wave, of the task that it has ended last."""
    ran_a_task: bool = False
    """Whether any task was not skipped."""
    failing: bool = False
    unreachable: bool = False
    item_causes: tuple[str, ...] = ()
    """Messages of the failed items of the loop that runs."""
    cause: str = ""
    """The message of the first failure."""
    failed_task: str = ""

    @property
    def facts(self) -> Facts:
        """What is known of all services."""
        return merged(self.known.values())

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do for it in the wave that runs."""
        return bool(self.stage == "running" and (self.facts.verdict or self.last_phase == LAST_PHASE))

    def row(self) -> Row:
        """The host's row in the report."""
        state = state_of(self)
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


def state_of(record: HostRecord) -> State:
    """The state to show."""
    if record.stage == "not_started":
        return State.NOT_REACHED
    if record.facts.verdict:
        calm = State.NOTHING_WANTED if record.facts.nothing_wanted else State.UNCHANGED
        return _STATE_OF_VERDICT.get(record.facts.verdict, calm)
    if record.failing:
        return _state_of_failed(record)
    if record.stage == "running":
        return State.RUNNING
    # A wave stops between tasks. A host that had reached the last phase, or needed no change, is completed.
    completed = record.stage == "completed" or record.last_phase == LAST_PHASE or record.facts.settled
    return _state_of_completed(record) if completed else _state_of_unfinished(record)


_STATE_OF_VERDICT = {
    "drifted": State.DRIFTED,
    "warning": State.WARNING,
    "unreachable": State.UNREACHABLE,
    "unreadable": State.UNREADABLE,
}


def _state_of_failed(record: HostRecord) -> State:
    facts = record.facts
    if facts.restored:
        return State.RESTORED
    if record.unreachable:
        return State.UNVERIFIED if facts.written else State.UNREACHABLE
    return State.NOT_RESTORED if facts.written else State.FAILED


def _state_of_unfinished(record: HostRecord) -> State:
    if record.stage == "interrupted":
        return State.INTERRUPTED
    return State.UNVERIFIED if record.facts.written else State.HALTED


def _state_of_completed(record: HostRecord) -> State:
    facts = record.facts
    if facts.written:
        return State.CHANGED
    if facts.planned:
        return State.WOULD_CHANGE
    if facts.drift or facts.disagreements or facts.pending:
        return State.DRIFTED
    return State.UNCHANGED if record.ran_a_task else State.SKIPPED


def _cause(record: HostRecord, state: State) -> str:
    errors = [finding.text.removesuffix(".") for finding in record.facts.findings]
    if errors and state in _STATE_OF_VERDICT.values():
        return "; ".join(errors) + "."
    if state is State.DRIFTED:
        facts = record.facts
        differences = [*facts.disagreements, *facts.drift, *filter(None, [facts.pending])]
        return "; ".join(differences) + "."
    if state is State.INTERRUPTED:
        where = f" in phase {record.current_task[0]}" if record.current_task and record.current_task[0] else ""
        return record.cause or f"The run was interrupted{where}."
    if state in (State.HALTED, State.UNVERIFIED) and not record.failing:
        return "The wave stopped because another cluster in it failed."
    return record.cause if record.failing else ""


_VIA_SSH = re.compile(r"\bvia ssh\b|\bssh: ")
"""In Ansible's words for a machine that it could not log in to. The collection's own errors name an API server."""
_NO_SSH = (
    "Ansible tried to connect to this host by SSH. A host of the inventory is a cluster, so set ansible_connection to "
    "local for it (the inventory plugin fleetops.nvcf.kubeconfig does so), or set ansible_host to a bastion host."
)
_NEXT_STEPS = {
    State.NOT_RESTORED: "Check this cluster first: audit it, then roll it back, or fix the cause and run again.",
    State.UNVERIFIED: "Run again on this cluster. The change that is already written is verified, not written twice.",
    State.FAILED: "Nothing was written. Fix the cause, then run again on this cluster.",
    State.RESTORED: "The cluster runs as before. Fix the cause, then run again on it.",
    State.UNREACHABLE: "Check that kubectl reaches this cluster with the same kubeconfig and context, then run again.",
    State.UNREADABLE: "Fix the cause, then audit this cluster again.",
    State.NOTHING_WANTED: "Set registry_allowlist_registries to the registries that this cluster must recognize.",
    State.INTERRUPTED: "Audit this cluster. If its release is pending and no helm process is running, run again with "
    "registry_allowlist_on_pending=rollback.",
    State.HALTED: "Fix the cluster that failed in this wave, then run again on this one.",
    State.NOT_REACHED: "Nothing was done on this cluster. Fix the failure in the wave before, then run again.",
    State.DRIFTED: "Run fleetops.nvcf.add on this cluster, with --check --diff first.",
}


def _next_step(record: HostRecord, state: State) -> str:
    steps = list(dict.fromkeys(filter(None, (finding.next_step for finding in record.facts.findings))))
    if steps and state in _STATE_OF_VERDICT.values():
        return " ".join(steps[:MAX_NEXT_STEPS])
    if state is State.UNREACHABLE and _VIA_SSH.search(record.cause):
        return _NO_SSH
    return _NEXT_STEPS.get(state, "")
