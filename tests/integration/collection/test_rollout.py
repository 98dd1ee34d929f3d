# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a rollout does not come to its end, in the words that a person gets."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import RolloutError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import traffic
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import (
    API_CHART,
    WITHOUT_CHECKSUM_VERSION,
    variant,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError

NAME, HOSTNAME = pair(GHCR)


@pytest.fixture(params=[4], ids=["helm4"])
def helm(request: pytest.FixtureRequest) -> int:
    """What rolls out does not depend on which helm has written it."""
    return int(request.param)


def install_by_hand(world: World, env: dict[str, str]) -> None:
    """Bring variables into the release as the hand procedure does: unchecked."""
    values = copy.deepcopy(stack_values())
    values["api"]["env"] |= env
    world.install(values, wait=False)


HALVES: list[Any] = [
    pytest.param({NAME: "GitHub"}, "key GHCR has no HOSTNAME", id="no-hostname"),
    pytest.param({HOSTNAME: "ghcr.io"}, "key GHCR has no NAME", id="no-name", marks=pytest.mark.nightly),
    pytest.param({NAME: "A", HOSTNAME: "ghcr.io", f"{PREFIX}B_NAME": "B", f"{PREFIX}B_HOSTNAME": "ghcr.io"},
                 "share 'ghcr.io' as name or hostname", id="duplicate", marks=pytest.mark.nightly),
]  # fmt: skip


@pytest.mark.parametrize("env, told", HALVES)
def test_a_registry_that_keeps_the_api_from_starting_is_named(world: World, env: dict[str, str], told: str) -> None:
    install_by_hand(world, env)
    with pytest.raises(RolloutError, match=re.escape(told)) as caught:
        world.roll_out()
    assert re.search(r"pod nvcf-api-\S+: \w+: exit code 1", str(caught.value))
    assert caught.value.facts["rollout"]["log"]


def patch_container(world: World, **fields: Any) -> None:
    """Change the API's container as somebody with kubectl would."""
    containers = world.get("deployments", "nvcf-api")["spec"]["template"]["spec"]["containers"]
    changed = [container | fields for container in containers]
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(path, {"spec": {"template": {"spec": {"containers": changed}}}})


STUCK: list[Any] = [
    pytest.param(
        {"image": "gone.invalid/nvcf-api:1"},
        r"(ErrImagePull|ImagePullBackOff).*cannot pull the API's own image",
        id="image",
    ),
    pytest.param(
        {"envFrom": [{"configMapRef": {"name": "absent"}}]},
        r'CreateContainerConfigError: configmap "absent" not found.*An object that the pod refers to is missing',
        id="config",
        marks=pytest.mark.nightly,
    ),
    pytest.param(
        {"resources": {"requests": {"cpu": "100000"}}}, "Unschedulable.*The pod cannot be scheduled", id="unschedulable"
    ),
]


@pytest.mark.parametrize("fields, told", STUCK)
def test_a_pod_that_can_not_start_is_told_with_its_reason_and_cure(
    world: World, fields: dict[str, Any], told: str
) -> None:
    patch_container(world, **fields)
    with pytest.raises(RolloutError, match=told):
        world.roll_out()


def patch_deployment(world: World, spec: dict[str, Any]) -> None:
    """Change the Deployment as somebody with kubectl would, or who puts containers into its pods."""
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(path, {"spec": spec})


BESIDE: list[Any] = [
    pytest.param(
        {"initContainers": [{"name": "vault-agent", "image": "gone.invalid/vault:1"}]},
        r"pod nvcf-api-\S+, container vault-agent: \w+: .*cannot pull this container's image",
        id="init-image",
        marks=pytest.mark.nightly,
    ),
    pytest.param(
        {"initContainers": [{"name": "migrate", "image": "docker.io/library/busybox:1", "command": ["false"]}]},
        r"container migrate: CrashLoopBackOff: exit code 1 \(Error\)\. .*The end of its log: started with \d+ "
        r"variables",
        id="init-exits",
    ),
    pytest.param(
        {"containers": [{"name": "istio-proxy", "image": "gone.invalid/proxy:1"}]},
        r"container istio-proxy: \w+: .*cannot pull this container's image",
        id="sidecar-image",
        marks=pytest.mark.nightly,
    ),
]


@pytest.mark.parametrize("pod, told", BESIDE)
def test_a_container_beside_the_apis_that_can_not_start_is_named(world: World, pod: dict[str, Any], told: str) -> None:
    patch_deployment(world, {"template": {"spec": pod}})
    with pytest.raises(RolloutError, match=told):
        world.roll_out()


def test_an_api_that_comes_up_after_failed_starts_stays(world: World, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    with world.cluster.behaving(crashing_starts=2):
        outcome = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert outcome.status == 0, outcome.text
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in world.pods()] == [2]
    assert world.try_image()["outcome"] == "accepted"


def test_an_api_that_ends_again_and_again_is_told_with_its_number_of_exits(world: World) -> None:
    world.registries(GHCR)
    with world.cluster.behaving(crashing_starts=9):
        told = (
            r"CrashLoopBackOff: exit code 1 \(Error\)\. It has ended 3 times\. .*The end of its log: .*AllNodesFailed"
        )
        patch_container(world, args=["--changed"])
        with pytest.raises(RolloutError, match=told):
            world.roll_out()


SLOW: list[Any] = [
    pytest.param(
        2, {}, r"nvcf-api missed its progress deadline: ReplicaSet \S+ has timed out progressing", id="deadline"
    ),
    pytest.param(600, {"rollout_timeout": 2}, "did not finish within 2 s: 0 of 1 new pods ready", id="timeout"),
]


@pytest.mark.parametrize("deadline, options, told", SLOW)
def test_a_pod_that_takes_too_long_is_told_with_its_reason_and_its_log(
    world: World, deadline: int, options: dict[str, Any], told: str
) -> None:
    container = {"name": "helm-nvcf-api", "args": ["--changed"]}
    with world.cluster.behaving(start_seconds=600):
        patch_deployment(
            world, {"progressDeadlineSeconds": deadline, "template": {"spec": {"containers": [container]}}}
        )
        with pytest.raises(RolloutError, match=told) as caught:
            world.roll_out(**options)
    reason = r"Pod nvcf-api-\S+ is not ready: containers with unready status: \[helm-nvcf-api\]\. The end of its log: "
    assert re.search(reason + ".*Starting NvcfApiApplication", str(caught.value))
    assert caught.value.facts["rollout"]["log"]


REFUSALS: list[Any] = [
    pytest.param(
        "resourcequotas", {"hard": {"pods": "1"}}, r"exceeded quota: full, requested: pods=1, used: pods=1", id="quota"
    ),
    pytest.param(
        "limitranges",
        {"limits": [{"type": "Pod", "min": {"memory": "1Gi"}}]},
        r"forbidden: minimum memory usage per Pod is 1Gi",
        id="limit-range",
        marks=pytest.mark.nightly,
    ),
]


def refuses_pods(world: World) -> bool:
    """Whether admission keeps every pod out by now."""
    pod = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    try:
        world.cluster.api.post(f"/api/v1/namespaces/{world.namespace}/pods?dryRun=All", pod)
    except ApiError:
        return True
    return False


@pytest.mark.parametrize("kind, spec, told", REFUSALS)
def test_a_pod_that_the_cluster_refuses_is_told_in_its_words(
    world: World, eventually: Eventually, kind: str, spec: dict[str, Any], told: str
) -> None:
    world.cluster.api.post(f"/api/v1/namespaces/{world.namespace}/{kind}", {"metadata": {"name": "full"}, "spec": spec})
    eventually(lambda: refuses_pods(world), "it is in force")
    patch_container(world, args=["--changed"])
    with pytest.raises(RolloutError, match=rf"the cluster rejects new pods of nvcf-api: FailedCreate: .*{told}"):
        world.roll_out()


@pytest.fixture
def guard_that_is_away(world: World) -> Iterator[None]:
    """An admission webhook that nobody answers for."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    hook = {
        "name": "pods.guard.example",
        "clientConfig": {"url": "https://127.0.0.1:9/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    world.cluster.api.post(path, {"metadata": {"name": world.namespace}, "webhooks": [hook]})
    yield
    world.cluster.api.delete(f"{path}/{world.namespace}")


@pytest.mark.usefixtures("guard_that_is_away")
def test_a_webhook_that_keeps_pods_out_is_named(world: World, eventually: Eventually) -> None:
    eventually(lambda: refuses_pods(world), "the webhook is in force")
    patch_container(world, args=["--changed"])
    told = r'rejects new pods of nvcf-api: FailedCreate: .*failed calling webhook "pods\.guard\.example"'
    with pytest.raises(RolloutError, match=told):
        world.roll_out()


@pytest.fixture
def old_chart(tmp_path: Path) -> Path:
    """From before a changed environment rolled out by itself."""
    return variant(API_CHART, tmp_path / "old", version=WITHOUT_CHECKSUM_VERSION, drop_checksum=True)


def test_what_is_rendered_and_not_running_yet_is_told_and_a_gentle_restart_fails_no_request(
    new_world: NewWorld, eventually: Eventually, old_chart: Path
) -> None:
    world = new_world(chart=old_chart)
    world.install()
    with world.cluster.behaving(start_seconds=1.0, stop_seconds=1.0), traffic(world, eventually) as polled:
        world.registries(GHCR)
        info = world.info(registries=[GHCR])
        world.roll_out()
    [row] = info["registries"]
    assert (row["stored"], row["rendered"], row["running"]) == (True, True, False)
    assert info["disagreements"] == ["GHCR (ghcr.io) is stored and rendered, but not running"]
    assert info["unmet"] == info["disagreements"]
    assert polled.failed == 0
    assert world.info(registries=[GHCR])["unmet"] == []


def test_a_paused_deployment_is_told(world: World) -> None:
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(path, {"spec": {"paused": True}})
    with pytest.raises(RolloutError, match=r"is paused.*kubectl rollout resume"):
        world.roll_out()


def test_progress_is_told_once_per_change(world: World) -> None:
    with world.cluster.behaving(ready_seconds=3):
        world.registries(GHCR)
        world.roll_out()
    lines = [line for line in world.said if "pods ready" in line]
    assert lines
    assert len(lines) == len(set(lines))


def test_functions_that_a_removal_strands_are_listed_or_stop_it(world: World, tmp_path: Path) -> None:
    world.registries(GHCR)
    world.roll_out()
    function = world.create_function("left-behind")
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[{"key": "GHCR"}])
    stopped = run_playbook("-i", hosts, "fleetops.nvcf.remove", "-e", "registry_allowlist_on_stranded=fail")
    assert stopped.status == 2
    for told in ("left-behind", function["id"], function["containerImage"], "Nothing was written."):
        assert told in stopped.text
    assert len(world.history()) == 2

    warned = run_playbook("-i", hosts, "fleetops.nvcf.remove")
    assert warned.status == 0, warned.text
    assert "left-behind" in warned.text
