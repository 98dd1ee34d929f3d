# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a command costs, and what is known about one measurement."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = f"{__package__}.measured"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured command."""

    case: str
    who: str
    size: int
    """Clusters; in the case `registries` registries."""
    sample: int
    """On how many clusters it was run: all, or as many as there is time for."""
    turn: int
    """Which round of the case."""
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of the command and of everything that it started, user and system."""
    peak_mib: float
    """The most memory that these have held at once."""
    machine: float = 0.0
    """CPU seconds of everything on the machine meanwhile; 0 where it was not measured."""
    date: str = ""

    @property
    def cpu_per_cluster(self) -> float:
        """Seconds, with the start of the program in it."""
        return self.cpu / self.sample


class Failed(Exception):
    """A measured command did not do what it was to do."""


def measure(argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Run a command to its end: `wall`, `cpu`, `machine`, `peak_mib`. Failed, with the end of its output, otherwise."""
    result = log.with_suffix(".cost")
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", MEASURED, result, *argv],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as child,
    ):
        try:
            status = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise
    if status != 0:
        tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise Failed(f"exit status {status}\n{tail}\n(all of it: {log})")
    return dict(json.loads(result.read_text(encoding="utf-8")))
