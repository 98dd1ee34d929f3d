# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is made of measurements."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row
from ansible_collections.fleetops.nvcf.tests.benchmark.goals import CHANGE, goals
from ansible_collections.fleetops.nvcf.tests.benchmark.report import BEGIN, END, performance, refreshed, scale
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Result, further

DOCS = Path(__file__).parents[3] / "docs"


def row(case: str, who: str, size: int, cpu: float, **more: float) -> Row:
    sample, turn = int(more.get("sample", size)), int(more.get("turn", 0))
    wall, peak = more.get("wall", 1.0), more.get("peak", 100.0)
    return Row(case=case, who=who, size=size, sample=sample, turn=turn, cpu=cpu, wall=wall, peak_mib=peak)


def result(*rows: Row) -> Result:
    return Result(machine="2 cores", cores=2, rows=rows)


def growth(*sizes: tuple[int, float, float]) -> Result:
    return result(*(row("fleet", "ours", size, cpu, peak=peak) for size, cpu, peak in sizes))


GOALS = {
    "a change on 100 clusters": lambda cpu: result(
        row("change", "hand", 100, 20.0, sample=20), row("change", "ours", 100, cpu)
    ),
    "nothing to do on 20 clusters": lambda cpu: result(
        row("unchanged", "core", 20, 40.0 * 100), row("unchanged", "ours", 20, cpu)
    ),
    "whose API is ready": lambda cpu: result(row("waiting", "hand", 1, 100.0), row("waiting", "ours", 1, cpu)),
    "a second of waiting": lambda cpu: result(
        row("one", "rested", 1, 1.0), row("waiting", "rested", 1, 1.0 + cpu * 0.00444)
    ),
    "twice an empty task": lambda cpu: result(
        row("fleet", "audit", 1000, 2.0 * cpu), row("fleet", "empty", 1000, 100.0)
    ),
    "1/25": lambda cpu: result(row("fleet", "hand", 1000, 10.0, sample=4), row("fleet", "audit", 1000, cpu)),
    "at most 60 s": lambda cpu: result(row("fleet", "audit", 1000, 1.0, wall=cpu * 0.6)),
    "250 MiB": lambda cpu: result(row("fleet", "audit", 1000, 1.0, peak=cpu * 2.5)),
    "on this machine": lambda cpu: result(
        row("fleet", "hand", 1000, 3.2, sample=4), row("fleet", "audit", 1000, 1.0, wall=cpu * 0.3)
    ),
    "the last clusters": lambda cpu: growth((10, 1.0, 100.0), (100, 10.0, 100.0), (1000, 10.0 + cpu * 1.125, 100.0)),
    "memory does not grow": lambda peak: growth((10, 1.0, 50.0), (100, 10.0, 200.0), (1000, 100.0, 2.5 * peak)),
}
"""By words of the promise, figures of which 100 is the most that meets it."""


@pytest.mark.parametrize("words", GOALS)
def test_a_goal_is_met_up_to_its_limit_and_missed_beyond(words: str) -> None:
    make: Callable[[float], Result] = GOALS[words]
    met = [goal.met for figure in (99.9, 100.2) for goal in goals(make(figure)) if words in goal.promise]
    assert met == [True, False]


def test_a_ratio_is_taken_between_runs_of_one_round_and_each_cluster_counts() -> None:
    slow = [row("change", "hand", 100, 40.0, sample=20, turn=1), row("change", "ours", 100, 100.0, turn=1)]
    quiet = [row("change", "ours", 100, 50.0, turn=0), row("change", "hand", 100, 20.0, sample=20, turn=0)]
    alone = row("change", "ours", 100, 9000.0, turn=2)
    assert result(*slow, *quiet, alone).ratios(CHANGE) == {100: [0.5, 0.5]}


def test_the_start_of_ansible_is_not_taken_for_growth() -> None:
    rows = result(*(row("fleet", "audit", size, 1.0 + size * 0.1) for size in (10, 100, 1000)))
    assert further(rows, "fleet", "audit") == pytest.approx({100: 0.1, 1000: 0.1})


def test_what_was_not_measured_is_neither_shown_nor_judged() -> None:
    text = performance(result(row("fleet", "audit", 10, 2.0)))
    assert "| fleet | `audit` | 10 | 1 | 1.0 s | 2.0 s | 200 ms |  | 100 MiB |" in text
    assert "ratio" not in text
    assert "goal" not in text


def test_cases_that_were_not_run_again_keep_their_figures() -> None:
    before = result(row("one", "hand", 1, 1.0), row("fleet", "audit", 10, 9.0), row("fleet", "audit", 100, 9.0))
    again = row("fleet", "audit", 10, 2.0)
    assert before.renewed([again]) == (before.rows[0], again)


@pytest.mark.parametrize("name, write", [("performance.md", performance), ("scale.md", scale)])
def test_the_pages_hold_the_figures_that_are_kept(name: str, write: Callable[[Result], str]) -> None:
    kept = Result.load((DOCS / "performance.json").read_text(encoding="utf-8"))
    page = (DOCS / name).read_text(encoding="utf-8")
    assert refreshed(page, write(kept)) == page
    assert Result.load(kept.dump()) == kept


def test_only_what_is_between_the_markers_is_exchanged() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert refreshed(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no <!--"):
        refreshed("written by hand", "new")
