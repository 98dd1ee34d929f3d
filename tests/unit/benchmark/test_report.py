# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is made of measurements."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row
from ansible_collections.fleetops.nvcf.tests.benchmark.report import (
    BEGIN,
    END,
    Result,
    bars,
    markdown,
    per_further,
    refreshed,
)


def row(who: str, what: str, clusters: int, cpu: float, *, sample: int | None = None, **more: float) -> Row:
    return Row(
        who=who,
        what=what,
        clusters=clusters,
        sample=sample or clusters,
        cpu=cpu,
        wall=more.get("wall", 1.0),
        peak_mib=more.get("peak_mib", 100.0),
    )


def result(*rows: Row) -> Result:
    return Result(date="2026-01-02", machine="2 cores", rows=rows)


def verdicts(*rows: Row) -> dict[str, bool]:
    return {found.promise.partition(":")[0]: found.met for found in bars(result(*rows))}


def test_a_sample_is_compared_by_what_one_cluster_costs() -> None:
    measured = result(row("hand", "changed", 100, 20.0, sample=20), row("ours", "changed", 100, 50.0))
    assert "| 100 | changed | 1.000 (on 20) | - | 0.500 | 2.0 x | - |" in markdown(measured)


@pytest.mark.parametrize("cpu, met", [(20.0, True), (20.1, False)])
def test_a_change_may_cost_what_the_hand_procedure_costs_and_no_more(cpu: float, met: bool) -> None:
    [found] = bars(result(row("hand", "changed", 20, 20.0), row("ours", "changed", 20, cpu)))
    assert found.met is met


def test_nothing_is_promised_for_one_cluster_where_the_start_of_ansible_is_most_of_the_cost() -> None:
    assert not list(bars(result(row("hand", "changed", 1, 0.5), row("ours", "changed", 1, 2.0))))


@pytest.mark.parametrize("cpu, met", [(1.0, True), (1.1, False)])
def test_a_run_without_a_change_may_cost_a_fortieth_of_the_plain_playbook(cpu: float, met: bool) -> None:
    [found] = bars(result(row("core", "unchanged", 20, 40.0), row("ours", "unchanged", 20, cpu)))
    assert found.met is met


@pytest.mark.parametrize("wall, met", [(60.0, True), (60.1, False)])
def test_an_audit_of_a_thousand_clusters_may_take_a_minute(wall: float, met: bool) -> None:
    [found] = bars(result(row("ours", "audit", 1000, 90.0, wall=wall)))
    assert found.met is met


def test_the_start_of_ansible_is_not_taken_for_growth() -> None:
    rows = [row("ours", "audit", 10, 2.0), row("ours", "audit", 100, 11.0), row("ours", "audit", 1000, 101.0)]
    assert per_further(rows) == pytest.approx({100: 0.1, 1000: 0.1})


def test_clusters_that_cost_more_the_more_there_are_miss_the_bar() -> None:
    rows = [row("ours", "add", 10, 1.0), row("ours", "add", 100, 10.0), row("ours", "add", 1000, 190.0)]
    assert [found.met for found in bars(result(*rows))] == [False, True]


def test_memory_that_grows_with_the_fleet_misses_the_bar() -> None:
    sizes = ((10, 1.0, 100.0), (100, 10.0, 200.0), (1000, 100.0, 900.0))
    rows = [row("ours", "add", clusters, cpu, peak_mib=peak) for clusters, cpu, peak in sizes]
    assert [found.met for found in bars(result(*rows))] == [True, False]


def test_memory_is_compared_from_where_all_forks_are_at_work() -> None:
    sizes = ((10, 1.0, 100.0), (100, 10.0, 400.0), (1000, 100.0, 410.0))
    rows = [row("ours", "add", clusters, cpu, peak_mib=peak) for clusters, cpu, peak in sizes]
    assert [found.met for found in bars(result(*rows))] == [True, True]


def test_what_was_not_measured_is_not_judged() -> None:
    text = markdown(result(row("ours", "audit", 10, 2.0)))
    assert "| audit | 10 | 1.0 s | 2.0 s | 200 ms |  | 100 MiB |" in text
    assert "promise" not in text


def test_only_what_is_between_the_markers_is_exchanged() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert refreshed(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no <!--"):
        refreshed("written by hand", "new")
