# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a fleet of another size, or a job in slices, costs. Pure; fed by what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.ansible_events import wave_sizes
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Result

HOUR = 3600.0
WAVES = (1, "10%", "100%")
"""As `nvcf_waves` has them."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A line through two sizes of the same run."""

    largest: int
    start_cpu: float
    cpu: float
    wall: float
    """Seconds of each cluster, with all forks at work."""
    memory: float
    memory_each: float

    @property
    def busy(self) -> float:
        """Cores that one job keeps busy."""
        return self.cpu / self.wall


@dataclass(frozen=True, kw_only=True)
class Node:
    """What runs jobs."""

    cores: int
    forks: int

    def per_hour(self, job: Job) -> float:
        """Clusters, with as many jobs at once as keep the cores busy."""
        return HOUR * self.cores / job.cpu


def fitted(result: Result, case: str, who: str) -> Job | None:
    """From the smallest size with work for several forks to the largest. None without two of them."""
    sizes = [size for size in result.sizes(case, who) if size >= 10]
    if len(sizes) < 2:
        return None
    small, large = sizes[0], sizes[-1]
    low, high = result.median(case, who, small), result.median(case, who, large)
    slope = {key: (high[key] - low[key]) / (large - small) for key in ("cpu", "wall", "peak")}
    return Job(
        largest=large,
        start_cpu=max(low["cpu"] - small * slope["cpu"], 0.0),
        cpu=slope["cpu"],
        wall=slope["wall"],
        memory=low["peak"] - small * slope["peak"],
        memory_each=slope["peak"],
    )


def slices(
    whole: Mapping[str, float], one: Mapping[str, float], count: int, *, cores: int
) -> dict[str, dict[str, float]]:
    """`sliced` one after the other and `at once`, from a job with all clusters and one with a single cluster.

    Each slice pays the start of Ansible again. At once they end when the slower of two limits lets them: a slice alone
    takes as long as it takes, and the jobs get that share of the cores that the job with all clusters has got.
    """
    share = whole["cpu"] / whole["machine"]
    cpu = whole["cpu"] + (count - 1) * one["cpu"]
    alone = one["wall"] + (whole["wall"] - one["wall"]) / count
    return {
        "sliced": {"cpu": cpu, "wall": count * alone, "peak": whole["peak"]},
        "at once": {"cpu": cpu, "wall": max(alone, cpu / (cores * share)), "peak": count * whole["peak"]},
    }


def change_seconds(clusters: int, *, ready: float, cpu: float, node: Node) -> float:
    """A wave takes as long as its APIs take to start, as many at a time as there are forks, or as the node computes."""
    return sum(
        max(math.ceil(size / node.forks) * ready + cpu, size * cpu / node.cores) for size in wave_sizes(WAVES, clusters)
    )
