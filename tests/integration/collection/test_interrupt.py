# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play that is told to end while helm is at work."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import helms
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    environment,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World, pair

Eventually = Callable[[Callable[[], bool], str], None]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for TMPDIR. Ansible puts a socket below it, whose path may have 107 bytes: `tmp_path` is too long."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)])
def test_an_interrupted_play_ends_its_helm_and_leaves_no_file_and_the_next_run_finishes(
    world: World, tmp_path: Path, scratch: Path, eventually: Eventually, number: signal.Signals
) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    # A shell's background job has SIGINT ignored and passes that on; a person's terminal has not.
    argv = ["env", "--default-signal=INT", str(ANSIBLE_PLAYBOOK), "-i", str(hosts), "fleetops.nvcf.add"]
    private = environment() | {"TMPDIR": str(scratch)}
    with (
        world.cluster.behaving(job_seconds=600),
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(argv, env=private, stdout=log, stderr=log, start_new_session=True) as play,
    ):

        def waiting() -> bool:
            assert play.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            return world.newest_status == "pending-upgrade"

        eventually(waiting, "helm waits for its hook")
        assert helms(world.namespace)
        os.kill(play.pid, number)
    assert play.returncode != 0
    eventually(lambda: not helms(world.namespace), "helm ended")
    eventually(lambda: not list(scratch.glob("fleetops-nvcf-*")), "private files removed")

    again = run_playbook("-i", hosts, "fleetops.nvcf.add", "-e", "registry_allowlist_on_pending=wait")
    assert again.status == 0, again.text
    assert world.env().items() >= pair(GHCR).items()
