# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Waves, the time left, and how it is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_events import wave_sizes
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_gather import Fleet
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_model import Wave
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_progress import (
    progress_line,
    roughly,
    seconds_left,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_builders import APPLY, batch
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
    assert roughly(seconds) == words


def test_the_line_names_wave_phase_and_counts() -> None:
    fleet = Fleet()
    everybody = ("a", "b", "c")
    fleet.wave_began(0.0, batch("a", of=everybody, sizes=(1, 2)))
    assert progress_line(fleet, 1.0) == "fleet: wave 1 of 2, 0 of 3 done, 0 failed"
    fleet.wave_began(120.0, batch("b", "c", of=everybody, sizes=(1, 2)))
    fleet.task_began(APPLY)
    assert progress_line(fleet, 121.0) == "fleet: wave 2 of 2: apply, 1 of 3 done, 0 failed, about 2 min left"
    fleet.host_ended(122.0, "b", APPLY, "failed", {"msg": "no"})
    assert progress_line(fleet, 123.0) == "fleet: wave 2 of 2: apply, 1 of 3 done, 1 failed, about 2 min left"


_steps = st.lists(st.integers(1, 30) | st.integers(1, 100).map(lambda share: f"{share}%"), max_size=4)


@given(serial=_steps, total=st.integers(0, 60))
def test_waves_are_sized_as_ansible_sizes_them(serial: list[Any], total: int) -> None:
    executor = object.__new__(PlaybookExecutor)
    executor._inventory = SimpleNamespace(get_hosts=lambda *_pattern, **_order: list(range(total)))
    play = SimpleNamespace(hosts="all", order=None, serial=serial)
    batches = executor._get_serialized_batches(play)
    assert wave_sizes(serial, total) == tuple(map(len, batches))
