# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Waves, the time left, and how it is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.ansible_events import wave_sizes
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Wave
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.progress import (
    ProgressThrottle,
    progress_line,
    remaining_text,
    seconds_left,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.run_tracker import RunTracker, TaskProgress
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    APPLY,
    AUDIT,
    BEFORE,
    CHANGE,
    LOOK,
    RESTORE,
    ROLL_OUT,
    TRY,
    batch,
)
from hypothesis import given
from hypothesis import strategies as st


def waves(*sizes_and_seconds: tuple[int, float | None]) -> list[Wave]:
    total = len(sizes_and_seconds)
    return [
        Wave(play="p", number=number, of=total, size=size, seconds=seconds)
        for number, (size, seconds) in enumerate(sizes_and_seconds, start=1)
    ]


def test_nothing_is_foretold_before_a_wave_has_ended() -> None:
    assert seconds_left(waves((1, None), (9, None)), current=1, running=5.0, forks=5) is None


def test_a_wave_takes_as_many_rounds_as_the_forks_need_for_it() -> None:
    assert seconds_left(waves((1, 30.0), (20, None), (5, None)), current=2, running=10.0, forks=5) == 4 * 30 - 10 + 30


def test_a_wave_that_takes_longer_than_foretold_does_not_count_against_the_rest() -> None:
    assert seconds_left(waves((1, 30.0), (5, None), (5, None)), current=2, running=500.0, forks=5) == 30


@pytest.mark.parametrize(
    "seconds, words",
    [(1, "about 10 s left"), (41, "about 50 s left"), (61, "about 2 min left"), (7200, "about 2 h left")],
)
def test_time_left_is_said_roughly(seconds: float, words: str) -> None:
    assert remaining_text(seconds) == words


def test_the_line_names_wave_phase_and_counts() -> None:
    tracker = RunTracker()
    everybody = ("a", "b", "c")
    tracker.wave_began(0.0, batch("a", of=everybody, sizes=(1, 2)))
    assert progress_line(tracker, 1.0) == "fleet: wave 1 of 2, 0 of 3 done, 0 failed"
    tracker.wave_began(120.0, batch("b", "c", of=everybody, sizes=(1, 2)))
    tracker.task_began(120.0, APPLY)
    assert progress_line(tracker, 121.0) == "fleet: wave 2 of 2: apply, 1 of 3 done, 0 failed, about 2 min left"
    tracker.host_ended(122.0, "b", APPLY, "failed", {"msg": "no"})
    assert progress_line(tracker, 123.0) == "fleet: wave 2 of 2: apply 1 of 2, 1 of 3 done, 1 failed, about 2 min left"


MANY = tuple(f"c{number}" for number in range(100))
FINE = BEFORE | {"findings": [], "verdict": "ok"}
BAD = {"findings": [{"severity": "error", "text": "x"}], "verdict": "drifted", "msg": "x"}


def test_an_audit_in_one_wave_counts_each_cluster_and_foretells_its_end() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch(*MANY, forks=10))
    tracker.task_began(0.0, AUDIT)
    for number, host in enumerate(MANY[:9]):
        tracker.host_ended(float(number), host, AUDIT, "ok", FINE)
    assert progress_line(tracker, 9.0) == "fleet: clusters: audit, 9 of 100 done, 0 failed", "no round has ended"
    for host in MANY[9:20]:
        tracker.host_ended(20.0, host, AUDIT, "failed", BAD)
    assert progress_line(tracker, 50.0) == "fleet: clusters: audit, 9 of 100 done, 11 failed, about 4 min left"


def test_a_step_that_others_follow_is_counted_and_nobody_is_done_yet() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch(*MANY, forks=10))
    for task, ended in ((APPLY, 100), (ROLL_OUT, 40)):
        tracker.task_began(0.0, task)
        for host in MANY[:ended]:
            tracker.host_ended(1.0, host, task, "ok", CHANGE if task is APPLY else {})
    assert progress_line(tracker, 9.0) == "fleet: clusters: rollout 40 of 100, 0 of 100 done, 0 failed"
    tracker.task_began(9.0, TRY)
    for host in MANY[:30]:
        tracker.host_ended(10.0, host, TRY, "skipped", {})
    assert progress_line(tracker, 12.0) == "fleet: clusters: smoke test, 30 of 100 done, 0 failed, about 10 s left"


def test_clusters_that_had_nothing_left_to_do_are_not_waited_for() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b", "c"))
    tracker.task_began(0.0, LOOK)
    for host in "abc":
        tracker.host_ended(1.0, host, LOOK, "ok", BEFORE | {"settled": host != "c"})
    assert progress_line(tracker, 2.0).endswith("preflight 3 of 3, 0 of 3 done, 0 failed"), "they may continue"
    tracker.task_began(2.0, ROLL_OUT)
    assert progress_line(tracker, 2.0).endswith("rollout 2 of 3, 2 of 3 done, 0 failed")


def test_a_step_that_takes_longer_than_the_waves_before_is_believed() -> None:
    slow = TaskProgress(ended=10, of=40, seconds=100.0, last=False)
    foretold = seconds_left(waves((1, 30.0), (40, None)), current=2, running=110.0, forks=10, task=slow)
    assert foretold == 300.0
    last = TaskProgress(ended=20, of=40, seconds=10.0, last=True)
    assert seconds_left(waves((1, 30.0), (40, None)), current=2, running=20.0, forks=10, task=last) == 10.0
    first = TaskProgress(ended=20, of=40, seconds=40.0, last=True)
    assert seconds_left(waves((40, None), (20, None)), current=1, running=40.0, forks=10, task=first) == 40 + 80 / 2


def test_a_restoration_is_not_counted_as_who_takes_part_is_not_known() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b"))
    tracker.task_began(0.0, RESTORE)
    assert tracker.task_progress(1.0) is None


def test_lines_are_told_by_the_share_that_has_ended_and_seldom_where_it_is_small() -> None:
    throttle = ProgressThrottle()
    assert not any(throttle.host_ended(1.9, of=1000) for _host in range(500)), "however fast"
    assert throttle.host_ended(2.0, of=1000)
    throttle.line_shown(2.0)
    assert sum(throttle.host_ended(5.0, of=1000) for _host in range(50)) == 1, "the fiftieth of a thousand"
    throttle.line_shown(5.0)
    assert not throttle.host_ended(19.9, of=1000)
    assert throttle.host_ended(20.0, of=1000)


_steps = st.lists(st.integers(1, 30) | st.integers(1, 100).map(lambda share: f"{share}%"), max_size=4)


@given(serial=_steps, total=st.integers(0, 60))
def test_waves_are_sized_as_ansible_sizes_them(serial: list[Any], total: int) -> None:
    executor = object.__new__(PlaybookExecutor)
    executor._inventory = SimpleNamespace(get_hosts=lambda *_pattern, **_order: list(range(total)))
    play = SimpleNamespace(hosts="all", order=None, serial=serial)
    batches = executor._get_serialized_batches(play)
    assert wave_sizes(serial, total) == tuple(map(len, batches))
