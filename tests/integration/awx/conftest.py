# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an execution environment holds: programs, and the collection from its tarball."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx import environment
from ansible_collections.fleetops.nvcf.tests.integration.awx.controller import Controller
from ansible_collections.fleetops.nvcf.tests.integration.awx.jobs import (
    HELM_SECONDS,
    PASSWORD,
    Jobs,
    administrators_token,
    api_token,
)
from ansible_collections.fleetops.nvcf.tests.integration.awx.launch import Station

# The same cluster and releases as those of the tests of the collection.
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import cluster, new_world, world
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

__all__ = ["cluster", "new_world", "world"]


@pytest.fixture
def helm(request: pytest.FixtureRequest) -> int:
    """The major version of helm, 4 where a test does not ask for another; AWX's side is the same with both."""
    return int(getattr(request, "param", 4))


@pytest.fixture(scope="session")
def sandbox(tools: None) -> Iterator[Sandbox]:  # noqa: ARG001 it has to come first
    """Two clusters, because a credential of AWX is for all clusters of an inventory."""
    with brought_up("-awx", clusters=2) as box:
        yield box


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


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, because Ansible puts a socket below its temporary folder, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="awx-") as made:
        yield Path(made)


@pytest.fixture
def secrets(world: World, sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """What the credentials hold: one kubeconfig for all clusters, with a token for the first, and one for the API."""
    document = json.loads(sandbox.kubeconfig.read_text(encoding="utf-8"))
    [context] = [held["context"] for held in document["contexts"] if held["name"] == world.cluster.context]
    [user] = [held for held in document["users"] if held["name"] == context["user"]]
    user["user"] = {"token": administrators_token(world)}
    return {
        "NVCF clusters": {"kubeconfig": json.dumps(document), "nvcf_token": api_token(world)},
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


@pytest.fixture
def jobs(station: Station, secrets: dict[str, dict[str, str]]) -> Jobs:
    """The place for jobs, with its credentials."""
    return Jobs(station, secrets)
