# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a container wrote, for its current and its previous run."""

from __future__ import annotations

import datetime as dt
from collections import deque

LINES_KEPT = 5000


class ContainerLog:
    """The last lines of the last two runs."""

    def __init__(self) -> None:
        self._runs: deque[deque[tuple[str, str]]] = deque(maxlen=2)
        self._begun = 0

    def begin(self) -> None:
        """A new run starts."""
        self._runs.append(deque(maxlen=LINES_KEPT))
        self._begun += 1

    def write(self, line: str) -> None:
        """Add a line to the current run."""
        stamp = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._runs[-1].append((stamp, line))

    def read(self, *, previous: bool = False, tail: int | None = None, timestamps: bool = False) -> str | None:
        """Return the text of a run; None when there has been no such run."""
        if self._begun < (2 if previous else 1):
            return None
        lines = list(self._runs[0 if previous else -1])
        if tail is not None:
            lines = lines[len(lines) - min(tail, len(lines)) :]
        return "".join(f"{stamp} {line}\n" if timestamps else f"{line}\n" for stamp, line in lines)
