# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests in docs/rbac grant what the playbooks need, and nothing else."""

from __future__ import annotations

import itertools
import json
import queue
import threading
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.records import decode
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect, path_of
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError, RolloutError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.changes import Changes
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.follow import Followed
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import request, statuses, told
from ansible_collections.fleetops.nvcf.tests.integration.collection.guarded_cluster import (
    Account,
    GuardedCluster,
    full_values,
    guarded_cluster,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    Outcome,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.rbac_manifests import (
    NAMESPACE,
    Right,
    documents,
    one_by_one,
    rights,
    without,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import (
    CANARY,
    GHCR,
    IMAGE,
    PREFIX,
    World,
    pair,
)
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_KEYS, API_KEYS_CHART, install_release

AUDITOR, ASK_API = documents("auditor"), documents("auditor-ask-api")
EVENTS = documents("events")
OPERATOR, PULL_CHECK = documents("operator"), documents("operator-pull-check")
COMFORT = {
    Right(namespace="nvcf", group="apps", resource="deployments", verb="watch"),
    Right(namespace="nvcf", group="", resource="pods", verb="watch"),
    Right(namespace="nvcf", group="", resource="pods/log", verb="get"),
    Right(namespace="nvcf", group="autoscaling", resource="horizontalpodautoscalers", verb="list"),
}
"""Without these a rollout is looked at once a second and fails without the log; see the tests of just that."""
UNSEEN = {
    right
    for right in rights(OPERATOR)
    if (right.resource, right.verb) in (("pods/portforward", "create"), ("jobs", "create"), ("configmaps", "create"))
}
"""What the API server looks at without writing it down; what Helm 4 makes is a patch there."""
ONLY_HELM_3 = {Right(namespace="nvcf", group="batch", resource="jobs", verb="get")}
"""What Helm 4 does without."""
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
    world = World(cluster=audited.cluster, helm=4, namespace="nvcf")
    keys = {"release": API_KEYS, "namespace": API_KEYS, "chart": str(API_KEYS_CHART), "values": {}}
    install_release(world.cluster.kubeconfig, helm=4, wait=True, **keys)  # type: ignore[arg-type]
    world.install(full_values())
    return world


def remove_pending(world: World) -> None:
    """What a test without some right has left of it."""
    secrets = f"/api/v1/namespaces/{world.namespace}/secrets"
    for pending in world.cluster.api.get(f"{secrets}?{PENDING}")["items"]:
        world.cluster.api.delete(f"{secrets}/{pending['metadata']['name']}")


@pytest.fixture
def world(installed: World) -> World:
    """The release with a registry, ready."""
    remove_pending(installed)
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
        world.install(full_values())


def run_everything(world: World, account: Account) -> None:
    """Every operation of the playbooks add and rollback, the cheap ones first. Raises the first NvcfError."""
    options = {"kubeconfig": str(account.kubeconfig)}
    world.info(ask_api=True, registries=[GHCR], **options)
    world.try_image(**options)
    world.roll_back(revision=without_registry(world), **options)
    edit(world, replicas=2)
    world.registries(GHCR, history_max=1, **options)
    edit(world, replicas=1)
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
    return world.run(recognized_registry_audit.OPERATION, **options)


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


def play(world: World, account: Account, folder: Path, *arguments: str, **variables: Any) -> Outcome:
    """Run a playbook of the collection as this account."""
    given = {"registries": [GHCR], "kubeconfig": str(account.kubeconfig)} | variables
    hosts = inventory(folder, {"one": world}, **{f"registry_allowlist_{name}": it for name, it in given.items()})
    playbook, *flags = arguments
    return run_playbook("-i", hosts, f"fleetops.nvcf.{playbook}", *flags)


def test_the_playbooks_run_as_the_operator(audited: GuardedCluster, world: World, tmp_path: Path) -> None:
    revisions = len(world.history())
    with audited.granted(OPERATOR) as operator:
        for arguments in (("remove", "--check"), ("remove",), ("add", "--check"), ("add",), ("audit",)):
            outcome = play(world, operator, tmp_path, *arguments)
            assert outcome.status == 0, outcome.text
        assert audited.log.of(operator, allowed=False) == set()
    assert len(world.history()) == revisions + 2
    assert world.env().items() >= pair(GHCR).items()


@pytest.mark.nightly
def test_a_change_that_does_not_hold_is_taken_back_as_the_operator(
    audited: GuardedCluster, world: World, tmp_path: Path
) -> None:
    world.registries(GHCR, state="absent")
    before = world.values()
    with audited.granted(OPERATOR) as operator, world.cluster.behaving(job_exit_code=1):
        outcome = play(world, operator, tmp_path, "add")
        assert outcome.status == 2, outcome.text
        assert "was returned to revision" in outcome.text
        assert audited.log.of(operator, allowed=False) == set()
    assert statuses(world)[-2:] == ["failed", "deployed"]
    assert world.values() == before


@pytest.mark.nightly
def test_add_runs_as_the_operator_with_the_pull_check(
    audited: GuardedCluster, world: World, tmp_path: Path, eventually: Eventually
) -> None:
    api, backend = world.cluster.api, "nvcf-backend"
    api.post("/api/v1/namespaces", {"metadata": {"name": backend}})
    accounts = f"/api/v1/namespaces/{backend}/serviceaccounts"
    eventually(lambda: bool(api.get(accounts)["items"]), "an account for pods")
    world.registries(GHCR, state="absent")
    with audited.granted([*OPERATOR, *PULL_CHECK]) as operator:
        outcome = play(world, operator, tmp_path, "add", pull_check="require", pull_check_images=[IMAGE])
        assert outcome.status == 0, outcome.text
        assert [str(it) for it in audited.log.of(operator, allowed=False)] == [f"list secrets in {backend}"]
    assert world.env().items() >= pair(GHCR).items()


def test_the_operator_uses_every_right(audited: GuardedCluster, world: World) -> None:
    operator = audited.grant_other(OPERATOR)
    run_everything(world, operator)
    unused = set(rights(OPERATOR)) - audited.log.of(operator, allowed=True) - COMFORT
    assert unused == UNSEEN | ONLY_HELM_3


@pytest.mark.nightly
def test_the_playbooks_run_as_the_operator_with_helm_3_which_needs_a_right_more(
    audited: GuardedCluster, world: World, tmp_path: Path
) -> None:
    with by_helm_3(world):
        with audited.granted(OPERATOR) as operator:
            for playbook in ("add", "remove"):
                outcome = play(world, operator, tmp_path, playbook)
                assert outcome.status == 0, outcome.text
                assert (world.env().items() >= pair(GHCR).items()) is (playbook == "add")
            assert audited.log.of(operator, allowed=True) >= ONLY_HELM_3
            # It looks whether the namespace is there, and goes on when it may not know.
            assert [str(it) for it in audited.log.of(operator, allowed=False)] == ["get namespaces in nvcf"]
        for right in ONLY_HELM_3:
            lacks_and_is_told(audited, world, right)


def test_the_audit_runs_as_the_auditor_and_shows_no_value(
    audited: GuardedCluster, world: World, tmp_path: Path
) -> None:
    with audited.granted(AUDITOR) as auditor:
        outcome = play(world, auditor, tmp_path, "audit", "-vvv", verify_api=False)
        assert audited.log.of(auditor, allowed=False) == set()
    assert outcome.status == 0, outcome.text
    assert CANARY not in outcome.text


def test_the_audit_asks_the_api_as_the_auditor_with_the_second_manifest(
    audited: GuardedCluster, world: World, tmp_path: Path
) -> None:
    with audited.granted([*AUDITOR, *ASK_API]) as auditor:
        outcome = play(world, auditor, tmp_path, "audit", "-vvv")
        assert audited.log.of(auditor, allowed=False) == set()
        asked = {(right.namespace, right.resource) for right in audited.log.of(auditor, allowed=True)}
    assert outcome.status == 0, outcome.text
    assert CANARY not in outcome.text
    assert {(namespace, "pods/portforward") for namespace in ("nvcf", API_KEYS)} <= asked


def test_the_auditor_may_only_get_and_list() -> None:
    assert {right.verb for right in rights(AUDITOR)} == {"get", "list"}


def test_an_auditor_with_the_second_manifest_may_ask_the_api_and_uses_every_right(
    audited: GuardedCluster, world: World
) -> None:
    auditor = audited.grant_other([*AUDITOR, *ASK_API])
    result = audit(world, auditor, ask_api=True)
    assert [level["recognized"] for level in result["registries"]] == [True]
    assert audited.log.of(auditor, allowed=False) == set()
    granted = set(rights([*AUDITOR, *ASK_API]))
    assert granted - audited.log.of(auditor, allowed=True) == UNSEEN & granted


def test_a_token_that_does_not_end_is_that_of_the_account(
    audited: GuardedCluster, world: World, eventually: Eventually
) -> None:
    api, path = world.cluster.api, f"/api/v1/namespaces/{NAMESPACE}/secrets/fleetops-auditor"
    with audited.granted(AUDITOR) as auditor:
        audited.apply(documents("auditor-token"))
        eventually(lambda: "token" in api.get(path).get("data", {}), "the token")
        token = b64decode(api.get(path)["data"]["token"]).decode()
        claims = token.split(".")[1]
        assert "exp" not in json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        kept = audited.with_token(auditor, token)
        assert audit(world, kept, ask_api=False)["verdict"] in ("ok", "warning"), "the release was read"
        api.delete(path)


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
    with connect(ConnectionOptions(kubeconfig=str(lister.kubeconfig))) as cluster:
        stored = decode("secret", cluster.get(path)["items"][-1])
    assert CANARY in json.dumps(stored["config"])


@pytest.mark.parametrize("right", one_by_one(rights(AUDITOR) + rights(ASK_API), per_run=["list secrets in nvcf"]))
def test_a_right_that_the_auditor_lacks_is_named(audited: GuardedCluster, world: World, right: Right) -> None:
    auditor = audited.grant_other(without([*AUDITOR, *ASK_API], right))
    with pytest.raises(NvcfError) as caught:
        audit(world, auditor, ask_api=True)
    assert told(caught).startswith("cluster east-1: ")
    assert refusal(right) in told(caught)


def test_the_event_source_needs_its_rights_and_no_others(
    audited: GuardedCluster, world: World, eventually: Eventually
) -> None:
    follower = audited.grant_other(EVENTS)
    events, warnings = queue.SimpleQueue[dict[str, Any]](), list[str]()

    def end_with(event: dict[str, Any]) -> None:
        events.put(event)
        raise SystemExit

    followed = Followed(
        host="east-1",
        connection=ConnectionOptions(kubeconfig=str(follower.kubeconfig)),
        release=ReleaseOptions(),
        changes=Changes(about={"host": "east-1"}),
        report=end_with,
        warn=warnings.append,
    )

    def follow() -> None:
        with suppress(SystemExit):
            followed.follow()

    threading.Thread(target=follow, daemon=True).start()
    eventually(lambda: audited.log.of(follower, allowed=True) == set(rights(EVENTS)), "it lists and watches")
    world.run_helm("upgrade", world.release, str(world.chart), "--reuse-values")
    event = events.get(timeout=120)
    assert (event["type"], event["status"]) == ("changed", "deployed")
    assert event["revision"] == world.history()[-1]["revision"]
    assert audited.log.of(follower, allowed=False) == set()
    assert warnings == []


@pytest.fixture
def bare(installed: World) -> World:
    """The release without the registry. Refused upgrades leave the deployed revision as the base of the next one."""
    remove_pending(installed)
    registered = f"{PREFIX}GHCR_NAME" in installed.env()
    if not registered and len(statuses(installed)) == 1:
        registered = installed.registries(GHCR)["changed"]
    if registered:
        installed.registries(GHCR, state="absent")
    return installed


def first_words(world: World, account: Account, *, ask_api: bool, state: str) -> str:
    """What the playbook add or remove fails with, as far as its upgrade, in this process."""
    options = {"kubeconfig": str(account.kubeconfig)}
    try:
        # With a problem the role fails before it writes.
        problem = world.info(ask_api=ask_api, registries=[GHCR], **options)["api_problem"]
        if problem is None:
            world.registries(GHCR, state=state, history_max=1, **options)
    except NvcfError as error:
        return str(error.result()["msg"])
    return f"cluster {world.cluster.context}: {problem}"


def lacks_and_is_told(audited: GuardedCluster, world: World, right: Right, *, state: str = "present") -> None:
    asks_api = right.namespace == API_KEYS or right.resource == "pods/portforward"
    said = first_words(world, audited.grant_other(without(OPERATOR, right)), ask_api=asks_api, state=state)
    assert said.startswith("cluster east-1: ")
    assert refusal(right) in said


@pytest.mark.parametrize(
    "right", one_by_one(sorted(set(rights(OPERATOR)) - COMFORT - ONLY_HELM_3), per_run=map(str, UNSEEN))
)
def test_a_right_that_the_operator_lacks_is_named(audited: GuardedCluster, bare: World, right: Right) -> None:
    state = "absent" if (right.resource, right.verb) == ("configmaps", "delete") else "present"
    if state == "absent":
        bare.registries(GHCR)
    if (right.resource, right.verb) == ("secrets", "delete"):
        # Helm prunes what is older than the base, and nothing may have failed since: that is kept.
        for kind in ("present", "absent"):
            bare.registries(GHCR, state=kind)
    lacks_and_is_told(audited, bare, right, state=state)


@pytest.mark.parametrize("right", sorted(it for it in COMFORT if it.verb == "watch"), ids=str)
def test_a_rollout_is_awaited_without_the_right_to_watch(audited: GuardedCluster, world: World, right: Right) -> None:
    operator = audited.grant_other(without(OPERATOR, right))
    # That a pod is ready shows at the pod, and that it counts, which is later, at the Deployment: two looks later, so
    # that one of them sees it, however slow the machine is.
    at_once = {"maxSurge": 0, "maxUnavailable": 1}
    edit(world, minReadySeconds=4, strategy={"rollingUpdate": at_once}, template=restart())
    try:
        assert len(world.roll_out(kubeconfig=str(operator.kubeconfig))["pods"]) == 1
    finally:
        edit(world, minReadySeconds=None, strategy={"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
    assert right in audited.log.of(operator, allowed=False)


@pytest.mark.parametrize("lacking", [False, True], ids=["with", "without"])
def test_only_with_the_right_to_list_autoscalers_their_number_is_set_back(
    audited: GuardedCluster, bare: World, lacking: bool
) -> None:
    [right] = [it for it in COMFORT if it.verb == "list"]
    operator = audited.grant_other(without(OPERATOR, right) if lacking else OPERATOR)
    bare.warned.clear()
    edit(bare, replicas=2)
    bare.registries(GHCR, kubeconfig=str(operator.kubeconfig))
    assert bare.get("deployments", "nvcf-api")["spec"]["replicas"] == (1 if lacking else 2)
    assert right in audited.log.of(operator, allowed=not lacking)
    assert len(bare.warned) == 1
    assert (refusal(right) in bare.warned[0]) is lacking
    edit(bare, replicas=1)


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
