# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release per test, in a namespace of its own, made by either major version of helm."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import TASKS_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_KEYS, API_KEYS_CHART, install_release
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

NewWorld = Callable[..., World]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster(sandbox: Sandbox) -> Cluster:
    """A cluster with the token issuer, whose pods are quick."""
    cluster = sandbox.cluster("east-1")
    cluster.behave(ready_seconds=0.2, start_seconds=0.2, stop_seconds=0.1, job_seconds=0.1, failing_start_seconds=0.4)
    install_release(
        cluster.kubeconfig,
        helm=4,
        release=API_KEYS,
        namespace=API_KEYS,
        chart=str(API_KEYS_CHART),
        values={},
        wait=True,
    )
    return cluster


BOTH_HELMS = pytest.mark.parametrize("helm", [4, 3], ids=["helm4", "helm3"], indirect=True)
"""For tests of what the major versions do differently: they run with both each time, the others with Helm 3 nightly."""


@pytest.fixture(params=[4, pytest.param(3, marks=pytest.mark.nightly)], ids=["helm4", "helm3"])
def helm(request: pytest.FixtureRequest) -> int:
    """The major version of helm that makes and changes the release."""
    return int(request.param)


@pytest.fixture
def new_world(cluster: Cluster, helm: int) -> Iterator[NewWorld]:
    """Make worlds whose namespaces are gone afterwards. Nothing is installed in them yet."""
    before = cluster.behavior
    made: list[World] = []

    def make(**fields: object) -> World:
        where = {"namespace": f"nvcf-{next(_numbers)}", **fields}
        world = World(cluster=cluster, helm=helm, **where)  # type: ignore[arg-type]
        made.append(world)
        return world

    yield make
    before.save(cluster.behavior_file)
    for namespace in {world.namespace for world in made if world.installed}:
        cluster.api.delete(f"/api/v1/namespaces/{namespace}")
    # The cluster's account outlives the namespaces: the next test's audit would tell of functions that this one left.
    store = Store(cluster.nvcf_folder)
    for function in store.functions():
        store.delete(function["id"], function["versionId"])
    store.clear()


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """The API as a stack installs it, ready."""
    world = new_world()
    world.install()
    return world


@pytest.fixture
def tasks(world: World, new_world: NewWorld) -> World:
    """The tasks API beside the functions API, ready."""
    tasks = new_world(namespace=world.namespace, release="nvct-api", chart=TASKS_CHART, root="nvctApi")
    tasks.install()
    return tasks
