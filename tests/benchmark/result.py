# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Everything that was measured, and what is asked of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Self

from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One way beside another, in the same case."""

    case: str
    over: str
    under: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """Rows of one machine."""

    machine: str
    cores: int
    rows: tuple[Row, ...]

    @classmethod
    def load(cls, text: str) -> Self:
        """Read `docs/performance.json`."""
        document = json.loads(text)
        rows = tuple(Row(**row) for row in document.pop("rows"))
        return cls(rows=rows, **document)

    def dump(self) -> str:
        """As `load` reads it, a row a line so that a difference can be read."""
        rows = ",\n".join("  " + json.dumps(asdict(row)) for row in self.rows)
        return f'{{\n "machine": {json.dumps(self.machine)},\n "cores": {self.cores},\n "rows": [\n{rows}\n ]\n}}\n'

    def renewed(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """These rows, with others of before for the cases that are not among them."""
        fresh = tuple(rows)
        made = {row.case for row in fresh}
        return tuple(row for row in self.rows if row.case not in made) + fresh

    def of(self, case: str, who: str, size: int) -> list[Row]:
        """All runs of one kind."""
        return [row for row in self.rows if (row.case, row.who, row.size) == (case, who, size)]

    def sizes(self, case: str, who: str) -> list[int]:
        """At which sizes it was run."""
        return sorted({row.size for row in self.rows if (row.case, row.who) == (case, who)})

    def median(self, case: str, who: str, size: int) -> dict[str, float]:
        """What such a run costs: `cpu`, `each` (per cluster), `wall`, `machine`, `peak`. Empty when there was none."""
        rows = self.of(case, who, size)
        if not rows:
            return {}
        return {
            "cpu": median(row.cpu for row in rows),
            "each": median(row.cpu_per_cluster for row in rows),
            "wall": median(row.wall for row in rows),
            "machine": median(row.machine for row in rows),
            "peak": median(row.peak_mib for row in rows),
        }

    def ratios(self, pair: Pair) -> dict[int, list[float]]:
        """By size, the ratio of what a cluster costs in the two runs of each round."""
        found: dict[int, list[float]] = {}
        for over in (row for row in self.rows if (row.case, row.who) == (pair.case, pair.over)):
            for under in self.of(pair.case, pair.under, over.size):
                if under.turn == over.turn:
                    found.setdefault(over.size, []).append(over.cpu_per_cluster / under.cpu_per_cluster)
        return dict(sorted(found.items()))

    def days(self, cases: Iterable[str]) -> str:
        """When these were measured."""
        wanted = set(cases)
        return ", ".join(sorted({row.date for row in self.rows if row.case in wanted}))


def further(result: Result, case: str, who: str) -> dict[int, float]:
    """CPU seconds of each further cluster, between one size of fleet and the next, by the larger; not of samples."""
    whole = [size for size in result.sizes(case, who) if result.of(case, who, size)[0].sample == size]
    sizes = [(size, result.median(case, who, size)["cpu"]) for size in whole]
    return {more: (b - a) / (more - less) for (less, a), (more, b) in pairwise(sizes)}
