# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What integration tests share: the built tools and one sandbox per run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.build import build
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import sandbox_folder
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.sandbox.processes import stop
from ansible_collections.fleetops.nvcf.tests.sandbox.progress import Display
from ansible_collections.fleetops.nvcf.tests.sandbox.registry import ROBOT, Registry, start_registry
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox, down, names
from ansible_collections.fleetops.nvcf.tests.sandbox.slots import claimed
from ansible_collections.fleetops.nvcf.tests.sandbox.state import SandboxState

Eventually = Callable[[Callable[[], bool], str], None]


def pytest_configure() -> None:
    """Let a job that is cancelled by TERM tear its sandbox down, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def tools() -> None:
    """Build the tools when they are missing, visibly, because that takes minutes."""
    assert sys.__stderr__ is not None
    build(Display(sys.__stderr__))


@pytest.fixture(scope="session")
def sandbox(tools: None) -> Iterator[Sandbox]:  # noqa: ARG001 it has to come first
    """Two clusters without the NVCF API, for the whole run."""
    remove_orphans()
    box = Sandbox.up(f"pytest-{os.getpid()}", clusters=2)
    yield box
    box.down()


def remove_orphans() -> None:
    """End the sandboxes of test runs that were killed before they could do it."""
    for name in names():
        state = SandboxState.load(sandbox_folder(name))
        if name.startswith("pytest-") and state is not None and not state.owner.alive:
            down(name)


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Return a function that waits until a condition holds, and fails with the description when it never does."""

    def wait(condition: Callable[[], bool], description: str) -> None:
        deadline = time.monotonic() + 180
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"never happened: {description}")
            time.sleep(0.05)

    return wait


@pytest.fixture
def guarded(tools: None, tmp_path: Path, eventually: Eventually) -> Iterator[Registry]:  # noqa: ARG001 it comes first
    """A registry that speaks TLS with its own authority and wants a login."""
    pair = Authority.create(tmp_path, "registry").server("registry", "registry")
    passwords = tmp_path / "htpasswd"
    passwords.write_text(ROBOT.htpasswd)
    with claimed(1) as (claim,):
        registry = start_registry(
            tmp_path / "registry",
            port=claim.slot.ports[0],
            htpasswd=passwords,
            tls=pair,
            inherit=[claim.socket.fileno()],
        )
    eventually(lambda: registry.listening, "the registry listens")
    yield registry
    stop([registry.process])
