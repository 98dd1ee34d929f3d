# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work shared out among a few processes, each with a few threads: one process computes on one core at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from ...module_utils._runtime.interrupts import end_with_parent
from ...module_utils._runtime.private_files import Workspace

REPORT_SECONDS = 10
"""Between two progress lines."""
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, kw_only=True)
class Crew:
    """So many processes of so many threads each."""

    processes: int
    threads: int

    @classmethod
    def of(cls, pieces: int, forks: int) -> Crew:
        """No more at once than Ansible would have forks, and no more processes than there are cores."""
        at_once = max(1, min(pieces, forks))
        processes = min(
            at_once, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        return cls(processes=processes, threads=at_once // processes)

    def do(self, work: Callable[[int], None], pieces: int, report: Callable[[int], None]) -> None:
        """Calls `work` with each number below `pieces`, in some process. A piece that raises is left undone.

        `report` is called periodically with the number of pieces that were started.
        """
        begun = _FORK.Value("i", 0)
        with Workspace() as folder:
            crew = [
                _FORK.Process(target=_work, args=(work, pieces, begun, self.threads, str(folder.path)))
                for _number in range(self.processes)
            ]
            try:
                for member in crew:
                    member.start()
                while waiting := [member.sentinel for member in crew if member.is_alive()]:
                    if not wait(waiting, REPORT_SECONDS):
                        report(min(pieces, begun.value))
            finally:
                for member in crew:
                    if member.pid is not None:
                        member.terminate()
                        member.join()


def _work(work: Callable[[int], None], pieces: int, begun: Any, threads: int, folder: str) -> None:
    # A process that is terminated leaves its files in this folder, which its parent removes.
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    tempfile.tempdir = folder
    end_with_parent()

    def one_after_another() -> None:
        while (number := _next(begun)) < pieces:
            # The host's own task has no result then, repeats the work and reports the error.
            silently(work, number)

    with ThreadPoolExecutor(threads) as pool:
        for _thread in range(threads):
            pool.submit(one_after_another)


def silently(work: Callable[[int], None], number: int) -> None:
    """Without output: a traceback could contain secrets."""
    try:
        work(number)
    except Exception:  # noqa: BLE001, S110
        pass


def _next(begun: Any) -> int:
    with begun.get_lock():
        number: int = begun.value
        begun.value += 1
    return number
