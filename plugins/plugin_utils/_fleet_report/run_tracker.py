# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as it goes: fed with events, asked for reports at any time. No I/O, no clock, nothing of Ansible.

Times are seconds of any clock that only goes forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from ...module_utils._held import HeldRegistry
from .host_record import LAST_PHASE, Record
from .model import PHASES, Ending, Facts, Fragment, Report, Row, State, Wave
from .result_fields import cause, learn, silent

How = Literal["ok", "failed", "ignored", "unreachable", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task, as far as a report cares."""

    name: str
    action: str
    """In full."""
    phase: str = ""
    """Of the role; empty elsewhere."""
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A wave that begins."""

    play: str
    name: str
    hosts: tuple[str, ...]
    all_hosts: tuple[str, ...]
    """Of the play, in its order."""
    sizes: tuple[int, ...]
    """Of all waves of the play."""
    groups: Mapping[str, tuple[str, ...]]
    """By host."""
    check_mode: bool
    forks: int
    ours: bool


@dataclass(frozen=True, kw_only=True)
class Step:
    """The task that a wave is at. In lock-step all its hosts end one before the next begins."""

    ended: int
    """Hosts that it need not be waited for any longer."""
    of: int
    seconds: float
    """Since it began."""
    last: bool
    """Whether a host that has ended it is finished."""


@dataclass(kw_only=True)
class _Play:
    batch: Batch
    ours: bool
    began: list[float] = field(default_factory=list)
    seconds: dict[int, float] = field(default_factory=dict)
    """By number of the wave."""
    records: dict[str, Record] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return len(self.began)

    def waves(self) -> list[Wave]:
        sizes = self.batch.sizes
        return [
            Wave(play=self.batch.name, number=n, of=len(sizes), size=size, seconds=self.seconds.get(n))
            for n, size in enumerate(sizes, start=1)
        ]


class Fleet:
    """What the events so far say."""

    def __init__(self) -> None:
        self._plays: dict[str, _Play] = {}
        self._play: _Play | None = None
        self._step = 0
        self._step_began = 0.0
        self._step_phase = ""
        self.phase = ""
        """The last one that a wave has come to."""

    @property
    def concerned(self) -> bool:
        """Whether this run is any of our business."""
        return any(play.ours for play in self._plays.values())

    @property
    def name(self) -> str:
        """The name of the first play that is."""
        return next((play.batch.name for play in list(self._plays.values()) if play.ours), "")

    # Events

    def wave_began(self, at: float, batch: Batch) -> None:
        """A play began, or its next wave."""
        self._end_wave(at)
        play = self._plays.setdefault(batch.play, _Play(batch=batch, ours=batch.ours))
        play.batch = batch
        play.began.append(at)
        self._play = play
        self.phase = ""
        for host in (*batch.all_hosts, *batch.hosts):
            if host not in play.records:
                known = [other.records[host].facts for other in self._plays.values() if host in other.records]
                groups, facts = batch.groups.get(host, ()), known[-1] if known else Facts()
                play.records[host] = Record(host=host, groups=groups, facts=facts)
        for host in batch.hosts:
            record = play.records[host]
            record.stage, record.wave, record.step = "begun", play.number, 0
        self._step, self._step_began, self._step_phase = 0, at, ""

    def task_began(self, at: float, task: Task) -> bool:
        """Returns whether the wave has come to another phase."""
        if self._play and task.ours:
            self._play.ours = True
        self._step, self._step_began, self._step_phase = self._step + 1, at, task.phase
        if not task.phase or task.phase == self.phase:
            return False
        self.phase = task.phase
        return True

    def host_began(self, at: float, host: str, task: Task) -> None:
        """A task began on a host."""
        if record := self._record(host):
            record.begun = (task.phase, at)

    def item_failed(self, host: str, result: Mapping[str, Any]) -> None:
        """An item of a loop failed; the task that ends afterwards says only that some did."""
        if record := self._record(host):
            record.item_causes = (*record.item_causes, cause(result))

    def host_ended(self, at: float, host: str, task: Task, how: How, result: Mapping[str, Any]) -> None:
        """A task ended on a host."""
        record, play = self._record(host), self._play
        if record is None or play is None:
            return
        began = record.begun[1] if record.begun else at
        record.begun, record.step = None, self._step
        record.last_phase = task.phase or record.last_phase
        causes, record.item_causes = record.item_causes or (cause(result),), ()
        if how == "skipped":
            return
        if task.phase:
            record.phases[task.phase] = record.phases.get(task.phase, 0.0) + max(0.0, at - began)
        record.acted = True
        record.facts = learn(record.facts, task.action, result, check_mode=play.batch.check_mode)
        if how in ("ok", "ignored"):
            # Whatever failed before was rescued, unless the play says otherwise at its end.
            record.failing = record.unreachable = False
            return
        if not record.cause:
            # Later failures of a rescue repeat the first one.
            record.cause, record.failed_task = " ".join(dict.fromkeys(causes)), task.name
        record.failing, record.unreachable = True, how == "unreachable" or silent(result)

    def wave_broke(self) -> None:
        """A failure stopped the wave, or all its hosts have failed."""
        if self._play:
            for record in self._play.records.values():
                if record.stage == "begun":
                    record.stage = "broken"

    def finished(self, at: float, *, failed: Iterable[str], unreachable: Iterable[str]) -> None:
        """The playbook has ended by itself. Its own count tells who failed for good."""
        self._end_wave(at)
        failed, unreachable = set(failed), set(unreachable)
        for play in self._plays.values():
            for record in play.records.values():
                if record.stage != "never":
                    # Ansible knows only of hosts that it could not work on; what a host talks to may be silent, too.
                    record.unreachable = record.host in unreachable or (record.unreachable and record.host in failed)
                    record.failing = record.host in failed | unreachable

    def interrupted(self, at: float) -> None:
        """The run was ended from outside, or crashed."""
        if self._play:
            for record in self._play.records.values():
                if record.stage == "begun" and not record.failing:
                    record.stage = "interrupted"
            self._end_wave(at)

    # Questions

    def report(self, *, title: str, playbook: str, ending: Ending, started: datetime, seconds: float) -> Report:
        """The run as it is now."""
        # A signal may ask for a report while an event is being taken in, so nothing that changes is iterated over.
        plays = [play for play in list(self._plays.values()) if play.ours]
        records: dict[str, Record] = {}
        for record in (record for play in plays for record in list(play.records.values())):
            # A cluster that failed in one play is not reached by the next one.
            if record.stage != "never" or record.host not in records:
                records[record.host] = record
        rows = sorted((record.row() for record in records.values()), key=_order)
        return Report(
            title=title,
            playbook=playbook,
            ending="stopped" if ending == "finished" and any(row.state in _LEFT for row in rows) else ending,
            check_mode=any(play.batch.check_mode for play in plays),
            started=started,
            seconds=seconds,
            rows=tuple(rows),
            waves=tuple(wave for play in plays for wave in play.waves()),
            fragments=tuple(_fragments(rows)),
        )

    def pace(self, at: float) -> tuple[list[Wave], float, int]:
        """The waves of the play that runs, the seconds that the current one takes already, and the forks."""
        if self._play is None:
            return [], 0.0, 1
        return self._play.waves(), at - self._play.began[-1], self._play.batch.forks

    def step(self, at: float) -> Step | None:
        """How many hosts of the wave have ended the task that it is at; None where that tells nothing."""
        if self._play is None or not self._step_phase or self._step_phase == "restore":
            # Who is to be restored is known of those only that have begun it.
            return None
        records = [self._play.records[host] for host in self._play.batch.hosts]
        return Step(
            ended=sum(
                record.step == self._step or record.failing or self._left_early(record, "apply") for record in records
            ),
            of=len(records),
            seconds=at - self._step_began,
            last=self._step_phase in _LAST_PHASES,
        )

    def counts(self) -> tuple[int, int, int]:
        """Hosts of the play that runs: done, failed, all."""
        records = list(self._play.records.values()) if self._play else []
        failed = sum(record.failing for record in records)
        done = sum(
            record.stage in ("done", "broken") or record.finished or self._left_early(record)
            for record in records
            if not record.failing
        )
        return done, failed, len(records)

    @property
    def wave(self) -> int:
        """The number of the current wave."""
        return self._play.number if self._play else 0

    @property
    def wave_size(self) -> int:
        """Hosts of the current wave."""
        return len(self._play.batch.hosts) if self._play else 0

    # Inside

    def _record(self, host: str) -> Record | None:
        return self._play.records.get(host) if self._play else None

    def _left_early(self, record: Record, phase: str = "roll out") -> bool:
        """Whether a host was as wanted at the first look, and the wave has come to `phase` without it.

        By default to a phase in which whoever takes part has been in an earlier one, so this is sure.
        """
        settled = record.facts.settled and record.last_phase == "look"
        return settled and self.phase in PHASES[PHASES.index(phase) :]

    def _end_wave(self, at: float) -> None:
        play = self._play
        if play is None or play.number in play.seconds:
            return
        play.seconds[play.number] = at - play.began[-1]
        for record in play.records.values():
            if record.stage == "begun":
                record.stage = "done"


_LAST_PHASES = (LAST_PHASE, "audit")

_LEFT = (State.NOT_REACHED, State.HALTED, State.UNVERIFIED)
"""What a wave that was stopped leaves."""


def _order(row: Row) -> tuple[int, list[tuple[int, str]]]:
    """By state, then as people count: east-2 before east-10."""
    parts = groupby(row.host, str.isdecimal)
    return row.state.rank, [(int(text) if digits else 0, text) for digits, group in parts for text in ["".join(group)]]


def _fragments(rows: Sequence[Row]) -> list[Fragment]:
    """One for all clusters whose registries are the same, the most common first."""
    hosts: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in rows:
        if row.facts.fragment is not None and (row.state.done or row.facts.verdict):
            removed = tuple(name for key in row.facts.removed for name in _variables(key))
            hosts.setdefault((row.facts.fragment, removed), []).append(row.host)
    found = [
        Fragment(values=values, removed=removed, hosts=tuple(names))
        for (values, removed), names in hosts.items()
        if values or removed
    ]
    return sorted(found, key=lambda fragment: (-len(fragment.hosts), fragment.hosts))


def _variables(key: str) -> tuple[str, str]:
    return HeldRegistry(key=key, name=None, hostname=None).variables
