# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Child processes as a container runtime starts and ends them.

They are forked from a server process that has imported the stand-in API already: a fresh interpreter needs half a
second of processor time for that, which was most of what a rollout cost.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

from ..nvcf_api.__main__ import main

Environment = Mapping[str, str]
WriteLine = Callable[[str], None]

TERMINATED = 128 + 15  # exit code of a process that TERM has ended

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class Child:
    """One process with its standard output and error in one pipe."""

    def __init__(self, process: ForkServerProcess, output: asyncio.StreamReader) -> None:
        self._process = process
        self._output = output
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._reap)

    @classmethod
    async def start(cls, arguments: Sequence[str], environment: Environment, folder: Path) -> Self:
        """Start the stand-in API's command line with exactly that environment."""
        ours, theirs = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(target=_run, args=(theirs, list(arguments), dict(environment), folder), daemon=True)
        await asyncio.to_thread(process.start)  # the first one waits for the server's imports
        theirs.close()
        output = asyncio.StreamReader()
        pipe = os.fdopen(os.dup(ours.fileno()), "rb", buffering=0)
        ours.close()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(output), pipe)
        return cls(process, output)

    async def copy_lines(self, write: WriteLine) -> None:
        """Pass on every line until the child closes its output."""
        async for line in self._output:
            write(line.decode("utf-8", "replace").rstrip("\n"))

    async def wait(self) -> int:
        """Return the exit code as a container reports it: 128 + the signal when a signal ended it."""
        await self._ended.wait()
        code = self._process.exitcode
        assert code is not None
        return code if code >= 0 else 128 - code

    async def terminate(self, grace: float) -> None:
        """TERM, then KILL after the grace period, as a container runtime does. Nothing when it has ended."""
        self._process.terminate()
        try:
            await asyncio.wait_for(self._ended.wait(), grace)
        except TimeoutError:
            self._process.kill()
            await self._ended.wait()

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()


def _run(output: Connection, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    """Become the container's process. Runs in the child."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.exit(main(arguments, os.environ))
