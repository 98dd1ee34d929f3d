# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests in docs/rbac grant what the playbooks need, and nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils import _recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._cluster import connect, path_of
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import NvcfError, RolloutError
from ansible_collections.fleetops.nvcf.plugins.module_utils._release import decode
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import request, statuses, told
from ansible_collections.fleetops.nvcf.tests.integration.collection.guarded_cluster import (
    Account,
    GuardedCluster,
    full_chart,
    guarded_cluster,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.rbac_manifests import (
    Right,
    documents,
    rights,
    rules,
    without,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_KEYS, API_KEYS_CHART, install_release

AUDITOR, ASK_API = documents("auditor"), documents("auditor-ask-api")
OPERATOR = documents("operator")
COMFORT = {
    Right(namespace="nvcf", group="apps", resource="deployments", verb="watch"),
    Right(namespace="nvcf", group="", resource="pods", verb="watch"),
    Right(namespace="nvcf", group="", resource="pods/log", verb="get"),
}
"""Without these a rollout is looked at once a second and fails without the log; see the tests of just that."""
UNSEEN = {right for right in rights(OPERATOR) if (right.resource, right.verb) == ("pods/portforward", "create")}
"""What the API server looks at without writing it down."""
PENDING = urlencode({"labelSelector": "owner=helm,status in (pending-upgrade,pending-rollback)"})

_restarts = itertools.count(1)


@pytest.fixture(scope="module")
def audited(
    tools: None,  # noqa: ARG001 it has to come first
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GuardedCluster]:
    """A cluster of its own, because the manifests name their namespaces."""
    with guarded_cluster("rbac", tmp_path_factory.mktemp("rbac")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def installed(audited: GuardedCluster) -> World:
    """The API where the manifests expect it, with all kinds of objects that the vendor's chart has."""
    world = World(cluster=audited.cluster, helm=4, namespace="nvcf", chart=full_chart(audited.folder))
    keys = {"release": API_KEYS, "namespace": API_KEYS, "chart": str(API_KEYS_CHART), "values": {}}
    install_release(world.cluster.kubeconfig, helm=4, wait=True, **keys)  # type: ignore[arg-type]
    world.install()
    return world


@pytest.fixture
def world(installed: World) -> World:
    """The release with a registry, ready, whatever a test without some right has left of it."""
    secrets = f"/api/v1/namespaces/{installed.namespace}/secrets"
    for pending in installed.cluster.api.get(f"{secrets}?{PENDING}")["items"]:
        installed.cluster.api.delete(f"{secrets}/{pending['metadata']['name']}")
    if "deployed" not in statuses(installed):
        # A rollback that is refused half-way leaves no revision deployed.
        installed.roll_back(pending_min_age=0)
    installed.registries(GHCR)
    installed.roll_out()
    return installed


@contextmanager
def by_helm_3(world: World) -> Iterator[World]:
    """The release as Helm 3 goes on with it; afterwards another, because Helm 4 would patch less of that one."""
    world.helm = 3
    try:
        yield world
    finally:
        world.run_helm("uninstall", world.release)
        world.helm = 4
        world.install()


def run_everything(world: World, account: Account) -> None:
    """Every operation of the playbooks add and rollback, the cheap ones first. Raises the first NvcfError."""
    options = {"kubeconfig": str(account.kubeconfig)}
    world.info(ask_api=True, registries=[GHCR], **options)
    world.try_image(**options)
    world.roll_back(revision=without_registry(world), **options)
    world.registries(GHCR, history_max=1, **options)
    world.roll_out(**options)


def without_registry(world: World) -> int:
    """The newest revision that does not hold the registry."""
    for line in reversed(world.history()):
        revision = int(line["revision"])
        values = world.run_helm("get", "values", world.release, f"--revision={revision}", "--output=json")
        if f"{PREFIX}GHCR_NAME" not in values and line["status"] == "superseded":
            return revision
    raise LookupError("no revision without the registry")


def audit(world: World, account: Account, **options: Any) -> dict[str, Any]:
    """Run recognized_registry_audit as this account."""
    options |= {"kubeconfig": str(account.kubeconfig), "registries": [GHCR]}
    return world.run(_recognized_registry_audit.OPERATION, **options)


def edit(world: World, **spec: Any) -> None:
    """What `kubectl edit deployment` does."""
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(path, {"spec": spec})


def restart(**container: Any) -> dict[str, Any]:
    """The pod template with something else in it, and with these fields of the API's container."""
    annotations = {"fleetops.test/restarted": str(next(_restarts))}
    containers = [{"name": "helm-nvcf-api", **container}]
    return {"metadata": {"annotations": annotations}, "spec": {"containers": containers}}


def refusal(right: Right) -> str:
    """The API server's words, in which verb, resource and namespace are."""
    what = f'resource "{right.resource}" in API group "{right.group}"'
    return f'cannot {right.verb} {what} in the namespace "{right.namespace}"'


def test_the_playbooks_run_as_the_operator(audited: GuardedCluster, world: World, tmp_path: Path) -> None:
    operator = audited.grant(OPERATOR)
    hosts = inventory(
        tmp_path,
        {"one": world},
        registry_allowlist_registries=[GHCR],
        registry_allowlist_kubeconfig=str(operator.kubeconfig),
    )
    revisions = len(world.history())
    for arguments in (("rollback", "--check"), ("rollback",), ("add", "--check"), ("add",), ("audit",)):
        playbook, *flags = arguments
        outcome = run_playbook("-i", hosts, f"fleetops.nvcf.{playbook}", *flags)
        assert outcome.status == 0, outcome.text
    assert len(world.history()) == revisions + 2
    assert world.env().items() >= pair(GHCR).items()
    assert audited.log.of(operator, allowed=False) == set()


def test_the_operator_uses_every_right_with_helm_4_or_3(audited: GuardedCluster, world: World) -> None:
    operator = audited.grant_other(OPERATOR)
    run_everything(world, operator)
    with by_helm_3(world):
        run_everything(world, operator)
    assert set(rights(OPERATOR)) - audited.log.of(operator, allowed=True) - COMFORT == UNSEEN
    # Helm 3 looks whether the namespace is there, and goes on when it may not know.
    assert [str(it) for it in audited.log.of(operator, allowed=False)] == ["get namespaces in nvcf"]


def test_the_audit_runs_as_the_auditor_and_shows_no_value(
    audited: GuardedCluster, world: World, tmp_path: Path
) -> None:
    auditor = audited.grant_other(AUDITOR)
    hosts = inventory(
        tmp_path,
        {"one": world},
        registry_allowlist_registries=[GHCR],
        registry_allowlist_kubeconfig=str(auditor.kubeconfig),
        registry_allowlist_verify_api=False,
    )
    outcome = run_playbook("-i", hosts, "fleetops.nvcf.audit", "-vvv")
    assert outcome.status == 0, outcome.text
    assert CANARY not in outcome.text
    assert audited.log.of(auditor, allowed=False) == set()


def test_the_auditor_may_only_get_and_list() -> None:
    assert {right.verb for right in rights(AUDITOR)} == {"get", "list"}


def test_an_auditor_with_the_second_manifest_may_ask_the_api(audited: GuardedCluster, world: World) -> None:
    auditor = audited.grant_other([*AUDITOR, *ASK_API])
    result = audit(world, auditor, ask_api=True)
    assert [level["recognized"] for level in result["registries"]] == [True]
    assert audited.log.of(auditor, allowed=False) == set()


def test_an_auditor_with_a_token_and_the_apis_address_needs_no_second_manifest(
    audited: GuardedCluster, world: World
) -> None:
    auditor = audited.grant_other(AUDITOR)
    gateway, domain = world.cluster.gateway, world.cluster.domain
    _status, key = request("POST", f"{gateway}/v1/admin/keys", {}, Host=f"api-keys.{domain}")
    given = {"api_url": gateway, "api_host_header": f"api.{domain}", "token": key["value"]}
    result = audit(world, auditor, ask_api=True, **given)
    assert [level["recognized"] for level in result["registries"]] == [True]
    assert audited.log.of(auditor, allowed=False) == set()


def test_who_may_list_secrets_may_read_them(audited: GuardedCluster, world: World) -> None:
    """So that nothing is won by withholding the right to get them."""
    [get] = [right for right in rights(AUDITOR) if (right.resource, right.verb) == ("secrets", "get")]
    lister = audited.grant_other(without(AUDITOR, get))
    path = path_of("api/v1/namespaces", world.namespace, "secrets", labelSelector="owner=helm")
    with connect(world.parameters(_recognized_registry_audit.OPERATION, kubeconfig=str(lister.kubeconfig))) as cluster:
        stored = decode(cluster.get(path)["items"][-1]["data"]["release"])
    assert CANARY in json.dumps(stored["config"])


@pytest.mark.parametrize("right", rights(AUDITOR) + rights(ASK_API), ids=str)
def test_a_right_that_the_auditor_lacks_is_named(audited: GuardedCluster, world: World, right: Right) -> None:
    auditor = audited.grant_other(without([*AUDITOR, *ASK_API], right))
    with pytest.raises(NvcfError) as caught:
        audit(world, auditor, ask_api=True)
    assert told(caught).startswith("cluster east-1: ")
    assert refusal(right) in told(caught)


def removals() -> Iterator[Any]:
    """Rights of the collection itself one by one, those for the chart's other objects by rule."""
    of_chart = rules(OPERATOR, "fleetops-operator-chart")
    one_by_one = set(rights(OPERATOR)) - COMFORT - {right for rule in of_chart for right in rule}
    for lacking in [*([right] for right in sorted(one_by_one)), *of_chart]:
        yield pytest.param(lacking, id=f"{lacking[0]}, ..." if lacking[1:] else str(lacking[0]))


@pytest.mark.parametrize("lacking", list(removals()))
def test_a_right_that_the_operator_lacks_is_named(
    audited: GuardedCluster, world: World, lacking: Sequence[Right]
) -> None:
    operator = audited.grant_other(without(OPERATOR, *lacking))
    with pytest.raises(NvcfError) as caught:
        run_everything(world, operator)
    assert told(caught).startswith("cluster east-1: ")
    assert any(refusal(right) in told(caught) for right in lacking), told(caught)


@pytest.mark.parametrize("right", sorted(it for it in COMFORT if it.verb == "watch"), ids=str)
def test_a_rollout_is_awaited_without_the_right_to_watch(audited: GuardedCluster, world: World, right: Right) -> None:
    operator = audited.grant_other(without(OPERATOR, right))
    # That a pod is ready shows at the pod, and that it counts, which is later, at the Deployment.
    at_once = {"maxSurge": 0, "maxUnavailable": 1}
    edit(world, minReadySeconds=1, strategy={"rollingUpdate": at_once}, template=restart())
    try:
        assert len(world.roll_out(kubeconfig=str(operator.kubeconfig))["pods"]) == 1
    finally:
        edit(world, minReadySeconds=None, strategy={"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    assert right in audited.log.of(operator, allowed=False)


@pytest.mark.parametrize("lacking", [False, True], ids=["with", "without"])
def test_only_with_the_log_is_it_told_why_the_api_does_not_start(
    audited: GuardedCluster, world: World, lacking: bool
) -> None:
    [right] = [it for it in COMFORT if it.resource == "pods/log"]
    operator = audited.grant_other(without(OPERATOR, right) if lacking else OPERATOR)
    half_a_pair = [{"name": f"{PREFIX}HALF_NAME", "value": "Half"}]
    edit(world, template=restart(env=half_a_pair))
    with pytest.raises(RolloutError) as caught:
        world.roll_out(kubeconfig=str(operator.kubeconfig))
    assert ("The registry with key HALF has no HOSTNAME" in told(caught)) is not lacking
    assert (right in audited.log.of(operator, allowed=False)) is lacking
