# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Bringing sandboxes up and down, also when it goes wrong: nothing may be left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import AlreadyUp, SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import PACKAGE, sandbox_folder
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox, down
from ansible_collections.fleetops.nvcf.tests.sandbox.state import SandboxState

Eventually = Callable[[Callable[[], bool], str], None]

pytestmark = pytest.mark.usefixtures("tools")


@pytest.fixture
def name() -> Iterator[str]:
    chosen = f"pytest-{os.getpid()}-life"
    yield chosen
    down(chosen)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines that name something in the folder, and those of the containers, which work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"{folder}/" in command or works_in(entry, folder):
                found.append(command)
    return found


def containers_of(folder: Path) -> list[str]:
    """Return the process ids of what runs in the sandbox's pods."""
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and works_in(entry, folder)]


def works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_up_leaves_no_process_and_no_folder(
    name: str, number: signal.Signals, eventually: Eventually
) -> None:
    folder = sandbox_folder(name)
    argv = [sys.executable, "-m", PACKAGE, "up", "--name", name, "--clusters", "2"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        eventually(lambda: any("kube-apiserver" in line for line in processes_of(folder)), "API servers start")
        up.send_signal(number)
        _unused, complaint = up.communicate(timeout=60)
    assert up.returncode == 130
    assert complaint == "interrupted; nothing is left running\n"
    assert processes_of(folder) == []
    assert not folder.exists()


def test_an_up_that_fails_says_why_and_leaves_nothing(name: str) -> None:
    with pytest.raises(SandboxError, match=r"(?s)east-1-apiserver has ended; its log ends with.*no-such-flag"):
        Sandbox.up(name, apiserver_flags=["--no-such-flag"])
    folder = sandbox_folder(name)
    assert processes_of(folder) == []
    assert not folder.exists()


def test_a_sandbox_from_up_to_down_beside_another_one(name: str, sandbox: Sandbox, eventually: Eventually) -> None:
    box = Sandbox.up(name, registry=True)
    assert not {cluster.server for cluster in box.clusters} & {cluster.server for cluster in sandbox.clusters}
    assert not any(mine.slot.pods.overlaps(other.slot.pods) for mine in box.clusters for other in sandbox.clusters)
    with pytest.raises(AlreadyUp, match=f"sandbox {name} is up already"):
        Sandbox.up(name)
    assert Sandbox.open(name).clusters == box.clusters
    path = [sys.executable, "-m", PACKAGE, "path", "registry", "--name"]
    chart = subprocess.run([*path, name], capture_output=True, text=True, check=True).stdout.strip()
    box.cluster("east-1").install_api(chart=chart, version="1.25.1")
    without = subprocess.run([*path, sandbox.name], capture_output=True, text=True, check=False)
    assert (without.returncode, without.stdout) == (1, "")
    assert without.stderr == f"error: sandbox {sandbox.name} has no registry; bring it up with --registry\n"
    assert containers_of(box.folder)

    # One process dies: the sandbox is not usable any more, and the next `up` makes a new one of it.
    state = SandboxState.load(box.folder)
    assert state is not None
    (node,) = [process for process in state.processes if process.name == "east-1-node"]
    os.kill(node.pid, signal.SIGKILL)
    eventually(lambda: not node.alive, "the node is dead")
    with pytest.raises(SandboxError, match=r"is broken \(east-1-node\)"):
        Sandbox.open(name)
    said: list[str] = []
    again = Sandbox.up(name, report=said.append)
    assert said[0] == f"removing what is left of an earlier sandbox {name}"
    assert not containers_of(box.folder)

    again.down()
    assert processes_of(again.folder) == []
    assert not again.folder.exists()
    assert Sandbox.open(sandbox.name).clusters == sandbox.clusters


def test_files_of_a_sandbox_are_private(sandbox: Sandbox) -> None:
    assert sandbox.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bad", ["", "Upper", "../escape", "a/b", "-", "x" * 40])
def test_a_name_that_is_no_plain_name_is_refused(bad: str) -> None:
    with pytest.raises(SandboxError, match="use up to 32 small letters"):
        Sandbox.open(bad)


def test_a_sandbox_that_is_not_up_cannot_be_opened(name: str) -> None:
    with pytest.raises(SandboxError, match=f"sandbox {name} is not up"):
        Sandbox.open(name)
