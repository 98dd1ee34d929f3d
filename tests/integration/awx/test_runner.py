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
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.jobs import (
    ADD,
    ANSWERS,
    AUDIT,
    REMOVE,
    REMOVE_ANSWERS,
    ROLL_BACK,
    SET,
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


def test_a_list_of_registries_becomes_the_exact_set_and_a_bad_line_is_refused_not_left_out(
    jobs: Jobs, world: World
) -> None:
    set_to = {"registry_allowlist_on_stranded": "warn", "registry_allowlist_on_pending": "fail"}
    line = "{key} {hostname} {name}".format(**GHCR)
    template = "{{ lookup('ansible.builtin.pipe', 'id') }} 'quoted'"
    answers = {"nvcf_registries": f"\r\n {line} \r\n\r\nQUAY quay.io {template}\r\n"}
    status, text = jobs.work(SET, set_to | answers, {"job_type": "check"})
    assert (status, f"+NVCF_REGISTRIES_RECOGNIZED_CONTAINER_QUAY_NAME: {template}" in text) == ("successful", True)
    assert len(world.history()) == 1

    status, text = jobs.work(SET, set_to | {"nvcf_registries": f"{line}\nQUAY quay.io Quay"})
    assert status == "successful", text
    other = pair({"key": "QUAY", "name": "Quay", "hostname": "quay.io"})
    assert world.env().items() >= (pair(GHCR) | other).items()

    for bad in (f"{line}\nQUAY", "\n "):
        status, text = jobs.work(SET, set_to | {"nvcf_registries": bad})
        assert status == "failed", text
        assert "The API needs key, name and hostname" in text
        assert len(world.history()) == 2

    status, text = jobs.work(SET, set_to | {"nvcf_registries": line})
    assert status == "successful", text
    assert world.env().items() >= pair(GHCR).items()
    assert world.env().keys().isdisjoint(other)


@pytest.mark.nightly
def test_a_release_goes_back_to_the_revision_of_the_survey(jobs: Jobs, world: World) -> None:
    before = world.values()
    status, text = jobs.work(ADD, ANSWERS)
    assert status == "successful", text
    status, text = jobs.work(ROLL_BACK, {"nvcf_revision": 1})
    assert status == "successful", text
    assert world.values() == before
    status, text = jobs.work(ROLL_BACK, {"nvcf_revision": 99})
    assert status == "failed"
    assert "99" in text


def test_a_jobs_output_ends_with_the_table_and_the_report_stays_where_a_folder_is_mounted(
    jobs: Jobs, world: World
) -> None:
    """ansible-runner gets the output and the lists of clusters, but no file of a job outlives it."""
    status, text = jobs.work(ADD, ANSWERS)
    assert status == "successful", text
    assert "Report:" not in text
    assert kept_for_other_jobs(jobs.station) == {"nvcf_changed": [world.cluster.context]}
    mounted = jobs.station.folder / "mounted"
    reporting = replace(jobs, station=replace(jobs.station, reports=mounted))
    status, text = reporting.work(ADD, ANSWERS, {"job_type": "check"})
    assert status == "successful", text
    assert "[CHECK MODE]" in text
    assert "skipping:" not in text
    [row, summary, told] = text.splitlines()[-3:]
    assert row.startswith(f"{world.cluster.context} "), text
    assert "desired state" in summary
    assert told == f"Report: {mounted}/7/index.html"
    report = json.loads((mounted / "7" / "report.json").read_text(encoding="utf-8"))
    assert [(row["host"], row["state"]) for row in report["clusters"]] == [(world.cluster.context, "unchanged")]
    assert list(jobs.station.results.rglob("report.json")) == []


def kept_for_other_jobs(station: Station) -> dict[str, object]:
    """What AWX keeps as the job's artifacts, for its page and for the next jobs of a workflow."""
    events = [json.loads(path.read_text(encoding="utf-8")) for path in station.results.rglob("job_events/*.json")]
    [last] = [event for event in events if event["event"] == "playbook_on_stats"]
    found: dict[str, object] = last["event_data"]["artifact_data"]
    return found


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
def test_an_audit_without_a_registry_checks_the_release_and_the_registries_of_the_settings(jobs: Jobs) -> None:
    answers = {"nvcf_registry_key": "", "registry_allowlist_audit_fail_on": "error"}
    status, text = jobs.work(AUDIT, answers)
    assert status == "successful", text
    jobs.station.hosts["nvcf_control_planes"]["vars"]["nvcf_expected_registries"] = [GHCR]
    status, text = jobs.work(AUDIT, answers)
    assert (status, "GHCR (ghcr.io) is not stored" in text) == ("failed", True), text


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
