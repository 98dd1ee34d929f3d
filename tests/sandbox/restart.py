# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A process of a running sandbox that dies at once, and the one that takes its place."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path

from .errors import SandboxError
from .processes import PROC, ProcessRecord, deferred_interrupts, spawn
from .slots import LOOPBACK, can_bind
from .state import SandboxState

POLL = 0.005


def restart(folder: Path, name: str, *, port: int | None = None) -> None:
    """Kill a process, which listens on `port`, and start it again with the same command line and environment.

    Returns as soon as it is started: whoever needs it waits until it answers.
    """
    with deferred_interrupts():
        state = SandboxState.load(folder)
        old = next((process for process in state.processes if process.name == name), None) if state else None
        if state is None or old is None or not old.alive:
            raise SandboxError(f"{name} does not run in {folder}")
        argv, environment = _texts(old, "cmdline"), _texts(old, "environ")
        os.kill(old.pid, signal.SIGKILL)
        # Its first thread ends before the last of them closes what it listened on.
        while old.alive or not (port is None or can_bind(LOOPBACK, port)):
            time.sleep(POLL)
        variables = dict(variable.split("=", 1) for variable in environment)
        new = spawn(name, argv, log=Path(old.log), environment=variables)
        processes = tuple(new if process is old else process for process in state.processes)
        dataclasses.replace(state, processes=processes).save(folder)


def _texts(process: ProcessRecord, file: str) -> list[str]:
    content = (PROC / str(process.pid) / file).read_bytes().decode()
    return content.removesuffix("\0").split("\0")
