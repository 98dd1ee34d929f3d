# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Runs one command and tells what it and everything it started have cost: `python -m ...measured RESULT COMMAND...`.

A process of its own, so that nothing else that the benchmark has running is counted. As "subreaper" it inherits what
the command leaves behind, so a child that its parent never waited for is counted too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
SAMPLE_SECONDS = 1.0
READINGS = 3
"""Of each sample the least counts: what a process shared is counted again while others that shared it end."""
PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run the command; its exit status is ours."""
    result, argv = Path(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    memory = Memory()
    begin, busy = time.monotonic(), machine_cpu()
    with subprocess.Popen(argv) as child:
        memory.start()
        status = child.wait()
    wall, machine = time.monotonic() - begin, machine_cpu() - busy
    memory.end()
    _reap_the_rest()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "machine": machine, "peak_mib": memory.peak / 2**20}
    result.write_text(json.dumps(cost), encoding="utf-8")
    return status


def machine_cpu() -> float:
    """CPU seconds that everything on this machine has used, and what a host of it has taken."""
    user, nice, system, _idle, _waiting, *rest = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def _reap_the_rest() -> None:
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


class Memory(threading.Thread):
    """The most memory that all descendants have held at once; pages that they share count once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until `end`."""
        while not self._ended.wait(SAMPLE_SECONDS):
            readings = [sum(map(_proportional, _descendants(os.getpid()))) for _number in range(READINGS)]
            self.peak = max(self.peak, min(readings))

    def end(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()


def _descendants(ancestor: int) -> Iterator[int]:
    children = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children[parent].append(int(entry.name))
    found = children[ancestor]
    while found:
        pid = found.pop()
        yield pid
        found += children[pid]


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _proportional(pid: int) -> int:
    """Bytes of memory, each shared page divided by the number of processes that share it."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


if __name__ == "__main__":
    sys.exit(main())
