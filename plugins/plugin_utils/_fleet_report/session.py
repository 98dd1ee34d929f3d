# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callback does with the events of a run: track it, show progress, write the report."""

from __future__ import annotations

import copy
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from .exit_hooks import install_exit_hooks
from .files import write_report
from .model import Ending, Report
from .progress import ProgressThrottle, progress_enabled, progress_line, under_ansible_runner
from .renderers.table import render_table
from .run_tracker import Batch, RunTracker, Task, TaskStatus

DEFAULT_FOLDER = "fleet-report"
CHECKPOINT_SECONDS = 15.0
"""Between two reports of a run that continues. A killed run leaves the last one."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The callback's options with their defaults resolved."""

    folder: str | None
    """May contain strftime directives; None to write no files."""
    formats: tuple[str, ...]
    title: str | None
    progress: bool
    table: bool


def settings_from_options(option: Callable[[str], Any], *, terminal: bool, environment: Mapping[str, str]) -> Settings:
    """The settings that follow from the options, the terminal and the environment."""
    folder = option("folder")
    if not folder and not under_ansible_runner(environment):
        folder = DEFAULT_FOLDER
    return Settings(
        folder=str(folder) if folder else None,
        formats=tuple(dict.fromkeys(option("formats"))),
        title=option("title"),
        progress=progress_enabled(option("progress"), terminal=terminal, environment=environment),
        table=bool(option("table")),
    )


@dataclass(frozen=True, kw_only=True)
class Console:
    """Where a session prints."""

    progress: Callable[[str], None]
    show: Callable[[str], None]
    warn: Callable[[str], None]
    width: Callable[[], int]


class Session:
    """One run of ansible-playbook, with one playbook or several."""

    def __init__(self, settings: Settings, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._console = console
        self._clock = clock
        self._run = RunTracker()
        self._throttle = ProgressThrottle()
        self._playbooks: list[str] = []
        self._started = datetime.now(UTC)
        self._began = self._written = self._clock()
        self._ended = True
        self._write_error = ""

    # Events

    def playbook_began(self, name: str) -> None:
        """A playbook of the command line begins."""
        self._playbooks.append(name)

    def wave_began(self, batch: Batch) -> None:
        """A play or its next wave begins."""
        self._ended = False
        now = self._clock()
        self._run.wave_began(now, batch)
        if batch.of_collection:
            self._show_progress(now)
        self._checkpoint(due=0.0)

    def task_began(self, task: Task) -> None:
        """A task begins on the first host."""
        now = self._clock()
        if self._run.task_began(now, task):
            self._show_progress(now)

    def host_began(self, host: str, task: Task) -> None:
        """A task begins on a host."""
        self._run.host_began(self._clock(), host, task)

    def item_failed(self, host: str, result: Mapping[str, Any]) -> None:
        """A task has failed on a host for one item of its loop."""
        self._run.item_failed(host, result)

    def host_ended(self, host: str, task: Task, status: TaskStatus, result: Mapping[str, Any]) -> None:
        """A task has ended on a host."""
        now = self._clock()
        self._run.host_ended(now, host, task, status, result)
        if task.phase and self._throttle.host_ended(now, of=self._run.wave_size):
            self._show_progress(now)
        self._checkpoint(due=CHECKPOINT_SECONDS)

    def wave_stopped(self) -> None:
        """No host of the wave is left."""
        self._run.wave_stopped()

    def playbook_ended(self, *, failed: Iterable[str], unreachable: Iterable[str]) -> None:
        """A playbook has run to its end, with or without failures."""
        self._run.playbook_ended(self._clock(), failed=failed, unreachable=unreachable)
        self._close("finished")

    def interrupted(self) -> None:
        """A signal arrived. Its handler must not print, so this only writes.

        Ansible may handle the signal and continue, so the state of the run is not changed.
        """
        if not self._ended:
            run = copy.deepcopy(self._run)
            run.interrupted(self._clock())
            self._write(run, "interrupted")

    def process_exits(self) -> None:
        """The interpreter ends."""
        if not self._ended:
            self._run.interrupted(self._clock())
            self._close("interrupted")

    # Inside

    def _close(self, ending: Ending) -> None:
        self._ended = True
        report, written = self._write(self._run, ending)
        if report is None:
            return
        if self._settings.table:
            self._console.show(f"\n{render_table(report, width=self._console.width())}")
        if written:
            self._console.show(f"Report: {written[0].resolve()}")
        if self._write_error:
            self._console.warn(f"The fleet report could not be written: {self._write_error}")

    def _checkpoint(self, *, due: float) -> None:
        if self._settings.folder and self._clock() - self._written >= due:
            self._write(self._run, "running")

    def _write(self, run: RunTracker, ending: Ending) -> tuple[Report | None, list[Path]]:
        """The report and its files. No report of a run that does not use the collection."""
        self._written = self._clock()
        report = self._report(run, ending) if run.uses_collection else None
        if report is None or not report.rows:
            return None, []
        if not self._settings.folder:
            return report, []
        folder = Path(self._started.astimezone().strftime(self._settings.folder))
        try:
            written = write_report(report, folder, self._settings.formats)
        except OSError as error:
            # A full disk must not stop the work on clusters.
            self._write_error = str(error)
            return report, []
        self._write_error = ""
        return report, written

    def _report(self, run: RunTracker, ending: Ending) -> Report:
        names = ", ".join(self._playbooks)
        return run.report(
            title=self._settings.title or run.name or names,
            playbook=names,
            ending=ending,
            started=self._started,
            seconds=self._clock() - self._began,
        )

    def _show_progress(self, at: float) -> None:
        self._throttle.line_shown(at)
        if self._settings.progress:
            self._console.progress(progress_line(self._run, at))


def open_session(option: Callable[[str], Any], display: Display) -> Session:
    """The session of this process, which also writes its report when the process ends early."""
    console = Console(
        progress=lambda line: display.display(line, color="cyan"),
        show=display.display,
        warn=display.warning,
        width=lambda: shutil.get_terminal_size(fallback=(110, 24)).columns,
    )
    settings = settings_from_options(option, terminal=sys.stdout.isatty(), environment=os.environ)
    session = Session(settings, console)
    install_exit_hooks(at_exit=session.process_exits, at_signal=session.interrupted)
    return session
