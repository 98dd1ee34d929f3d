# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs run as AWX runs them: the job templates that are shipped, and ansible-runner's three parts, transmit, worker and
process. There is no container here, only an environment that holds what an execution environment holds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.jobs import (
    ADD,
    ANSWERS,
    AUDIT,
    REMOVE,
    REMOVE_ANSWERS,
    Jobs,
)
from ansible_collections.fleetops.nvcf.tests.integration.awx.launch import Station
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair

Eventually = Callable[[Callable[[], bool], str], None]


def test_answers_to_the_survey_become_a_registry_and_the_rollback_removes_it(jobs: Jobs, world: World) -> None:
    before = world.values()
    assert CANARY in json.dumps(before), "the canary must be there to be looked for"
    status, text = jobs.work(ADD, ANSWERS)
    assert status == "successful", text
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"

    status, text = jobs.work(AUDIT, ANSWERS)
    assert status == "successful", text

    status, text = jobs.work(REMOVE, REMOVE_ANSWERS)
    assert status == "successful", text
    assert world.values() == before

    status, text = jobs.work(AUDIT, ANSWERS)
    assert status == "failed", "the workflow continues to the dry run where the registry is missing"
    assert "GHCR (ghcr.io) is not stored" in text


@pytest.mark.nightly
def test_a_failed_hook_is_told_without_a_secret_and_taken_back(jobs: Jobs, world: World) -> None:
    before = world.values()
    with world.cluster.behaving(job_exit_code=1):
        status, text = jobs.work(ADD, ANSWERS)
    assert status == "failed"
    assert "helm upgrade" in text
    assert "failed" in [revision["status"] for revision in world.history()]
    assert world.values() == before


@pytest.mark.nightly
def test_a_template_in_an_answer_stays_text(jobs: Jobs, world: World) -> None:
    answers = ANSWERS | {"nvcf_registry_name": "{{ lookup('ansible.builtin.pipe', 'id') }}"}
    status, text = jobs.work(ADD, answers, {"job_type": "check"})
    assert "uid=" not in text
    assert status == "failed" or "lookup(" in text
    assert len(world.history()) == 1


@pytest.mark.nightly
def test_an_audit_without_a_registry_judges_the_cluster_by_itself(jobs: Jobs) -> None:
    status, text = jobs.work(AUDIT, {"nvcf_registry_key": "", "registry_allowlist_audit_fail_on": "error"})
    assert status == "successful", text


def processes(station: Station) -> list[int]:
    """All that the worker has started, found by its temporary folder."""
    marker = f"TMPDIR={station.folder / 'tmp'}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and marker in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


@pytest.mark.nightly
@pytest.mark.parametrize("way", ["canceled", "container removed"])
def test_a_job_that_is_ended_leaves_a_state_that_the_next_one_repairs(
    jobs: Jobs, world: World, eventually: Eventually, way: str
) -> None:
    station = jobs.station
    with world.cluster.behaving(job_seconds=600):
        worker = jobs.start(ADD, ANSWERS)

        def waiting() -> bool:
            assert worker.poll() is None, station.finish()
            return world.newest_status == "pending-upgrade"

        eventually(waiting, "helm waits for its hook")
        if way == "canceled":
            worker.send_signal(signal.SIGTERM)
            worker.wait(timeout=60)
            assert station.finish()[0] == "canceled"
            jobs.search(after_a_kill=True)
        else:
            for number in processes(station):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            worker.wait(timeout=60)
            assert world.history()[-1]["status"] == "pending-upgrade"
    pending = "wait" if way == "canceled" else "rollback"
    answers = ANSWERS | {"registry_allowlist_on_pending": pending}
    for _look in range(30):
        status, text = jobs.work(ADD, answers, after_a_kill=True)
        if "so its helm process may still be running" not in text:
            break
        # Nobody can make a revision older than it is.
        time.sleep(10)
    assert status == "successful", text
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"
    assert processes(station) == []
