# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callback does with the events of a run: gather, tell, write."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .files import write_report
from .model import Ending, Report
from .progress import Pulse, progress_line, under_runner, wanted
from .renderers.table import render_table
from .run_tracker import Batch, Fleet, How, Task

FOLDER = "fleet-report"
CHECKPOINT = 15.0
"""Seconds between two reports of a run that goes on. A killed run leaves the last one."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The callback's options, decided."""

    folder: str | None
    """May hold what strftime replaces; None for no files."""
    formats: tuple[str, ...]
    title: str | None
    progress: bool
    table: bool


def decide(option: Callable[[str], Any], *, terminal: bool, environment: Mapping[str, str]) -> Settings:
    """The settings that options, terminal and environment amount to."""
    folder = option("folder")
    if not folder and not under_runner(environment):
        folder = FOLDER
    return Settings(
        folder=str(folder) if folder else None,
        formats=tuple(dict.fromkeys(option("formats"))),
        title=option("title"),
        progress=wanted(option("progress"), terminal=terminal, environment=environment),
        table=bool(option("table")),
    )


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How a session talks to people."""

    progress: Callable[[str], None]
    tell: Callable[[str], None]
    warn: Callable[[str], None]
    width: Callable[[], int]


class Session:
    """One ansible-playbook, be it of one playbook or several."""

    def __init__(self, settings: Settings, voice: Voice, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._fleet = Fleet()
        self._pulse = Pulse()
        self._playbooks: list[str] = []
        self._started = datetime.now(UTC)
        self._began = self._written = self._clock()
        self._over = True
        self._problem = ""

    # Events

    def playbook_began(self, name: str) -> None:
        """A playbook of the command line begins."""
        self._playbooks.append(name)

    def wave_began(self, batch: Batch) -> None:
        """A play or its next wave begins."""
        self._over = False
        now = self._clock()
        self._fleet.wave_began(now, batch)
        if batch.ours:
            self._tell_progress(now)
        self._checkpoint(due=0.0)

    def task_began(self, task: Task) -> None:
        """A task begins on the first host."""
        now = self._clock()
        if self._fleet.task_began(now, task):
            self._tell_progress(now)

    def host_began(self, host: str, task: Task) -> None:
        """A task begins on a host."""
        self._fleet.host_began(self._clock(), host, task)

    def item_failed(self, host: str, result: Mapping[str, Any]) -> None:
        """A task has failed on a host for one item of its loop."""
        self._fleet.item_failed(host, result)

    def host_ended(self, host: str, task: Task, how: How, result: Mapping[str, Any]) -> None:
        """A task has ended on a host."""
        now = self._clock()
        self._fleet.host_ended(now, host, task, how, result)
        if task.phase and self._pulse.beat(now, of=self._fleet.wave_size):
            self._tell_progress(now)
        self._checkpoint(due=CHECKPOINT)

    def wave_broke(self) -> None:
        """No host of the wave is left."""
        self._fleet.wave_broke()

    def playbook_ended(self, *, failed: Iterable[str], unreachable: Iterable[str]) -> None:
        """A playbook has come to its end, with or without failures."""
        self._fleet.finished(self._clock(), failed=failed, unreachable=unreachable)
        self._close("finished")

    def interrupted(self) -> None:
        """A signal came. Others may be talking, so this only writes.

        Ansible may overhear the signal and go on, so what is known stays as it is.
        """
        if not self._over:
            self._write("interrupted", self._end_of(copy.deepcopy(self._fleet)))

    def leave(self) -> None:
        """The process ends."""
        if not self._over:
            self._end_of(self._fleet)
            self._close("interrupted")

    # Inside

    def _end_of(self, fleet: Fleet) -> Fleet:
        fleet.interrupted(self._clock())
        return fleet

    def _close(self, ending: Ending) -> None:
        self._over = True
        report, written = self._write(ending)
        if report is None:
            return
        if self._settings.table:
            self._voice.tell(f"\n{render_table(report, width=self._voice.width())}")
        if written:
            self._voice.tell(f"Report: {written[0].resolve()}")
        if self._problem:
            self._voice.warn(f"The fleet report could not be written: {self._problem}")

    def _checkpoint(self, *, due: float) -> None:
        if self._settings.folder and self._clock() - self._written >= due:
            self._write("running")

    def _write(self, ending: Ending, fleet: Fleet | None = None) -> tuple[Report | None, list[Path]]:
        self._written = self._clock()
        fleet = fleet or self._fleet
        report = self._report(fleet, ending) if fleet.concerned else None
        if report is None or not report.rows or not self._settings.folder:
            return report if report and report.rows else None, []
        folder = Path(self._started.astimezone().strftime(self._settings.folder))
        try:
            written = write_report(report, folder, self._settings.formats)
        except OSError as error:
            # A full disk is no reason to stop work on clusters.
            self._problem = str(error)
            return report, []
        self._problem = ""
        return report, written

    def _report(self, fleet: Fleet, ending: Ending) -> Report:
        names = ", ".join(self._playbooks)
        return fleet.report(
            title=self._settings.title or fleet.name or names,
            playbook=names,
            ending=ending,
            started=self._started,
            seconds=self._clock() - self._began,
        )

    def _tell_progress(self, at: float) -> None:
        self._pulse.line_told(at)
        if self._settings.progress:
            self._voice.progress(progress_line(self._fleet, at))
