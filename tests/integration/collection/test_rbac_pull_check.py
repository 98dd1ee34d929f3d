# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest docs/rbac/operator-pull-check.yaml grants what image_pull_check needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import image_pull_check
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import told
from ansible_collections.fleetops.nvcf.tests.integration.collection.guarded_cluster import (
    Account,
    GuardedCluster,
    guarded_cluster,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.rbac_manifests import (
    Right,
    documents,
    one_by_one,
    rights,
    without,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.test_gpu_clusters import CEL
from ansible_collections.fleetops.nvcf.tests.integration.collection.test_gpu_clusters import (
    definition as cel_definition,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.test_image_pull import KYVERNO, definition
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import IMAGE, World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError

# Its account is made by the operator's manifest, whose rights have no say in this namespace.
PULL_CHECK = [*(it for it in documents("operator") if "Role" not in it["kind"]), *documents("operator-pull-check")]
BACKEND = "nvcf-backend"
NOT_SEEN = {
    ("serviceaccounts", "get"): f"ServiceAccount {BACKEND}/default",
    ("policies", "list"): "Kyverno's policies",
    ("clusterpolicies", "list"): "Kyverno's clusterpolicies",
    **{(plural, "list"): f"Kyverno's {plural}" for plural in CEL},
}
"""What is told not to have been looked at when the right lacks."""
COMFORT = [("pods", "watch"), ("events", "list")]
NODE = "/api/v1/nodes/sandbox"


def chosen(*pairs: tuple[str, str]) -> list[Right]:
    """The manifest's rights to these resources and verbs."""
    return [right for right in rights(PULL_CHECK) if (right.resource, right.verb) in pairs]


@pytest.fixture(scope="module")
def backend(
    tools: None,  # noqa: ARG001 it has to come first
    tmp_path_factory: pytest.TempPathFactory,
    eventually: Eventually,
) -> Iterator[GuardedCluster]:
    """The namespace of functions' pods, on a cluster that knows Kyverno's policies. No API."""
    with guarded_cluster("pull", tmp_path_factory.mktemp("rbac")) as guarded:
        api = guarded.cluster.api
        api.post("/api/v1/namespaces", {"metadata": {"name": BACKEND}})
        for names in KYVERNO.values():
            api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(*names))
        for plural in CEL:
            api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", cel_definition(plural))

        def served() -> bool:
            try:
                for path in ("kyverno.io/v1/clusterpolicies", "kyverno.io/v1/policies"):
                    api.get(f"/apis/{path}")
                for plural in CEL:
                    api.get(f"/apis/policies.kyverno.io/v1/{plural}")
            except ApiError:
                return False
            return bool(api.get(f"/api/v1/namespaces/{BACKEND}/serviceaccounts")["items"])

        eventually(served, "an account, and Kyverno's policies")
        yield guarded


def pull(backend: GuardedCluster, account: Account, **options: Any) -> dict[str, Any]:
    """Run image_pull_check as this account."""
    world = World(cluster=backend.cluster, helm=4, namespace=BACKEND)
    given: dict[str, Any] = {"kubeconfig": str(account.kubeconfig), "image": IMAGE, "probe": True, "each_pool": True}
    return world.run(image_pull_check.OPERATION, **(given | options))


def test_an_image_is_pulled_with_every_right_and_only_the_secrets_are_not_looked_at(backend: GuardedCluster) -> None:
    account = backend.grant_other(PULL_CHECK)
    result = pull(backend, account)
    assert result["pulled"]
    assert f"Secrets of namespace {BACKEND}" in result["explanation"]
    assert [str(it) for it in backend.log.of(account, allowed=False)] == [f"list secrets in {BACKEND}"]
    assert set(rights(PULL_CHECK)) - backend.log.of(account, allowed=True) <= set(chosen(*COMFORT))


NEEDED = sorted(set(rights(PULL_CHECK)) - set(chosen(*COMFORT, *NOT_SEEN)))


@pytest.mark.parametrize("right", one_by_one(NEEDED, per_run=[f"create pods in {BACKEND}"]))
def test_a_right_without_which_nothing_can_be_tried_is_named(backend: GuardedCluster, right: Right) -> None:
    with pytest.raises(NvcfError) as caught:
        pull(backend, backend.grant_other(without(PULL_CHECK, right)))
    assert told(caught).startswith("cluster east-1: ")
    what = f'resource "{right.resource}" in API group "{right.group}"'
    where = f'in the namespace "{right.namespace}"' if right.namespace else "at the cluster scope"
    assert f"cannot {right.verb} {what} {where}" in told(caught)


@pytest.mark.parametrize("right", one_by_one(chosen(*NOT_SEEN), per_run=["list policies.kyverno.io in nvcf-backend"]))
def test_what_may_not_be_seen_is_told(backend: GuardedCluster, right: Right) -> None:
    hidden = NOT_SEEN[right.resource, right.verb]
    assert hidden not in pull(backend, backend.grant_other(PULL_CHECK), probe=False)["explanation"]
    assert hidden in pull(backend, backend.grant_other(without(PULL_CHECK, right)), probe=False)["explanation"]


@pytest.mark.parametrize("right", chosen(*COMFORT), ids=str)
def test_a_pod_is_awaited_without_the_right_to_watch_it_or_to_list_events(
    backend: GuardedCluster, right: Right
) -> None:
    account = backend.grant_other(without(PULL_CHECK, right))
    backend.cluster.api.patch(NODE, {"spec": {"unschedulable": True}})
    try:
        result = pull(backend, account, probe_timeout=1, required=False, each_pool=False)
    finally:
        backend.cluster.api.patch(NODE, {"spec": {"unschedulable": None}})
    assert result["reason"] == "undecided"
    assert right in backend.log.of(account, allowed=False)
