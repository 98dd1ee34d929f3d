# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs run as AWX runs them: the job templates that are shipped, and ansible-runner's three parts, transmit, worker and
process. There is no container here, only an environment that holds what an execution environment holds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.launch import Station
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

ADD, ROLLBACK, AUDIT = "NVCF add registry", "NVCF rollback registry", "NVCF audit"
ANSWERS = {
    "nvcf_registry_key": GHCR["key"],
    "nvcf_registry_name": GHCR["name"],
    "nvcf_registry_hostname": GHCR["hostname"],
    "registry_allowlist_on_pending": "fail",
}
ROLLBACK_ANSWERS = {
    "nvcf_registry_key": GHCR["key"],
    "registry_allowlist_on_pending": "fail",
    "registry_allowlist_on_stranded": "fail",
}
# Ansible's worker and helm outlive a cancelled job where no container goes with it, until helm has waited so long.
HELM_SECONDS = 25
LIMIT = "--limit east-1 -vvv --diff"
PASSWORD = "canary-of-the-chart-registry-1c9e"
Eventually = Callable[[Callable[[], bool], str], None]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, because Ansible puts a socket below its temporary folder, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="awx-") as made:
        yield Path(made)


@pytest.fixture
def secrets(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """What the credentials hold: one kubeconfig for all clusters."""
    kubeconfig = sandbox.kubeconfig.read_text(encoding="utf-8")
    return {
        "NVCF clusters": {"kubeconfig": kubeconfig},
        "NVCF chart registry": {"username": "robot", "password": PASSWORD},
    }


@pytest.fixture
def station(world: World, sandbox: Sandbox, programs: Path, collections: Path, folder: Path) -> Station:
    """A place for jobs whose inventory holds all clusters of the kubeconfig."""
    options = world.options()
    names = ("release", "namespace", "chart_ref", "rollout_timeout")
    station = Station(programs=programs, helm=tools.helm(4), collections=collections, folder=folder)
    station.update_inventory(
        sandbox.kubeconfig.read_text(encoding="utf-8"),
        {f"registry_allowlist_{name}": options[name] for name in names} | {"registry_allowlist_timeout": HELM_SECONDS},
    )
    return station


def every_text(station: Station) -> Iterator[tuple[Path, str]]:
    """Every file that a job leaves: artifacts, the event stream, and whatever is left at the worker's."""
    for top in (
        station.results,
        station.stream,
        station.worker_folder,
        station.folder / "tmp",
        station.folder / "home",
    ):
        for path in [top, *top.rglob("*")] if top.exists() else []:
            if path.is_file():
                yield path, path.read_text(encoding="utf-8", errors="replace")


def token(world: World) -> str:
    """A token for the NVCF API, as its issuer gives it to operators."""
    request = urllib.request.Request(
        f"{world.cluster.gateway}/v1/admin/keys",
        data=b"{}",
        headers={"Host": f"api-keys.{world.cluster.domain}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["value"])


def secrets_of(kubeconfig: str) -> list[str]:
    """Keys that would let somebody in."""
    return [user["user"]["client-key-data"] for user in json.loads(kubeconfig)["users"]]


def test_answers_to_the_survey_become_a_registry_and_the_rollback_removes_it(
    station: Station, world: World, secrets: dict[str, Any]
) -> None:
    before = world.values()
    status, text = station.work(ADD, answers=ANSWERS, secrets=secrets, flags=LIMIT)
    assert status == "successful", text
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"

    status, text = station.work(AUDIT, answers=ANSWERS, secrets=secrets, flags=LIMIT)
    assert status == "successful", text

    status, text = station.work(ROLLBACK, answers=ROLLBACK_ANSWERS, secrets=secrets, flags=LIMIT)
    assert status == "successful", text
    assert world.values() == before

    status, text = station.work(AUDIT, answers=ANSWERS, secrets=secrets, flags=LIMIT)
    assert status == "failed", "the workflow goes on to the dry run where the registry is missing"
    assert "GHCR (ghcr.io) is not stored" in text


def test_no_secret_is_left_in_artifacts_events_or_folders_of_a_job(
    station: Station, world: World, secrets: dict[str, Any]
) -> None:
    assert CANARY in json.dumps(world.values()), "the canary must be there to be looked for"
    secrets["NVCF clusters"]["nvcf_token"] = token(world)
    status, text = station.work(ADD, answers=ANSWERS, secrets=secrets, flags=LIMIT)
    assert status == "successful", text
    assert not station.worker_folder.exists()
    planted = [
        CANARY,
        PASSWORD,
        secrets["NVCF clusters"]["nvcf_token"],
        *secrets_of(secrets["NVCF clusters"]["kubeconfig"]),
    ]
    found = list(every_text(station))
    assert any("job_events" in str(path) for path, _text in found)
    assert [path for path, text in found for secret in planted if secret in text] == []


def test_a_template_in_an_answer_stays_text(station: Station, world: World, secrets: dict[str, Any]) -> None:
    answers = ANSWERS | {"nvcf_registry_name": "{{ lookup('ansible.builtin.pipe', 'id') }}"}
    status, text = station.work(ADD, answers=answers, secrets=secrets, flags=f"{LIMIT} --check")
    assert "uid=" not in text
    assert status == "failed" or "lookup(" in text
    assert len(world.history()) == 1


def test_an_audit_without_a_registry_judges_the_cluster_by_itself(station: Station, secrets: dict[str, Any]) -> None:
    answers = {"nvcf_registry_key": "", "registry_allowlist_audit_fail_on": "error"}
    status, text = station.work(AUDIT, answers=answers, secrets=secrets, flags=LIMIT)
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


def age(world: World) -> None:
    """Let the pending revision look as if it were left twenty minutes ago."""
    name = f"sh.helm.release.v1.{world.release}.v{world.history()[-1]['revision']}"
    then = int((datetime.now(tz=UTC) - timedelta(minutes=20)).timestamp())
    path = f"/api/v1/namespaces/{world.namespace}/secrets/{name}"
    world.cluster.api.patch(path, {"metadata": {"labels": {"createdAt": str(then), "modifiedAt": str(then)}}})


@pytest.mark.parametrize("way", ["cancelled", "container removed"])
def test_a_job_that_is_ended_leaves_a_state_that_the_next_one_repairs(
    station: Station, world: World, secrets: dict[str, Any], eventually: Eventually, way: str
) -> None:
    payload = station.prepare(ADD, answers=ANSWERS, secrets=secrets, flags=LIMIT)
    with world.cluster.behaving(job_seconds=600):
        worker = station.start(payload)

        def waiting() -> bool:
            assert worker.poll() is None, station.finish()
            return bool(world.history()[-1]["status"] == "pending-upgrade")

        eventually(waiting, "helm waits for its hook")
        if way == "cancelled":
            worker.send_signal(signal.SIGTERM)
            worker.wait(timeout=60)
        else:
            for number in processes(station):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            worker.wait(timeout=60)
            assert world.history()[-1]["status"] == "pending-upgrade"
            age(world)
    pending = "wait" if way == "cancelled" else "rollback"
    answers = ANSWERS | {"registry_allowlist_on_pending": pending}
    status, text = station.work(ADD, answers=answers, secrets=secrets, flags=LIMIT)
    assert status == "successful", text
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"
    assert processes(station) == []
