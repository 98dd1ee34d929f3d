# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a rollout does not come to its end, in the words that a person gets."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import RolloutError
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

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
    pytest.param({HOSTNAME: "ghcr.io"}, "key GHCR has no NAME", id="no-name"),
    pytest.param({NAME: "A", HOSTNAME: "ghcr.io", f"{PREFIX}B_NAME": "B", f"{PREFIX}B_HOSTNAME": "ghcr.io"},
                 "share 'ghcr.io' as name or hostname", id="duplicate"),
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
        r"(ErrImagePull|ImagePullBackOff).*can't pull the API's own image",
        id="image",
    ),
    pytest.param(
        {"envFrom": [{"configMapRef": {"name": "absent"}}]},
        r'CreateContainerConfigError: configmap "absent" not found.*Something that the pod refers to is missing',
        id="config",
    ),
    pytest.param(
        {"resources": {"requests": {"cpu": "100000"}}}, "Unschedulable.*No node takes the pod", id="unschedulable"
    ),
]


@pytest.mark.parametrize("fields, told", STUCK)
def test_a_pod_that_can_not_start_is_told_with_its_reason_and_cure(
    world: World, fields: dict[str, Any], told: str
) -> None:
    patch_container(world, **fields)
    with pytest.raises(RolloutError, match=told):
        world.roll_out()


def test_a_quota_that_refuses_the_new_pod_is_told(world: World) -> None:
    path = f"/api/v1/namespaces/{world.namespace}/resourcequotas"
    world.cluster.api.post(path, {"metadata": {"name": "full"}, "spec": {"hard": {"pods": "1"}}})
    patch_container(world, args=["--changed"])
    told = r"the cluster refuses new pods of nvcf-api: FailedCreate: .*exceeded quota: full"
    with pytest.raises(RolloutError, match=told):
        world.roll_out()


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
    stopped = run_playbook("-i", hosts, "fleetops.nvcf.rollback", "-e", "registry_allowlist_on_stranded=fail")
    assert stopped.status == 2
    for told in ("left-behind", function["id"], function["containerImage"], "Nothing was written."):
        assert told in stopped.text
    assert len(world.history()) == 2

    warned = run_playbook("-i", hosts, "fleetops.nvcf.rollback")
    assert warned.status == 0, warned.text
    assert "left-behind" in warned.text
