# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Building tools that are not on this machine, once, into the cache.

A tool is built into a folder beside its final place and moved when complete, under a file lock: an interrupted build
leaves nothing that looks finished, and of two builds at once the second waits and then finds the work done.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from .errors import SandboxError
from .golang import Batch, Plan, batches, emptied, find_go
from .locks import locked
from .paths import tools_folder
from .progress import Display, History, Work, duration
from .tools import ALL, Tool

TICK_SECONDS = 1.0
END = "\n"
"""Follows the last line that Go prints, none of which has a line break in it."""


def build(display: Display, tools: Sequence[Tool] = ALL) -> None:
    """Build what is missing. SandboxError with the compiler's last words when a build fails."""
    missing = [tool for tool in tools if not tool.built and not _is_installed(tool, display)]
    if not missing:
        display.say(f"nothing to build; there are {_names(tools)}")
        return
    lock = tools_folder() / ".lock"
    with locked(lock, waiting=lambda: display.say("another process is building tools; waiting for it")):
        missing = [tool for tool in missing if not tool.built]
        if missing:
            _build(missing, display)


def _names(tools: Sequence[Tool]) -> str:
    return ", ".join(f"{tool.name} {tool.version}" for tool in tools)


def _is_installed(tool: Tool, display: Display) -> bool:
    """Whether the program can be taken from this machine. What is not taken is named, with the reason."""
    for candidate in tool.installed():
        if candidate.problem is None:
            display.say(f"{tool.name} {candidate.version}: using {candidate.path}")
            return True
        display.say(f"{tool.name} {tool.version}: not using {candidate.path}: {candidate.problem}")
    return False


def _build(tools: Sequence[Tool], display: Display) -> None:
    go = find_go(display.say)
    target = emptied(tools_folder() / ".partial")
    begin = time.monotonic()
    display.say(f"building {_names(tools)}, once, with {go}")
    try:
        runs = batches(go, tools, target)
        _compile(runs, _plans(runs, display), display)
    finally:
        shutil.rmtree(target, ignore_errors=True)
    display.say(f"built in {duration(time.monotonic() - begin)}, into {tools_folder()}")


def _plans(runs: Sequence[Batch], display: Display) -> list[Plan]:
    """Return what each run has to compile. That needs all modules, so this is when they are downloaded."""
    plans: list[Plan] = []
    downloaded = 0

    def note(line: str | None) -> None:
        nonlocal downloaded
        if line is None:
            display.show(f"  looking at the sources; modules downloaded: {downloaded}", milestone="sources")
            return
        downloaded += line.startswith("go: downloading ")
        plan.read(line)

    for run in runs:
        plan = Plan()
        _run(run, "-n", note)
        for before in plans:
            plan = plan.without(before)
        plans.append(plan)
    return plans


def _compile(runs: Sequence[Batch], plans: Sequence[Plan], display: Display) -> None:
    history = History()
    total = sum(plan.size for plan in plans)
    work = Work(total, history.seconds(total))
    display.say(f"{sum(len(plan.packages) for plan in plans)} packages to compile; {work.left(0)}")
    begin = time.monotonic()

    def note(line: str | None) -> None:
        if line and not line.startswith(("go: ", "#", " ", "\t")):
            work.begin(line)
        display.show(work.describe(time.monotonic() - begin), milestone=f"{work.share // 0.1} tenths")

    for run, plan in zip(runs, plans, strict=True):
        work.next(plan.sizes)
        _run(run, "-v", note)
        for tool in run.tools:
            _move(run, tool)
    history.add(total, time.monotonic() - begin)


def _move(run: Batch, tool: Tool) -> None:
    """Move a program to its place, in a folder that has to appear with the program in it."""
    folder = emptied(run.target / f"{tool.name}-{tool.version}.folder")
    run.program(tool).rename(folder / tool.name)
    folder.rename(tool.folder)


def _run(run: Batch, option: str, note: Callable[[str | None], None]) -> None:
    """Run Go and pass on each line that it prints; None when it has printed nothing for a while."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    last: deque[str] = deque(maxlen=20)
    with subprocess.Popen(
        run.argv(option),
        env=run.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as compiler:
        assert compiler.stderr is not None
        reader = threading.Thread(target=_read, args=(compiler.stderr, lines), daemon=True)
        reader.start()
        try:
            while (line := _next(lines)) != END:
                if line is not None:
                    last.append(line)
                note(line)
        except BaseException:
            compiler.terminate()
            # What it still reads from is closed next.
            reader.join()
            raise
    if compiler.returncode != 0:
        raise SandboxError(f"building {_names(run.tools)} failed:\n" + "\n".join(last))


def _read(stream: Iterable[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(END)


def _next(lines: queue.SimpleQueue[str]) -> str | None:
    try:
        return lines.get(timeout=TICK_SECONDS)
    except queue.Empty:
        return None
