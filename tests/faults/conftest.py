# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows against a control plane of their own for each process, whose releases come and go."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import cluster
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import pytest_configure, sandbox, tools
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store

__all__ = ["cluster", "pytest_configure", "sandbox", "tools"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def token(cluster: Cluster) -> str:
    """A ServiceAccount's token with all rights: certificates do not pass a proxy that ends TLS."""
    rbac = "rbac.authorization.k8s.io"
    cluster.api.post(
        f"/apis/{rbac}/v1/clusterrolebindings",
        {
            "metadata": {"name": "faults"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
        },
    )
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    return str(cluster.api.post(path, {"spec": {"expirationSeconds": 36000}})["status"]["token"])


@pytest.fixture
def world(cluster: Cluster, helm: int) -> Iterator[World]:
    """A namespace in which nothing is installed yet, of a name that no other process uses."""
    before = cluster.behavior
    made = World(cluster=cluster, helm=helm, namespace=f"nvcf-{os.getpid()}{next(_numbers):03}")
    yield made
    before.save(cluster.behavior_file)
    if made.installed:
        cluster.api.delete(f"/api/v1/namespaces/{made.namespace}")
    store = Store(cluster.nvcf_folder)
    for function in store.functions():
        store.delete(function["id"], function["versionId"])
