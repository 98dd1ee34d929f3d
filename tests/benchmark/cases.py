# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is measured: one line for each case. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

AT_ONCE_SECONDS = 0.6
"""From an API's first answer to a ready pod, where nothing else is said."""
WAITING_SECONDS = 45.0
"""Of an API that needs what real ones need."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Some ways to do the same work, each in its turn, again and again."""

    name: str
    turns: tuple[str, ...]
    """Keys of `contestants.TURNS`; in the case `registries` of its `RUNS`."""
    whole: Mapping[int, int]
    """How many rounds at each size."""
    quick: Mapping[int, int] = field(default_factory=dict)
    live: bool = True
    """Whether the pods run; see `copies`. By hand is always done on such clusters."""
    changes: bool = False
    """Whether this collection and kubernetes.core have something to do."""
    ready_seconds: float = AT_ONCE_SECONDS
    sample: int = 20
    """The most clusters that a rival is run on: what it costs per cluster no longer changes, and it takes minutes."""

    def sizes(self, *, quick: bool, at_most: int | None, rounds: int | None) -> dict[int, int]:
        """Rounds by size, with those of a shorter run."""
        return {
            size: rounds or several
            for size, several in (self.quick if quick else self.whole).items()
            if at_most is None or size <= at_most
        }


CASES = (
    Case(name="one", turns=("hand", "ours", "rested"), whole={1: 5}, quick={1: 3}, changes=True),
    Case(
        name="waiting",
        turns=("hand", "ours", "rested"),
        whole={1: 2},
        quick={1: 1},
        changes=True,
        ready_seconds=WAITING_SECONDS,
    ),
    Case(name="change", turns=("hand", "ours"), whole={20: 3, 100: 2}, quick={10: 2}, changes=True),
    Case(name="rivals", turns=("core", "ours"), whole={5: 2}, changes=True),
    Case(name="unchanged", turns=("core", "ours"), whole={20: 3, 100: 2}, sample=5),
    Case(
        name="fleet",
        turns=("hand", "audit", "empty", "ours"),
        whole={10: 3, 100: 3, 1000: 2},
        quick={10: 1, 100: 1},
        live=False,
        sample=4,
    ),
    Case(name="probe", turns=("audit", "probed"), whole={100: 2}, live=False),
    Case(name="slices", turns=("audit", "alone", "sliced", "at once"), whole={100: 2}, live=False),
    Case(
        name="registries",
        turns=(
            "change: all are new",
            "change: one more",
            "change: nothing to do",
            "change: remove all by key",
            "change: other ones exactly",
            "look: as wanted",
            "audit: as wanted",
        ),
        whole={1: 1, 100: 1, 2000: 1},
        quick={1: 1, 100: 1},
    ),
)


Plan = Sequence[tuple[Case, Mapping[int, int]]]
"""Cases with their rounds by size."""


def largest(plan: Plan) -> tuple[int, int]:
    """How many live and how many parked clusters are needed."""
    sized = [(case, max(sizes)) for case, sizes in plan if sizes and case.name != "registries"]
    live = [size if case.live else min(size, case.sample) for case, size in sized if case.live or "hand" in case.turns]
    return max(live, default=0), max((size for case, size in sized if not case.live), default=0)
