# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One control plane, and one driver for each interpreter, of each process that runs tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.conformance.perform import Driver
from ansible_collections.fleetops.nvcf.tests.conformance.scene import Scene
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import made
from ansible_collections.fleetops.nvcf.tests.integration.conftest import pytest_configure, sandbox, tools
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

__all__ = ["pytest_configure", "sandbox", "tools"]

LOWEST = ("ansible-core==2.18.19", "kubernetes==31.0.0", "urllib3==2.0.7", "PySocks==1.7.1")
"""The oldest versions that the collection claims to work with, of all that speaks to the API server."""


@pytest.fixture(scope="session")
def scene(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Servers and proxies before a control plane."""
    one = Scene(sandbox.clusters[0], tmp_path_factory.mktemp("scene"))
    one.set_up()
    yield one
    one.close()


@pytest.fixture(scope="session")
def driver() -> Iterator[Callable[[str], Driver]]:
    """The driver that runs under the pinned packages, or under the lowest."""
    drivers: dict[str, Driver] = {}

    def of(packages: str) -> Driver:
        if packages not in drivers:
            lowest = packages == "lowest"
            python = str(made(("3.12", "3.13"), LOWEST) / "bin" / "python") if lowest else sys.executable
            drivers[packages] = Driver(python=python)
        return drivers[packages]

    yield of
    for one in drivers.values():
        one.close()
