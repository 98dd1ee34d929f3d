# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play that is told to end, or killed, while helm or the API is at work."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    finish,
    helms,
    set_pair,
    start_helm,
    statuses,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import BOTH_HELMS
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import made
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    environment,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.test_cores import CORES
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError

Eventually = Callable[[Callable[[], bool], str], None]
TOKEN = "eyJhbGciOi"
"""How the stand-in issuer's tokens begin."""


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for everything temporary. Ansible puts a socket below it, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def playing(
    folder: Path,
    scratch: Path,
    world: World,
    playbook: str,
    *,
    hosts: Sequence[str] = ("one",),
    program: Path = ANSIBLE_PLAYBOOK,
    **variables: Any,
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A running playbook that has TMPDIR, HOME and Ansible's own temporary folder in `scratch`, and its output."""
    path = inventory(folder, dict.fromkeys(hosts, world), registry_allowlist_registries=[GHCR], **variables)
    # A shell's background job has SIGINT ignored and passes that on; a person's terminal has not.
    argv = ["env", "--default-signal=INT,QUIT", str(program), "-i", str(path), f"fleetops.nvcf.{playbook}"]
    private = environment() | {
        "TMPDIR": str(scratch),
        "HOME": str(scratch / "home"),
        "ANSIBLE_LOCAL_TEMP": str(scratch / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(ANSIBLE_PLAYBOOK.parents[1] / "collections"),
    }
    log = folder / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(argv, env=private, stdout=out, stderr=out, start_new_session=True) as play,
    ):
        try:
            yield play, log
        finally:
            if play.poll() is None:
                play.kill()


def processes_with(marker: Path) -> list[int]:
    """The processes of a play: its environment names its folder. Zombies have none."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"TMPDIR={marker}".encode() in variables:
            found.append(int(folder.name))
    return found


def holding_secrets(scratch: Path) -> list[Path]:
    """Files in which a token or a value of the release can be read."""
    files = [path for path in scratch.rglob("*") if path.is_file()]
    return [path for path in files if any(secret.encode() in path.read_bytes() for secret in (TOKEN, CANARY))]


def log_of(world: World) -> str:
    """Those of the API's pods that there are."""
    text = ""
    for pod in world.pods():
        with suppress(ApiError):
            text += world.cluster.api.text(f"/api/v1/namespaces/{world.namespace}/pods/{pod['metadata']['name']}/log")
    return text


NIGHTLY = pytest.mark.nightly
CORE = [pytest.param(None, id="newest-core"), pytest.param(CORES[0].values, id=CORES[0].id, marks=NIGHTLY)]
SIGNALS = [
    signal.SIGTERM,
    pytest.param(signal.SIGKILL, marks=NIGHTLY),
    pytest.param(signal.SIGINT, marks=NIGHTLY),
    pytest.param(signal.SIGHUP, marks=NIGHTLY),
    pytest.param(signal.SIGQUIT, marks=NIGHTLY),
]


@pytest.fixture
def core(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of `playing` for a version of ansible-core."""
    if request.param is None:
        return {}
    place = made(*request.param)
    return {
        "program": place / "bin" / "ansible-playbook",
        "ansible_python_interpreter": str(place / "bin" / "python"),
    }


@NIGHTLY
@pytest.mark.parametrize("core", CORE, indirect=True)
@pytest.mark.parametrize("number", SIGNALS)
def test_a_play_that_ends_in_the_middle_ends_its_helm_and_leaves_no_secret_and_the_next_run_finishes(
    world: World, tmp_path: Path, scratch: Path, eventually: Eventually, number: signal.Signals, core: dict[str, Any]
) -> None:
    with (
        world.cluster.behaving(job_seconds=600),
        playing(tmp_path, scratch, world, "add", **core) as (play, log),
    ):

        def waiting() -> bool:
            assert play.poll() is None, log.read_text(encoding="utf-8")
            # Before the hook runs, helm may end without having marked its revision as failed.
            jobs = world.cluster.api.get(f"/apis/batch/v1/namespaces/{world.namespace}/jobs")["items"]
            return world.newest_status == "pending-upgrade" and any(job["status"].get("active") for job in jobs)

        eventually(waiting, "helm waits for its hook")
        # Other tests may have a namespace of this name, on another cluster.
        own = {*helms(world.namespace)} & {*processes_with(scratch)}
        assert own
        os.kill(play.pid, number)
        play.wait(30)
        eventually(lambda: not processes_with(scratch), "every process of the play ended")
    assert play.returncode != 0
    assert not own & {*helms(world.namespace)}
    assert holding_secrets(scratch) == []
    assert list(scratch.glob("fleetops-nvcf-*")) == []

    again = run_playbook(
        "-i", tmp_path / "inventory.json", "fleetops.nvcf.add", "-e", "registry_allowlist_on_pending=wait"
    )
    assert again.status == 0, again.text
    assert world.env().items() >= pair(GHCR).items()


@pytest.mark.nightly
@pytest.mark.parametrize("core", CORE, indirect=True)
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "hang",
    [
        pytest.param(("add", ["one"], ["POST /v2/nvcf/functions", "GET /v2/nvcf/functions"]), id="a try"),
        pytest.param(("audit", ["one", "two"], ["GET /v2/nvcf/recognized-registries"]), id="a look at several"),
    ],
)
def test_a_play_whose_api_hangs_ends_too_and_leaves_no_token(
    world: World,
    tmp_path: Path,
    scratch: Path,
    eventually: Eventually,
    number: signal.Signals,
    core: dict[str, Any],
    hang: tuple[str, list[str], list[str]],
) -> None:
    playbook, hosts, held = hang
    with (
        world.cluster.behaving(hold_requests=dict.fromkeys(held, 600)),
        playing(tmp_path, scratch, world, playbook, hosts=hosts, **core) as (play, log),
    ):

        def hanging() -> bool:
            assert play.poll() is None, log.read_text(encoding="utf-8")
            return "held" in log_of(world)

        eventually(hanging, "the API holds a request")
        assert processes_with(scratch)
        os.kill(play.pid, number)
        play.wait(30)
        eventually(lambda: not processes_with(scratch), "every process of the play ended")
    assert holding_secrets(scratch) == []


@NIGHTLY
@BOTH_HELMS
def test_helm_marks_an_upgrade_that_it_is_told_to_end_and_leaves_a_rollback_pending(
    world: World, eventually: Eventually
) -> None:
    """What is relied on: nobody but a later run heals a rollback that was interrupted."""
    with world.cluster.behaving(job_seconds=600):
        helm = start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(GHCR))
        eventually(lambda: world.newest_status == "pending-upgrade", "helm waits for its hook")
        helm.terminate()
        assert finish(helm).status == 1
    assert statuses(world) == ["deployed", "failed"]
    with world.cluster.behaving(ready_seconds=600):
        assert upgrade(world, *set_pair(GHCR)).status == 0
        helm = start_helm(world, "rollback", world.release, "1", "--wait")
        eventually(lambda: world.newest_status == "pending-rollback", "helm waits for pods")
        helm.terminate()
        assert finish(helm).status == -signal.SIGTERM
    assert statuses(world)[-2:] == ["deployed", "pending-rollback"]
