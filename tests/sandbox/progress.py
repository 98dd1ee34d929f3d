# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Telling how far a build is, and how long it will take."""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from .paths import tools_folder

MOST_REMEMBERED = 20
LEAST_SHARE = 0.03
"""Before so much is done, the rate of a build says nothing about the rest of it."""


class Display:
    """Lines that stay, and a state that changes: one line renewed in place on a terminal, a few lines elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._renewing = stream.isatty()
        self._shown = ""
        self._milestone = ""

    def say(self, line: str) -> None:
        """Print a line."""
        self._erase()
        print(line, file=self._stream, flush=True)

    def show(self, state: str, *, milestone: str) -> None:
        """Show the state. Where it cannot be renewed in place, it is printed when the milestone is a new one."""
        if self._renewing:
            width = shutil.get_terminal_size().columns - 1
            state = state[:width]
            print(f"\r{state.ljust(len(self._shown))}", end="", file=self._stream, flush=True)
            self._shown = state
        elif milestone != self._milestone:
            self._milestone = milestone
            self.say(state)

    def _erase(self) -> None:
        if self._shown:
            print(f"\r{' ' * len(self._shown)}\r", end="", file=self._stream)
            self._shown = ""


class History:
    """How long builds took on this machine, kept beside what they built."""

    def __init__(self) -> None:
        self._path = tools_folder() / "builds.json"

    def seconds(self, size: int) -> float | None:
        """Return how long compiling so many bytes would have taken; None when nothing is known."""
        builds = self._builds()
        known = sum(build["bytes"] for build in builds)
        return sum(build["seconds"] for build in builds) * size / known if known else None

    def add(self, size: int, seconds: float) -> None:
        """Remember a build."""
        builds = [*self._builds(), {"bytes": size, "seconds": round(seconds, 1)}]
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(builds[-MOST_REMEMBERED:]), encoding="utf-8")
        partial.replace(self._path)

    def _builds(self) -> list[dict[str, float]]:
        try:
            builds: list[dict[str, float]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return builds


@dataclass
class Work:
    """How much there is to compile, how much of it is done, and the time that takes."""

    total: int
    """Bytes of source."""
    expected: float | None
    """Seconds that as much took in earlier builds."""
    _done: int = 0
    _sizes: Mapping[str, int] = field(default_factory=dict)
    # The compiler names a package when it begins with it, and has as many in hand as there are cores.
    _in_hand: deque[str] = field(default_factory=lambda: deque(maxlen=os.cpu_count() or 1))

    def begin(self, package: str) -> None:
        """Note that the compiler has begun with a package."""
        if len(self._in_hand) == self._in_hand.maxlen:
            self._done += self._sizes.get(self._in_hand[0], 0)
        self._in_hand.append(package)

    def next(self, sizes: Mapping[str, int]) -> None:
        """Note that another run of the compiler begins, with these packages; those of the run before are done."""
        self._done += sum(self._sizes.get(package, 0) for package in self._in_hand)
        self._in_hand.clear()
        self._sizes = sizes

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return min(self._done / self.total, 1.0) if self.total else 1.0

    def left(self, elapsed: float) -> str:
        """Return in words how long the rest takes."""
        if self.share >= LEAST_SHARE:
            return f"about {duration(elapsed * (1 - self.share) / self.share)} left at this rate"
        if self.expected is None:
            return "time left not known yet"
        return f"about {duration(max(self.expected - elapsed, 0))} left, going by earlier builds"

    def describe(self, elapsed: float) -> str:
        """Return the state in words."""
        package = self._in_hand[-1] if self._in_hand else ""
        return f"  {self.share:4.0%} after {duration(elapsed)}, {self.left(elapsed)}  {package}"


def duration(seconds: float) -> str:
    """Return a duration as a person would say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
