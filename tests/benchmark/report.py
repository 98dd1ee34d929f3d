# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From measured rows to Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from ansible_collections.fleetops.nvcf.tests.benchmark.goals import PAIRS, WHO, goals, per_second
from ansible_collections.fleetops.nvcf.tests.benchmark.model import HOUR, Node, change_seconds, fitted, slices
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Result, further

BEGIN = "<!-- written by tests/benchmark/run -->"
END = "<!-- end of what is written -->"
PLAIN = ("one", "waiting", "change", "rivals", "unchanged", "fleet", "probe")
"""Cases whose rows are commands on clusters."""
WAITERS = ("hand", "ours", "rested")
NODE = Node(cores=4, forks=20)
"""What the page computes for."""


def performance(result: Result) -> str:
    """What `docs/performance.md` has between its markers."""
    parts = [f"On {result.machine}; each table names its days.", *_tables(result)]
    if found := list(goals(result)):
        lines = ([goal.promise, goal.measured, "met" if goal.met else "**missed**"] for goal in found)
        parts.append(_table(["goal", "measured", ""], lines))
    return "\n\n".join(parts)


def scale(result: Result) -> str:
    """What `docs/scale.md` has between its markers."""
    return "\n\n".join([f"From figures that were measured on {result.machine}.", *_scaled(result)])


def refreshed(document: str, text: str) -> str:
    """The document with the part between the markers exchanged. ValueError where there are none."""
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _tables(result: Result) -> Iterator[str]:
    pairs = [
        [pair.words, f"{size:,}", str(len(ratios)), *map(_ratio, (median(ratios), min(ratios), max(ratios)))]
        for pair in PAIRS
        for size, ratios in result.ratios(pair).items()
    ]
    if pairs:
        days = result.days({pair.case for pair in PAIRS})
        yield f"CPU per cluster, one run beside another that was made in turn with it ({days}):"
        yield _table(["ratio", "clusters", "pairs", "median", "least", "largest"], pairs)
    if lines := list(_rows(result)):
        yield f"The single runs, medians where there are several ({result.days(PLAIN)}):"
        heads = ["case", "run", "clusters", "runs", "takes", "CPU", "per cluster", "per further cluster", "most memory"]
        yield _table(heads, lines)
    sizes = sorted({row.size for row in result.rows if row.case == "registries"})
    if sizes:
        yield f"CPU of the client for one cluster with so many registries ({result.days(['registries'])}):"
        runs = dict.fromkeys(row.who for row in result.rows if row.case == "registries")
        table = [[who, *(_ms(result.median("registries", who, size).get("cpu")) for size in sizes)] for who in runs]
        yield _table(["run", *(f"{size:,}" for size in sizes)], table)


def _rows(result: Result) -> Iterator[list[str]]:
    for case in PLAIN:
        for who in dict.fromkeys(row.who for row in result.rows if row.case == case):
            more = further(result, case, who)
            for size in result.sizes(case, who):
                rows = result.of(case, who, size)
                found = result.median(case, who, size)
                yield [
                    case,
                    WHO[who],
                    f"{size:,}" + (f" ({rows[0].sample} of them)" if rows[0].sample < size else ""),
                    str(len(rows)),
                    f"{found['wall']:.1f} s",
                    f"{found['cpu']:.1f} s",
                    _ms(found["each"]),
                    _ms(more.get(size)),
                    f"{found['peak']:,.0f} MiB",
                ]


def _scaled(result: Result) -> Iterator[str]:
    audit = fitted(result, "fleet", "audit")
    change = fitted(result, "change", "ours")
    if audit:
        yield f"An audit, from the runs with up to {audit.largest:,} clusters ({result.days(['fleet'])}):"
        lines = [
            ["CPU of a job before its first cluster", f"{audit.start_cpu:.1f} s"],
            ["CPU of each cluster", _ms(audit.cpu)],
            ["cores that one job keeps busy", f"{audit.busy:.1f}"],
            ["clusters per hour, one job", f"{HOUR / audit.wall:,.0f}"],
            [f"clusters per hour, {NODE.cores} cores, as many jobs as keep them busy", f"{NODE.per_hour(audit):,.0f}"],
            ["memory of a job", f"{audit.memory:.0f} MiB and {audit.memory_each * 1000:.0f} MiB for 1,000 clusters"],
        ]
        yield _table(["", "measured or computed"], lines)
    if change:
        yield f"A change of so many clusters, computed for {NODE.cores} cores of the node ({result.days(['change'])}):"
        heads = ["clusters", "forks", "API ready after 1 s", "after 45 s", "after 180 s", "clusters per hour, 45 s"]
        yield _table(heads, _changes(change.cpu))
    if waits := [
        [WHO[who], f"{cost * 1000:.1f} ms"] for who in WAITERS if (cost := per_second(result, who)) is not None
    ]:
        yield f"CPU for each second until an API is ready, one cluster ({result.days(['waiting'])}):"
        yield _table(["run", "CPU"], waits)
    yield from _sliced(result)


def _changes(cpu: float) -> Iterator[list[str]]:
    for clusters in (100, 1000):
        for forks in (20, 50, 100):
            node = Node(cores=NODE.cores, forks=forks)
            took = {ready: change_seconds(clusters, ready=ready, cpu=cpu, node=node) for ready in (1, 45, 180)}
            minutes = (f"{seconds / 60:.0f} min" for seconds in took.values())
            yield [f"{clusters:,}", str(forks), *minutes, f"{clusters / took[45] * HOUR:,.0f}"]


def _sliced(result: Result) -> Iterator[str]:
    for size in result.sizes("slices", "sliced"):
        whole, alone = result.median("slices", "audit", size), result.median("slices", "alone", size)
        if not (whole and alone and whole["machine"]):
            continue
        guess = slices(whole, alone, 2, cores=result.cores)
        days = result.days(["slices"])
        yield f"{size} clusters in two slices, computed from a job with all and a job with one of them ({days}):"
        lines = []
        for who in ("sliced", "at once"):
            told, found = guess[who], result.median("slices", who, size)
            cells = ((told[key], found[key], unit) for key, unit in (("cpu", "s"), ("wall", "s"), ("peak", "MiB")))
            lines.append([WHO[who], *(f"{a:.0f} {unit} / {b:.0f} {unit}" for a, b, unit in cells)])
        yield _table(["computed / measured", "CPU", "takes", "most memory"], lines)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*text, *("| " + " | ".join(line) + " |" for line in lines)])


def _ratio(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:.0f}"


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.0f} ms"
