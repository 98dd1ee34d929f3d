# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that tells how far a run is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from ._fleet_gather import Fleet
from ._fleet_model import Wave

RUNNER_MARKS = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")
"""What ansible-runner sets. It gives the play a terminal that nobody sits at, and AWX shows progress itself."""


def under_runner(environment: Mapping[str, str]) -> bool:
    """Whether ansible-runner, and so perhaps AWX, runs this."""
    return any(mark in environment for mark in RUNNER_MARKS)


def wanted(choice: str, *, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether progress is shown."""
    return choice == "always" or (choice == "auto" and terminal and not under_runner(environment))


def progress_line(fleet: Fleet, at: float) -> str:
    """Where the run is now."""
    waves, running, forks = fleet.pace(at)
    done, failed, total = fleet.counts()
    now = f"wave {fleet.wave} of {len(waves)}" if len(waves) > 1 else "clusters"
    parts = [
        f"{now}{f': {fleet.phase}' if fleet.phase else ''}",
        f"{done} of {total} done",
        f"{failed} failed",
    ]
    left = seconds_left(waves, current=fleet.wave, running=running, forks=forks)
    if left is not None:
        parts.append(roughly(left))
    return "fleet: " + ", ".join(parts)


def seconds_left(waves: Sequence[Wave], *, current: int, running: float, forks: int) -> float | None:
    """What the waves so far let expect; None before one has ended.

    A wave works in rounds of `forks` clusters, so a canary takes as long as a full round.
    """
    ended = [(wave.size, wave.seconds) for wave in waves if wave.seconds is not None]
    if not ended:
        return None

    def rounds(size: int) -> int:
        return ceil(size / max(1, forks))

    a_round = sum(seconds for _size, seconds in ended) / sum(rounds(size) for size, _seconds in ended)
    ahead = sum(rounds(wave.size) for wave in waves if wave.number > current)
    now = sum(rounds(wave.size) for wave in waves if wave.number == current and wave.seconds is None)
    return ahead * a_round + max(0.0, now * a_round - running)


def roughly(seconds: float) -> str:
    """A time left, no more exact than it can be known."""
    if seconds < 60:
        return f"about {max(10, ceil(seconds / 10) * 10)} s left"
    minutes = ceil(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {round(seconds / 3600)} h left"
