# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task has found for all hosts, kept until the task of each host takes its own.

In the memory that the processes of a run share. A result is taken once, so a second task reads the cluster again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.playbook.task import Task

from .._left import put_away, take_out

FRESH_SECONDS = 600
"""For so long what was found may wait for the host's own task, which follows when all have been looked at."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a task asks of one host."""

    play: str
    module: str
    """Without the collection's name."""
    options_from: str
    """Name of the variable that holds its options."""
    check_mode: bool
    host: str

    @classmethod
    def by(cls, task: Task, module: str, options_from: str, host: str) -> Asked:
        """By a task, or one that follows it in the same play."""
        # A wave works on a copy of the play, which keeps this.
        play = str(task.get_play()._uuid)  # noqa: SLF001
        return cls(play=play, module=module, options_from=options_from, check_mode=bool(task.check_mode), host=host)


def leave(asked: Asked, result: Mapping[str, Any]) -> None:
    """Leaves a result for the host's own task. One that is not JSON is dropped: the host's task reads the cluster."""
    put_away(_name(asked), {"at": time.monotonic(), "result": result})


def take(asked: Asked) -> dict[str, Any] | None:
    """The result that was left, once; None where there is none or it has grown old."""
    if (left := take_out(_name(asked))) is None:
        return None
    result: dict[str, Any] = left["result"]
    return result if time.monotonic() - left["at"] < FRESH_SECONDS else None


def _name(asked: Asked) -> str:
    return f"found ahead: {asked!r}"
