# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tracks a run: takes its events, and makes a report at any time. No I/O, no clock, no objects of Ansible.

Times are seconds of any monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from ...module_utils._registries.configured import HeldRegistry
from ...module_utils._runtime.services import SERVICES
from .host_record import LAST_PHASE, HostRecord
from .model import PHASES, Ending, Fragment, Report, Row, State, Wave
from .result_fields import did_not_answer, elapsed, failure_message, known_after

TaskStatus = Literal["ok", "failed", "ignored", "unreachable", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task, as far as the report needs it."""

    name: str
    action: str
    """The full name."""
    phase: str = ""
    """Of the role; empty for other tasks."""
    of_collection: bool = False
    for_all: bool = False
    """Whether one host's worker does it for all hosts, which then have tasks of their own."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A wave that begins: Ansible's batch of hosts, and the play that it belongs to."""

    play: str
    """The id of the play."""
    name: str
    """Of the play."""
    hosts: tuple[str, ...]
    all_hosts: tuple[str, ...]
    """Of the play, in its order."""
    sizes: tuple[int, ...]
    """Of all waves of the play."""
    groups: Mapping[str, tuple[str, ...]]
    """By host."""
    check_mode: bool
    forks: int
    of_collection: bool


@dataclass(frozen=True, kw_only=True)
class TaskProgress:
    """Progress of the current task of a wave. With the linear strategy all hosts end it before the next one begins."""

    ended: int
    """Hosts that the task need not wait for."""
    of: int
    seconds: float
    """Since it began."""
    last: bool
    """Whether a host that has ended it is finished."""


@dataclass(kw_only=True)
class _Play:
    batch: Batch
    of_collection: bool
    began: list[float] = field(default_factory=list)
    seconds: dict[int, float] = field(default_factory=dict)
    """By number of the wave."""
    records: dict[str, HostRecord] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return len(self.began)

    def waves(self) -> list[Wave]:
        sizes = self.batch.sizes
        return [
            Wave(play=self.batch.name, number=n, of=len(sizes), size=size, seconds=self.seconds.get(n))
            for n, size in enumerate(sizes, start=1)
        ]


class RunTracker:
    """The state of a run after the events so far."""

    def __init__(self) -> None:
        self._plays: dict[str, _Play] = {}
        self._play: _Play | None = None
        self._task_number = 0
        self._task_began = 0.0
        self._task_phase = ""
        self.phase = ""
        """The last one that the wave has reached."""

    @property
    def uses_collection(self) -> bool:
        """Whether a play of this run uses the collection."""
        return any(play.of_collection for play in self._plays.values())

    @property
    def name(self) -> str:
        """The name of the first play that uses the collection."""
        return next((play.batch.name for play in list(self._plays.values()) if play.of_collection), "")

    # Events

    def wave_began(self, at: float, batch: Batch) -> None:
        """A play or its next wave begins."""
        self._end_wave(at)
        play = self._plays.setdefault(batch.play, _Play(batch=batch, of_collection=batch.of_collection))
        play.batch = batch
        play.began.append(at)
        self._play = play
        self.phase = ""
        for host in (*batch.all_hosts, *batch.hosts):
            if host not in play.records:
                earlier = [other.records[host].known for other in self._plays.values() if host in other.records]
                groups, known = batch.groups.get(host, ()), earlier[-1] if earlier else {}
                play.records[host] = HostRecord(host=host, groups=groups, known=known)
        for host in batch.hosts:
            record = play.records[host]
            record.stage, record.wave, record.last_task = "running", play.number, 0
        self._task_number, self._task_began, self._task_phase = 0, at, ""

    def task_began(self, at: float, task: Task) -> bool:
        """A task begins. Returns whether the wave has reached another phase."""
        if self._play and task.of_collection:
            self._play.of_collection = True
        self._task_number, self._task_began, self._task_phase = self._task_number + 1, at, task.phase
        if not task.phase or task.phase == self.phase:
            return False
        self.phase = task.phase
        return True

    def host_began(self, at: float, host: str, task: Task) -> None:
        """A task begins on a host."""
        for record in self._concerned(host, task):
            record.current_task = (task.phase, at)

    def item_failed(self, host: str, result: Mapping[str, Any]) -> None:
        """An item of a loop has failed. The result of the task itself says only that some items did."""
        if record := self._record(host):
            record.item_causes = (*record.item_causes, failure_message(result))

    def host_ended(self, at: float, host: str, task: Task, status: TaskStatus, result: Mapping[str, Any]) -> None:
        """A task has ended on a host."""
        record, play = self._record(host), self._play
        if record is None or play is None:
            return
        if task.for_all:
            for one in self._concerned(host, task):
                one.current_task = None
            return
        began = record.current_task[1] if record.current_task else at
        record.current_task, record.last_task = None, self._task_number
        record.last_phase = task.phase or record.last_phase
        causes, record.item_causes = record.item_causes or (failure_message(result),), ()
        if status == "skipped":
            return
        if task.phase:
            seconds = elapsed(result)
            spent = max(0.0, at - began) if seconds is None else seconds
            record.phases[task.phase] = record.phases.get(task.phase, 0.0) + spent
        record.ran_a_task = True
        record.known = known_after(record.known, task.action, result, check_mode=play.batch.check_mode)
        if status in ("ok", "ignored"):
            # An earlier failure was rescued, unless the play reports the host as failed at its end.
            record.failing = record.unreachable = False
            return
        if not record.cause:
            # Later failures of a rescue repeat the first one.
            record.cause, record.failed_task = " ".join(dict.fromkeys(causes)), task.name
        record.failing, record.unreachable = True, status == "unreachable" or did_not_answer(result)

    def wave_stopped(self) -> None:
        """A failure has stopped the wave, or all its hosts have failed."""
        if self._play:
            for record in self._play.records.values():
                if record.stage == "running":
                    record.stage = "stopped"

    def playbook_ended(self, at: float, *, failed: Iterable[str], unreachable: Iterable[str]) -> None:
        """The playbook has ended regularly. Its own statistics decide which hosts have failed."""
        self._end_wave(at)
        failed, unreachable = set(failed), set(unreachable)
        for play in self._plays.values():
            for record in play.records.values():
                if record.stage != "not_started":
                    # Ansible knows only the hosts that it could not reach. A cluster may not answer, either.
                    record.unreachable = record.host in unreachable or (record.unreachable and record.host in failed)
                    record.failing = record.host in failed | unreachable

    def interrupted(self, at: float) -> None:
        """A signal has ended the run, or it has crashed."""
        if self._play:
            for record in self._play.records.values():
                if record.stage == "running" and not record.failing:
                    record.stage = "interrupted"
            self._end_wave(at)

    # Queries

    def report(self, *, title: str, playbook: str, ending: Ending, started: datetime, seconds: float) -> Report:
        """The report of the run as it is now."""
        # A signal handler may call this while an event is processed: iterate over copies only.
        plays = [play for play in list(self._plays.values()) if play.of_collection]
        records: dict[str, HostRecord] = {}
        for record in (record for play in plays for record in list(play.records.values())):
            # A cluster that failed in one play is not reached by the next one.
            if record.stage != "not_started" or record.host not in records:
                records[record.host] = record
        rows = sorted((record.row() for record in records.values()), key=_sort_key)
        return Report(
            title=title,
            playbook=playbook,
            ending="stopped" if ending == "finished" and any(row.state in _LEFT_BEHIND for row in rows) else ending,
            check_mode=any(play.batch.check_mode for play in plays),
            started=started,
            seconds=seconds,
            rows=tuple(rows),
            waves=tuple(wave for play in plays for wave in play.waves()),
            fragments=tuple(_fragments(rows)),
        )

    def wave_timing(self, at: float) -> tuple[list[Wave], float, int]:
        """The waves of the current play, the seconds since the current one began, and the forks."""
        if self._play is None:
            return [], 0.0, 1
        return self._play.waves(), at - self._play.began[-1], self._play.batch.forks

    def task_progress(self, at: float) -> TaskProgress | None:
        """How many hosts of the wave have ended its current task; None if that is not known."""
        if self._play is None or not self._task_phase or self._task_phase == "rollback":
            # Which hosts take part in a rollback is known only after they have begun it.
            return None
        records = [self._play.records[host] for host in self._play.batch.hosts]
        return TaskProgress(
            ended=sum(
                record.last_task == self._task_number or record.failing or self._has_nothing_to_do(record, "apply")
                for record in records
            ),
            of=len(records),
            seconds=at - self._task_began,
            last=self._task_phase in _LAST_PHASES,
        )

    def counts(self) -> tuple[int, int, int]:
        """Hosts of the current play: done, failed, all."""
        records = list(self._play.records.values()) if self._play else []
        failed = sum(record.failing for record in records)
        done = sum(
            record.stage in ("completed", "stopped") or record.finished or self._has_nothing_to_do(record)
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

    def _record(self, host: str) -> HostRecord | None:
        return self._play.records.get(host) if self._play else None

    def _concerned(self, host: str, task: Task) -> Sequence[HostRecord]:
        if self._play and task.for_all:
            return [record for record in self._play.records.values() if record.stage == "running"]
        record = self._record(host)
        return [record] if record else []

    def _has_nothing_to_do(self, record: HostRecord, phase: str = "rollout") -> bool:
        """Whether the preflight found nothing to change on a host, and the wave has reached `phase` without it.

        The default phase is one that only hosts take part in that took part in an earlier one.
        """
        settled = record.facts.settled and record.last_phase == "preflight"
        return settled and self.phase in PHASES[PHASES.index(phase) :]

    def _end_wave(self, at: float) -> None:
        play = self._play
        if play is None or play.number in play.seconds:
            return
        play.seconds[play.number] = at - play.began[-1]
        for record in play.records.values():
            if record.stage == "running":
                record.stage = "completed"


_LAST_PHASES = (LAST_PHASE, "audit")

_LEFT_BEHIND = (State.NOT_REACHED, State.HALTED, State.UNVERIFIED)
"""States that only a stopped wave leaves behind."""


def _sort_key(row: Row) -> tuple[int, list[tuple[int, str]]]:
    """By state, then in natural order: east-2 before east-10."""
    parts = groupby(row.host, str.isdecimal)
    return row.state.rank, [(int(text) if digits else 0, text) for digits, group in parts for text in ["".join(group)]]


def _fragments(rows: Sequence[Row]) -> list[Fragment]:
    """One for all clusters with the same registries, the most common first."""
    hosts: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in rows:
        for facts in row.facts.parts or (row.facts,):
            if facts.fragment is not None and (row.state.done or row.facts.verdict or facts.delegated):
                removed = tuple(name for key in facts.removed for name in _variables(facts.service, key))
                removed = facts.to_remove or removed
                hosts.setdefault((facts.fragment, removed), []).append(row.host)
    found = [
        Fragment(values=values, removed=removed, hosts=tuple(names))
        for (values, removed), names in hosts.items()
        if values or removed
    ]
    return sorted(found, key=lambda fragment: (-len(fragment.hosts), fragment.hosts))


def _variables(service: str, key: str) -> tuple[str, str]:
    return HeldRegistry(service=SERVICES[service], key=key, name=None, hostname=None).variables
