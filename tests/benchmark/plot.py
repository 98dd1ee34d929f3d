# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A plot of cost over the number of clusters, as SVG text that is legible on light and dark pages. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 24, 48
COLORS = ("#0072b2", "#d55e00", "#009e73")
_HEAD = f"""<!--
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
-->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{{title}}">
<style>
text {{{{ font: 12px sans-serif; fill: #24292f; }}}}
.axis {{{{ stroke: #8c959f; fill: none; }}}}
.grid {{{{ stroke: #8c959f; stroke-opacity: 0.3; }}}}
@media (prefers-color-scheme: dark) {{{{ text {{{{ fill: #e6edf3; }}}} }}}}
</style>
"""


@dataclass(frozen=True)
class Point:
    """One measurement."""

    clusters: int
    value: float


def plot(title: str, series: Mapping[str, Sequence[Point]], *, unit: str) -> str:
    """Both axes are logarithmic: what costs the same for every cluster ends as a level line."""
    points = [point for line in series.values() for point in line]
    if not points:
        raise ValueError("nothing to plot")
    across = _Scale.over([point.clusters for point in points], LEFT, WIDTH - RIGHT)
    up = _Scale.over([point.value for point in points], HEIGHT - BOTTOM, TOP)
    parts = [
        _HEAD.format(title=title),
        f'<text x="{LEFT}" y="14">{title}</text>\n',
        f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>\n',
        *_ticks(across, up, unit),
    ]
    # Names stand at the ends of their lines, apart from each other.
    taken: list[float] = []
    for color, (name, line) in zip(COLORS, series.items(), strict=False):
        spots = [(across.place(point.clusters), up.place(point.value)) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>\n')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>\n' for x, y in spots]
        level = _free(spots[-1][1] + 4, taken)
        taken.append(level)
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{level:.1f}" style="fill:{color}">{name}</text>\n')
    return "".join([*parts, "</svg>\n"])


@dataclass(frozen=True)
class _Scale:
    """A logarithmic axis over whole powers of ten."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> _Scale:
        low = math.floor(math.log10(min(values)))
        return cls(low, max(math.ceil(math.log10(max(values))), low + 1), start, end)

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _ticks(across: _Scale, up: _Scale, unit: str) -> Iterator[str]:
    for value in across.ticks:
        x = across.place(value)
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:,.0f}</text>\n'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">clusters</text>\n'
    for value in up.ticks:
        y = up.place(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>\n'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g} {unit}</text>\n'


def _free(level: float, taken: Sequence[float]) -> float:
    while any(abs(level - other) < 14 for other in taken):
        level += 14
    return level
