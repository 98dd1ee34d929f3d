# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an execution environment holds: programs, and the collection from its tarball."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx import environment
from ansible_collections.fleetops.nvcf.tests.integration.awx.controller import Controller

# The same cluster and releases as those of the tests of the collection.
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import cluster, new_world, world

__all__ = ["cluster", "new_world", "world"]


@pytest.fixture
def helm() -> int:
    """The major version of helm; AWX's side is the same with both."""
    return 4


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of ansible-playbook, ansible-runner, ansible-builder and awx."""
    return environment.programs(lambda line: print(line, file=sys.__stderr__))


@pytest.fixture(scope="session")
def tarball(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as it is published."""
    return environment.build_collection(programs, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def collections(programs: Path, tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the collection as its tarball installs it, and no other."""
    return environment.install_collection(programs, tarball, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def controller() -> Iterator[Controller]:
    """An AWX that is as good as empty."""
    controller = Controller()
    with controller.serving():
        yield controller
