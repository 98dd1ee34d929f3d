# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From measured rows to Markdown. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row

BEGIN = "<!-- written by tests/benchmark/run -->"
END = "<!-- end of what is written -->"
MANY = 20
"""From here on the start of the programs no longer counts for much."""
FLAT = 1.25
"""How much more the last clusters may cost than the first before it is more than noise."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """Everything that was measured in one run."""

    date: str
    machine: str
    rows: tuple[Row, ...]

    def row(self, who: str, what: str, clusters: int) -> Row | None:
        """One measurement, None when it was not made."""
        return next((r for r in self.rows if (r.who, r.what, r.clusters) == (who, what, clusters)), None)

    def of(self, who: str, what: str) -> list[Row]:
        """Measurements of one kind, by the number of clusters."""
        return sorted((r for r in self.rows if (r.who, r.what) == (who, what)), key=lambda r: r.clusters)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A promise and what was measured of it."""

    promise: str
    measured: str
    met: bool


def markdown(result: Result) -> str:
    """All tables, with their date and machine."""
    parts = [f"Measured {result.date} on {result.machine}."]
    if compared := "\n".join(_comparison(result)):
        parts.append(compared)
    if grown := "\n".join(_growth(result)):
        parts.append(grown)
    if found := list(bars(result)):
        parts.append(
            "\n".join(_table(["promise", "measured", ""], ([b.promise, b.measured, _verdict(b)] for b in found)))
        )
    return "\n\n".join(parts)


def refreshed(document: str, text: str) -> str:
    """The document with the part between the markers exchanged. ValueError where there are none."""
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def per_further(rows: Sequence[Row]) -> dict[int, float]:
    """CPU seconds of each further cluster, between one size of fleet and the next, by the larger."""
    pairs = itertools.pairwise(rows)
    return {more.clusters: (more.cpu - less.cpu) / (more.clusters - less.clusters) for less, more in pairs}


def bars(result: Result) -> Iterator[Bar]:
    """What is promised of figures that were measured."""
    for row in result.of("ours", "changed"):
        hand = result.row("hand", "changed", row.clusters)
        if hand and row.clusters >= MANY:
            ratio = row.cpu_per_cluster / hand.cpu_per_cluster
            yield Bar(
                promise=f"a change on {row.clusters} clusters costs at most what the hand procedure costs",
                measured=f"{ratio:.2f} x",
                met=ratio <= 1,
            )
    for row in result.of("ours", "unchanged"):
        core = result.row("core", "unchanged", row.clusters)
        if core and row.clusters >= MANY:
            yield Bar(
                promise=f"nothing to do on {row.clusters} clusters costs at most 1/40 of kubernetes.core",
                measured=f"1/{core.cpu_per_cluster / row.cpu_per_cluster:.0f}",
                met=row.cpu_per_cluster * 40 <= core.cpu_per_cluster,
            )
    audit = result.of("ours", "audit")
    if audit and audit[-1].clusters >= 1000:
        seconds = audit[-1].wall
        yield Bar(
            promise="an audit of 1,000 clusters takes at most 60 s", measured=f"{seconds:.0f} s", met=seconds <= 60
        )
    for what in ("audit", "add"):
        yield from _flat(what, result.of("ours", what))


def _flat(what: str, rows: Sequence[Row]) -> Iterator[Bar]:
    many = [row for row in rows if row.clusters >= 10]
    if len(many) < 3:
        return
    first, *_unused, last = per_further(many).values()
    yield Bar(
        promise=f"{what}: the last clusters cost what the first cost",
        measured=f"{last * 1000:.0f} ms after {first * 1000:.0f} ms",
        met=last <= FLAT * first,
    )
    # Fewer clusters than Ansible has forks are looked at by fewer workers.
    enough = min((row for row in many if row.clusters >= MANY), key=lambda row: row.clusters)
    low, high = enough.peak_mib, many[-1].peak_mib
    yield Bar(
        promise=f"{what}: memory does not grow with the number of clusters",
        measured=f"{high:.0f} MiB at {many[-1].clusters:,}, {low:.0f} MiB at {enough.clusters:,}",
        met=high <= FLAT * low,
    )


def _comparison(result: Result) -> Iterator[str]:
    sizes = sorted({row.clusters for row in result.rows if row.what in ("changed", "unchanged")})
    lines = [
        [
            f"{size:,}",
            what,
            *(_seconds(result.row(who, what, size)) for who in ("hand", "core", "ours")),
            _times(result.row("hand", what, size), result.row("ours", what, size)),
            _times(result.row("core", what, size), result.row("ours", what, size)),
        ]
        for what in ("changed", "unchanged")
        for size in sizes
    ]
    if lines:
        heads = ["clusters", "run", "by hand", "kubernetes.core", "this collection", "by hand / this", "core / this"]
        yield "CPU seconds of the client per cluster, its start included:\n"
        yield from _table(heads, lines)


def _growth(result: Result) -> Iterator[str]:
    names = {"audit": "audit", "add": "add, nothing to do"}
    lines = []
    for what, name in names.items():
        rows = result.of("ours", what)
        further = per_further(rows)
        for row in rows:
            ms = f"{further[row.clusters] * 1000:.0f} ms" if row.clusters in further else ""
            share = f"{row.cpu_per_cluster * 1000:.0f} ms"
            lines.append(
                [
                    name,
                    f"{row.clusters:,}",
                    f"{row.wall:.1f} s",
                    f"{row.cpu:.1f} s",
                    share,
                    ms,
                    f"{row.peak_mib:.0f} MiB",
                ]
            )
    if lines:
        heads = ["run", "clusters", "takes", "CPU", "per cluster", "per further cluster", "most memory"]
        yield from _table(heads, lines)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def _seconds(row: Row | None) -> str:
    if row is None:
        return "-"
    return f"{row.cpu_per_cluster:.3f}" + ("" if row.sample == row.clusters else f" (on {row.sample})")


def _times(other: Row | None, ours: Row | None) -> str:
    return f"{other.cpu_per_cluster / ours.cpu_per_cluster:.1f} x" if other and ours else "-"


def _verdict(found: Bar) -> str:
    return "met" if found.met else "**missed**"
