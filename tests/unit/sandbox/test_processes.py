# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Recognizing and ending exactly the processes that were started."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.processes import (
    ProcessRecord,
    deferred_interrupts,
    spawn,
    stop,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
SPAWNS_CHILD = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)
time.sleep(60)
"""
SLEEP_WITH_CHILD = [sys.executable, "-c", SPAWNS_CHILD]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[ProcessRecord]:
    record = spawn("sleeper", SLEEP, log=tmp_path / "log")
    yield record
    stop([record])


def test_a_started_process_is_alive_until_stopped(sleeper: ProcessRecord) -> None:
    assert sleeper.alive
    stop([sleeper])
    assert not sleeper.alive
    assert sleeper.session() == []


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another-boot"}])
def test_a_pid_that_belongs_to_another_process_now_is_left_alone(
    sleeper: ProcessRecord, change: dict[str, object]
) -> None:
    stranger = dataclasses.replace(sleeper, **change)  # type: ignore[arg-type]
    assert not stranger.alive
    stop([stranger])
    assert sleeper.alive


def test_children_are_ended_even_when_their_parent_is_already_dead(tmp_path: Path) -> None:
    log = tmp_path / "log"
    record = spawn("parent", SLEEP_WITH_CHILD, log=log)
    while not (text := log.read_text()).endswith("\n"):
        time.sleep(0.01)
    child = int(text)
    os.kill(record.pid, signal.SIGKILL)
    while record.alive:
        time.sleep(0.01)
    assert record.session() == [child]
    stop([record])
    assert record.session() == []


def test_a_process_that_ended_by_itself_is_not_alive(tmp_path: Path) -> None:
    record = spawn("short", [sys.executable, "-c", "pass"], log=tmp_path / "log")
    deadline = time.monotonic() + 30
    while record.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not record.alive


def test_the_environment_and_the_inherited_descriptor_reach_the_process(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    program = f"import os; os.write({writing}, os.environ['SANDBOX_TEST'].encode())"
    record = spawn(
        "writer",
        [sys.executable, "-c", program],
        log=tmp_path / "log",
        environment={"SANDBOX_TEST": "hello"},
        inherit=[writing],
    )
    os.close(writing)
    assert os.read(reading, 100) == b"hello"
    os.close(reading)
    stop([record])


@pytest.mark.usefixtures("heeding_interrupts")
def test_an_interrupt_is_held_back_until_the_block_has_run() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 the whole block is what is interrupted
        with deferred_interrupts():
            signal.raise_signal(signal.SIGINT)
            steps.append("finished")
        steps.append("not reached")
    assert steps == ["finished"]


def test_the_record_of_a_process_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        pass
    with pytest.raises(ProcessLookupError, match="gone"):
        ProcessRecord.of("gone", ended.pid, tmp_path / "log")
