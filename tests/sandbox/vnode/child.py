# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Child processes as a container runtime starts and ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Environment = Mapping[str, str]
WriteLine = Callable[[str], None]

TERMINATED = 128 + 15  # exit code of a process that TERM has ended


async def start(argv: Sequence[str], environment: Environment, folder: Path) -> asyncio.subprocess.Process:
    """Start a child with its output in one pipe."""
    return await asyncio.create_subprocess_exec(
        *argv,
        env=environment,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def copy_lines(process: asyncio.subprocess.Process, write: WriteLine) -> None:
    """Pass on every line until the child closes its output."""
    assert process.stdout is not None
    async for line in process.stdout:
        write(line.decode("utf-8", "replace").rstrip("\n"))


async def terminate(process: asyncio.subprocess.Process, grace: float) -> None:
    """TERM, then KILL after the grace period, as a container runtime does. Nothing when it has ended."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        process.kill()
        await process.wait()


def exit_code(returncode: int) -> int:
    """Return the code as a container reports it: 128 + the signal when a signal ended it."""
    return returncode if returncode >= 0 else 128 - returncode
