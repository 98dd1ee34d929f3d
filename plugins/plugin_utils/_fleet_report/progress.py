# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress line of a run, with an estimate of the remaining time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from .model import Wave
from .run_tracker import RunTracker, TaskProgress

RUNNER_VARIABLES = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")
"""Environment variables that ansible-runner sets. Its terminal has no reader, and AWX shows progress by itself."""

MIN_SECONDS = 2.0
"""The shortest time between two lines of the same phase."""
MAX_SECONDS = 15.0
"""After this time a single cluster is enough for the next line."""
LINES_PER_TASK = 20
"""Before that, a line is due after this fraction of the wave: with 20, after each twentieth."""


@dataclass(kw_only=True)
class ProgressThrottle:
    """Decides when the next line is due. It is called for each task of each host, so it only counts."""

    shown_at: float = 0.0
    """When the last line was shown."""
    ended: int = 0
    """Number of hosts that have ended a task since then."""

    def host_ended(self, at: float, *, of: int) -> bool:
        """Counts a host of a wave of `of` hosts that has ended a task; returns whether a line is due."""
        self.ended += 1
        since = at - self.shown_at
        return since >= MIN_SECONDS and (since >= MAX_SECONDS or self.ended * LINES_PER_TASK >= of)

    def line_shown(self, at: float) -> None:
        """Starts counting anew, because a line was shown."""
        self.shown_at, self.ended = at, 0


def under_ansible_runner(environment: Mapping[str, str]) -> bool:
    """Whether ansible-runner, possibly for AWX, runs this."""
    return any(name in environment for name in RUNNER_VARIABLES)


def progress_enabled(choice: str, *, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether progress is shown."""
    return choice == "always" or (choice == "auto" and terminal and not under_ansible_runner(environment))


def progress_line(tracker: RunTracker, at: float) -> str:
    """The state of the run in one line."""
    waves, running, forks = tracker.wave_timing(at)
    done, failed, total = tracker.counts()
    task = tracker.task_progress(at)
    now = f"wave {tracker.wave} of {len(waves)}" if len(waves) > 1 else "clusters"
    # After the last task, the hosts that have ended it are counted as done.
    ended = f" {task.ended} of {task.of}" if task and task.ended and not task.last else ""
    parts = [
        f"{now}{f': {tracker.phase}{ended}' if tracker.phase else ''}",
        f"{done} of {total} done",
        f"{failed} failed",
    ]
    left = seconds_left(waves, current=tracker.wave, running=running, forks=forks, task=task)
    if left is not None:
        parts.append(remaining_text(left))
    return "fleet: " + ", ".join(parts)


def seconds_left(
    waves: Sequence[Wave], *, current: int, running: float, forks: int, task: TaskProgress | None = None
) -> float | None:
    """Estimated from the waves so far and the clusters that have ended the current task; None without a basis.

    A wave works in rounds of `forks` clusters, so a canary takes as long as a full round.
    """
    ended = [(wave.size, wave.seconds) for wave in waves if wave.seconds is not None]
    rest = _remaining_of(task, forks) if task else None
    if not ended and task and task.last and rest is not None:
        # The end of the current wave is known well enough to use it as a measure.
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
        expected = rest if task and task.last else max(rest, expected)
    return ahead * a_round + expected


def _remaining_of(task: TaskProgress, forks: int) -> float | None:
    """Seconds that the task still takes; None until a round of clusters has ended it, or it is too high."""
    return task.seconds * (task.of - task.ended) / task.ended if task.ended >= max(1, forks) else None


def remaining_text(seconds: float) -> str:
    """A remaining time, rounded as an estimate should be."""
    if seconds < 60:
        return f"about {max(10, ceil(seconds / 10) * 10)} s left"
    minutes = ceil(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {round(seconds / 3600)} h left"
