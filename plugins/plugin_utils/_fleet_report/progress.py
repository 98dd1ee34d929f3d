# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that tells how far a run is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from .model import Wave
from .run_tracker import Fleet, Step

RUNNER_MARKS = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")
"""What ansible-runner sets. It gives the play a terminal that nobody sits at, and AWX shows progress itself."""


LEAST_SECONDS = 2.0
"""Between two lines of the same phase, however fast clusters end."""
MOST_SECONDS = 15.0
"""After which one cluster is worth a line."""
SHARE = 20
"""Before that, one part of as many of a wave is."""


@dataclass(kw_only=True)
class Pulse:
    """When the next line is due. It is asked for each task of each host, so it only counts."""

    told: float = 0.0
    """When the last line was told."""
    ended: int = 0
    """Hosts that have ended a task since."""

    def beat(self, at: float, *, of: int) -> bool:
        """A host of a wave of that many has ended a task. Returns whether a line is due."""
        self.ended += 1
        since = at - self.told
        return since >= LEAST_SECONDS and (since >= MOST_SECONDS or self.ended * SHARE >= of)

    def line_told(self, at: float) -> None:
        """A line was told, for whatever reason."""
        self.told, self.ended = at, 0


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
    step = fleet.step(at)
    now = f"wave {fleet.wave} of {len(waves)}" if len(waves) > 1 else "clusters"
    # Where a step is the last one, whoever has ended it is done.
    ended = f" {step.ended} of {step.of}" if step and step.ended and not step.last else ""
    parts = [
        f"{now}{f': {fleet.phase}{ended}' if fleet.phase else ''}",
        f"{done} of {total} done",
        f"{failed} failed",
    ]
    left = seconds_left(waves, current=fleet.wave, running=running, forks=forks, step=step)
    if left is not None:
        parts.append(roughly(left))
    return "fleet: " + ", ".join(parts)


def seconds_left(
    waves: Sequence[Wave], *, current: int, running: float, forks: int, step: Step | None = None
) -> float | None:
    """What the waves so far, and the clusters that have ended the current step, let expect; None if that is nothing.

    A wave works in rounds of `forks` clusters, so a canary takes as long as a full round.
    """
    ended = [(wave.size, wave.seconds) for wave in waves if wave.seconds is not None]
    rest = _rest_of(step, forks) if step else None
    if not ended and step and step.last and rest is not None:
        # The wave is as good as ended.
        ended = [(wave.size, running + rest) for wave in waves if wave.number == current]
    if not ended:
        return None

    def rounds(size: int) -> int:
        return ceil(size / max(1, forks))

    a_round = sum(seconds for _size, seconds in ended) / sum(rounds(size) for size, _seconds in ended)
    ahead = sum(rounds(wave.size) for wave in waves if wave.number > current)
    now = sum(rounds(wave.size) for wave in waves if wave.number == current and wave.seconds is None)
    expected = max(0.0, now * a_round - running)
    if rest is not None:
        expected = rest if step and step.last else max(rest, expected)
    return ahead * a_round + expected


def _rest_of(step: Step, forks: int) -> float | None:
    """Seconds that a step still takes; None before a round of clusters has ended it, which would exaggerate."""
    return step.seconds * (step.of - step.ended) / step.ended if step.ended >= max(1, forks) else None


def roughly(seconds: float) -> str:
    """A time left, no more exact than it can be known."""
    if seconds < 60:
        return f"about {max(10, ceil(seconds / 10) * 10)} s left"
    minutes = ceil(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {round(seconds / 3600)} h left"
