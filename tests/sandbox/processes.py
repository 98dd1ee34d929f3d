# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Long-running processes of a sandbox: start them, recognize them later, end exactly them.

A process is remembered as boot id, pid and start time. The kernel reuses pids but never that triple, so nothing else
can be taken for ours. Each process leads a session of its own; ending it ends the session, which takes along what the
process has started even when the process itself is already gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Self

PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """Which process it was; `started` is in clock ticks since boot, as in /proc/PID/stat."""

    name: str
    pid: int
    started: int
    boot: str
    log: str

    @classmethod
    def of(cls, name: str, pid: int, log: Path) -> Self:
        """Describe a process that has just been started and not been waited for."""
        stat = _stat(pid)
        if stat is None:
            raise ProcessLookupError(f"{name}: process {pid} does not exist")
        return cls(name=name, pid=pid, started=stat.started, boot=boot_id(), log=str(log))

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        stat = _stat(self.pid)
        return stat is not None and stat.state != "Z" and self._is_ours(stat)

    def session(self) -> list[int]:
        """Return the pids of the session that the process leads or led; empty when the pid belongs to another now."""
        leader = _stat(self.pid)
        if self.boot != boot_id() or (leader is not None and not self._is_ours(leader)):
            return []
        found = ((int(entry.name), _stat(int(entry.name))) for entry in PROC.iterdir() if entry.name.isdigit())
        return [
            pid
            for pid, stat in found
            if stat is not None and stat.session == self.pid and stat.state != "Z" and stat.started >= self.started
        ]

    def _is_ours(self, stat: _Stat) -> bool:
        return stat.started == self.started and self.boot == boot_id()


def spawn(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
) -> ProcessRecord:
    """Start a process as a session leader with its output at the end of `log`, inheriting the given descriptors."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            pass_fds=inherit,
            start_new_session=True,
        )
    _children[child.pid] = child
    return ProcessRecord.of(name, child.pid, log)


def stop(records: Sequence[ProcessRecord]) -> None:
    """Kill the sessions of all records and return when none of their processes is left."""
    remaining = list(records)
    while remaining:
        remaining = [record for record in remaining if _kill_session(record)]
        time.sleep(0.02 if remaining else 0)


def resident_mebibytes(pid: int) -> float:
    """Return the resident memory of a process; 0 when it is gone."""
    with contextlib.suppress(OSError):
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


@contextlib.contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Hold back signals that ask to end while the block runs.

    Between starting a process and writing its record there must be no exception, else nobody would ever end it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    pending: list[int] = []
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers: dict[signal.Signals, Any] = {}

    def remember(number: int, _frame: FrameType | None) -> None:
        pending.append(number)

    for number in watched:
        handlers[number] = signal.signal(number, remember)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for caught in pending:
            signal.raise_signal(caught)


def boot_id() -> str:
    """Return the identity of the running kernel."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


class _Stat(NamedTuple):
    state: str
    session: int
    started: int


# Children of this very process stay zombies until they are waited for; keeping them here lets `_stat` reap them.
_children: dict[int, subprocess.Popen[bytes]] = {}


def _stat(pid: int) -> _Stat | None:
    if (child := _children.get(pid)) is not None and child.poll() is not None:
        del _children[pid]
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    return _Stat(state=fields[0], session=int(fields[3]), started=int(fields[19]))


def _kill_session(record: ProcessRecord) -> bool:
    """Send KILL to what is left of the session; whether anything was left."""
    pids = record.session()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)
