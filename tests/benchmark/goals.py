# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is promised of the figures: ratios of runs in turn on the same work, wherever it can be. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from ansible_collections.fleetops.nvcf.tests.benchmark.cases import AT_ONCE_SECONDS, WAITING_SECONDS
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Pair, Result, further

MANY = 10
"""From here on the start of the programs no longer counts for much."""
THOUSAND = 1000
FLAT = 1.25
"""How much more the last clusters may cost than the first before it is more than noise."""
HAND_SECONDS = 0.8
"""CPU of the hand procedure per cluster on a quiet machine: how slow a machine is, is told by what it takes there."""
WHO = {
    "hand": "by hand",
    "core": "kubernetes.core",
    "ours": "`add`",
    "rested": "`add`, poll interval 0.05 s",
    "audit": "`audit`",
    "alone": "`audit` of one cluster",
    "probed": "`audit` with `registry_allowlist_audit_probe`",
    "empty": "empty task",
    "sliced": "one slice after the other",
    "at once": "both slices at the same time",
}
ONE = Pair(case="one", over="ours", under="hand", words="`add` / by hand, one cluster alone")
CHANGE = Pair(case="change", over="ours", under="hand", words="`add` / by hand")
CORE = Pair(case="unchanged", over="core", under="ours", words="kubernetes.core / `add`, nothing to do")
HAND = Pair(case="fleet", over="hand", under="audit", words="by hand / `audit`")
FLOOR = Pair(case="fleet", over="audit", under="empty", words="`audit` / empty task")
WAITING = Pair(case="waiting", over="ours", under="hand", words="`add` / by hand, ready after 45 s")
RESTED = Pair(case="waiting", over="rested", under="hand", words="the same, poll interval 0.05 s")
PAIRS = (
    ONE,
    WAITING,
    RESTED,
    CHANGE,
    Pair(case="rivals", over="core", under="ours", words="kubernetes.core / `add`"),
    CORE,
    HAND,
    FLOOR,
    Pair(case="probe", over="probed", under="audit", words="`audit` with `registry_allowlist_audit_probe` / without"),
)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A promise and what was measured of it."""

    promise: str
    measured: str
    met: bool

    @classmethod
    def most(cls, promise: str, found: float, limit: float, words: str) -> Goal:
        """That a figure is at most so much."""
        return cls(promise=promise, measured=words.format(found), met=found <= limit)


def goals(result: Result) -> Iterator[Goal]:
    """Those whose figures were measured."""
    yield from _changes(result)
    yield from _waiting(result)
    yield from _audits(result)
    for who in ("audit", "ours"):
        yield from _flat(result, who)


def per_second(result: Result, who: str) -> float | None:
    """CPU seconds for each second that a run waits for an API."""
    waited, once = result.median("waiting", who, 1), result.median("one", who, 1)
    if not (waited and once):
        return None
    return (waited["cpu"] - once["cpu"]) / (WAITING_SECONDS - AT_ONCE_SECONDS)


def _changes(result: Result) -> Iterator[Goal]:
    for size, ratios in result.ratios(CHANGE).items():
        promise = f"a change on {size} clusters costs at most what the hand procedure costs"
        yield Goal.most(promise, median(ratios), 1, "{:.2f} x")
    for size, ratios in result.ratios(CORE).items():
        if size >= MANY:
            promise = f"nothing to do on {size} clusters costs at most 1/40 of kubernetes.core"
            yield Goal(promise=promise, measured=f"1/{median(ratios):.0f}", met=median(ratios) >= 40)


def _waiting(result: Result) -> Iterator[Goal]:
    """What the wait for an API costs that is ready after 45 s."""
    promise = "a change on one cluster whose API is ready after 45 s costs at most what the hand procedure costs"
    for pair, words in ((WAITING, ""), (RESTED, ", poll interval 0.05 s")):
        for ratios in result.ratios(pair).values():
            yield Goal.most(promise + words, median(ratios), 1, "{:.2f} x")
    if (found := per_second(result, "rested")) is not None:
        promise = "a second of waiting costs at most 10 ms of CPU, poll interval 0.05 s"
        yield Goal.most(promise, found * 1000, 10, "{:.1f} ms")


def _audits(result: Result) -> Iterator[Goal]:
    for size, ratios in result.ratios(FLOOR).items():
        if size > MANY:
            yield Goal.most(
                f"an audit of {size:,} clusters costs at most twice an empty task", median(ratios), 2, "{:.1f} x"
            )
    for size, ratios in result.ratios(HAND).items():
        if size == THOUSAND:
            promise = "an audit of 1,000 clusters costs per cluster at most 1/25 of the hand procedure"
            yield Goal(promise=promise, measured=f"1/{median(ratios):.0f}", met=median(ratios) >= 25)
    if audit := result.median("fleet", "audit", THOUSAND):
        yield Goal.most("an audit of 1,000 clusters takes at most 60 s", audit["wall"], 60, "{:.0f} s")
        if hand := result.median("fleet", "hand", THOUSAND):
            limit = 30 * hand["each"] / HAND_SECONDS
            pace = f"where a cluster costs 0.8 s of CPU by hand; on this machine {limit:.0f} s"
            promise = f"an audit of 1,000 clusters takes at most 30 s {pace}"
            yield Goal.most(promise, audit["wall"], limit, "{:.0f} s")
        yield Goal.most("an audit of 1,000 clusters holds at most 250 MiB", audit["peak"], 250, "{:.0f} MiB")


def _flat(result: Result, who: str) -> Iterator[Goal]:
    slopes = [slope for size, slope in further(result, "fleet", who).items() if size > MANY]
    if len(slopes) >= 2:
        yield Goal(
            promise=f"{WHO[who]}: the last clusters cost what the first cost",
            measured=f"{slopes[-1] * 1000:.0f} ms after {slopes[0] * 1000:.0f} ms",
            met=slopes[-1] <= FLAT * slopes[0],
        )
    # Fewer clusters than Ansible has forks are looked at by fewer workers.
    sizes = [size for size in result.sizes("fleet", who) if size > MANY]
    if len(sizes) >= 2:
        low, high = (result.median("fleet", who, size)["peak"] for size in (sizes[0], sizes[-1]))
        yield Goal(
            promise=f"{WHO[who]}: memory does not grow with the number of clusters",
            measured=f"{high:.0f} MiB at {sizes[-1]:,}, {low:.0f} MiB at {sizes[0]:,}",
            met=high <= FLAT * low,
        )
