# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What integration tests share: the built tools, and a sandbox for each process that runs tests.

Processes do not share a cluster: how it behaves and which functions its account has is a state of the whole cluster,
and tests change both.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from xdist.scheduler import LoadScopeScheduling

Eventually = Callable[[Callable[[], bool], str], None]

TOGETHER = (
    "tests/integration/awx/",
    "tests/integration/collection/test_gpu_clusters.py",
    "tests/integration/collection/test_hundred_clusters.py",
    "tests/integration/collection/test_rbac.py",
    "tests/integration/collection/test_rbac_pull_check.py",
    "tests/integration/collection/test_smoke.py",
    "tests/integration/eda/",
    "tests/integration/sandbox/test_install.py",
)
"""Tests that share something which takes long to make, so that one process runs all of them."""


class Together(LoadScopeScheduling):
    """Gives those to one process each, and every other test to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Distribute tests to processes. Groups by marker do not work with this version of pytest."""
    return Together(config, log)


def pytest_configure() -> None:
    """Let a job that is canceled by TERM tear its sandbox down, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def tools() -> None:
    """Build the tools when they are missing, visibly, because that takes minutes."""
    assert sys.__stderr__ is not None
    build(Display(sys.__stderr__))


@contextmanager
def brought_up(suffix: str = "", **options: Any) -> Iterator[Sandbox]:
    """A sandbox of this process, for as long as the block runs."""
    remove_orphans()
    box = Sandbox.up(f"pytest-{os.getpid()}{suffix}", **options)
    try:
        yield box
    finally:
        box.down()


@pytest.fixture(scope="session")
def sandbox(tools: None) -> Iterator[Sandbox]:  # noqa: ARG001 it has to come first
    """One cluster without the NVCF API, for all tests of this process that need none of their own."""
    with brought_up() as box:
        yield box


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
