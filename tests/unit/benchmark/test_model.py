# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a fleet of another size would cost."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.ansible_events import wave_sizes
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row
from ansible_collections.fleetops.nvcf.tests.benchmark.model import WAVES, Node, change_seconds, fitted, slices
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Result


def audit(size: int) -> Row:
    cpu, wall, peak = 2.0 + size * 0.1, 3.0 + size * 0.05, 50.0 + size * 0.2
    return Row(case="fleet", who="audit", size=size, sample=size, turn=0, cpu=cpu, wall=wall, peak_mib=peak)


def test_a_line_through_two_sizes_gives_the_start_and_each_cluster() -> None:
    job = fitted(Result(machine="", cores=2, rows=(audit(10), audit(1000))), "fleet", "audit")
    assert job is not None
    assert (job.start_cpu, job.cpu, job.wall, job.busy) == pytest.approx((2.0, 0.1, 0.05, 2.0))
    assert (job.memory, job.memory_each) == pytest.approx((50.0, 0.2))
    assert Node(cores=4, forks=20).per_hour(job) == pytest.approx(144_000)


def test_one_size_gives_no_line() -> None:
    assert fitted(Result(machine="", cores=2, rows=(audit(1), audit(10))), "fleet", "audit") is None


@pytest.mark.parametrize("cores, machine, wall", [(1, 12.0, 14.0), (2, 12.0, 7.0), (8, 12.0, 6.0), (2, 18.0, 10.5)])
def test_slices_pay_the_start_each_and_end_when_the_cores_or_the_slices_let_them(
    cores: int, machine: float, wall: float
) -> None:
    whole, one = {"cpu": 12.0, "wall": 10.0, "machine": machine, "peak": 100.0}, {"cpu": 2.0, "wall": 2.0, "peak": 60.0}
    found = slices(whole, one, 2, cores=cores)
    assert found["sliced"] == {"cpu": 14.0, "wall": 12.0, "peak": 100.0}
    assert found["at once"] == {"cpu": 14.0, "wall": wall, "peak": 200.0}


@pytest.mark.parametrize(
    "clusters, sizes", [(1, [1]), (5, [1, 1, 3]), (100, [1, 10, 89]), (1000, [1, 100, 899]), (0, [])]
)
def test_waves_are_those_that_ansible_makes(clusters: int, sizes: list[int]) -> None:
    assert list(wave_sizes(WAVES, clusters)) == sizes


@pytest.mark.parametrize(
    "forks, ready, seconds",
    [(100, 45.0, 3 * 46.0), (10, 45.0, 46.0 + 46.0 + (9 * 45.0 + 1.0)), (100, 1.0, 2.0 + 5.0 + 44.5)],
    ids=["forks enough", "few forks", "the cores decide"],
)
def test_a_change_waits_for_its_waves_or_for_the_cores(forks: int, ready: float, seconds: float) -> None:
    assert change_seconds(100, ready=ready, cpu=1.0, node=Node(cores=2, forks=forks)) == pytest.approx(seconds)
