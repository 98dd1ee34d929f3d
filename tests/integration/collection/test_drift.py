# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Live objects that somebody edited by hand, and releases with names of their own."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import BOTH_HELMS, NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

NAME, HOSTNAME = pair(GHCR)


def edit_config_map(world: World, **data: str | None) -> None:
    """What `kubectl edit configmap` does; None removes."""
    path = f"/api/v1/namespaces/{world.namespace}/configmaps/nvcf-api-env"
    world.cluster.api.patch(f"{path}?fieldManager=kubectl-edit", {"data": data})


def restart(world: World) -> None:
    """End the pods, as somebody does who wants an edit to be in force."""
    for pod in world.pods():
        world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/pods/{pod['metadata']['name']}")


def set_env(world: World, name: str, value: str) -> None:
    """What `kubectl set env deployment` does: a variable that outranks the ConfigMap."""
    container = {"name": "helm-nvcf-api", "env": [{"name": name, "value": value}]}
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api?fieldManager=kubectl-set"
    deployment = world.get("deployments", "nvcf-api")
    containers = deployment["spec"]["template"]["spec"]["containers"]
    containers = [{**found, "env": container["env"]} for found in containers]
    world.cluster.api.patch(path, {"spec": {"template": {"spec": {"containers": containers}}}})


def found(variable: str, change: str, kind: str = "configmap/nvcf-api-env") -> dict[str, Any]:
    """One line of the report."""
    return {"object": kind, "variable": variable, "change": change, "kind": "variable"}


@BOTH_HELMS
def test_variables_edited_by_hand_are_reported_without_their_values_and_repaired(world: World) -> None:
    world.registries(GHCR)
    world.roll_out()
    stranger = f"{PREFIX}STRANGER_NAME"
    edit_config_map(world, **{NAME: "edited", HOSTNAME: None, stranger: "by hand", "SPRING_PROFILES_ACTIVE": "edited"})
    drift = [
        found(HOSTNAME, "removed"),
        found(NAME, "changed"),
        found(stranger, "added"),
        found("SPRING_PROFILES_ACTIVE", "changed"),
    ]
    assert world.info()["drift"] == drift

    repaired = world.registries(GHCR)
    assert (repaired["changed"], repaired["drift"]) == (True, drift)
    assert world.rendered().items() >= pair(GHCR).items()
    assert stranger not in world.rendered()
    assert [item for item in world.info()["drift"] if PREFIX in item["variable"]] == []
    world.roll_out()
    assert world.info(ask_api=True, registries=[GHCR])["unmet"] == []
    assert not world.registries(GHCR)["changed"]


EDITS: list[Any] = [
    pytest.param(4, False, id="left-helm4", marks=pytest.mark.nightly),
    pytest.param(3, False, id="left-helm3", marks=pytest.mark.nightly),
    pytest.param(4, True, id="reverted"),
]


@pytest.mark.parametrize("helm, reverted", EDITS, indirect=["helm"])
def test_pods_that_were_started_with_an_edit_by_hand_are_replaced_once(
    world: World, tmp_path: Path, eventually: Eventually, *, reverted: bool
) -> None:
    world.registries(GHCR)
    world.roll_out()
    edit_config_map(world, **{HOSTNAME: "ghcr.oi"})
    restart(world)
    eventually(lambda: world.roll_out()["pods"][0]["ready"], "the API runs with the edit")
    assert [row["hostname"] for row in world.info(ask_api=True)["registries"] if row["recognized"]] == ["ghcr.oi"]
    if reverted:
        # The cluster knows times to the second: in that of its creation, a pod may have been started with either.
        time.sleep(1)
        edit_config_map(world, **{HOSTNAME: "ghcr.io"})
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    first = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert first.status == 0, first.text
    info = world.info(ask_api=True, registries=[GHCR], state="exact")
    assert (info["unmet"], info["settled"]) == ([], True)
    revisions, pods = len(world.history()), [pod["metadata"]["name"] for pod in world.pods()]
    assert revisions == (2 if reverted else 3), "nothing that Helm could repair is not a reason for a revision"

    again = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert again.status == 0, again.text
    assert (len(world.history()), [pod["metadata"]["name"] for pod in world.pods()]) == (revisions, pods)


def test_a_variable_set_on_the_deployment_outranks_the_release_and_is_taken_away(world: World) -> None:
    world.registries(GHCR)
    set_env(world, HOSTNAME, "elsewhere.example")
    world.roll_out()
    report = [found(HOSTNAME, "added", "deployment/nvcf-api")]
    assert world.info()["drift"] == report
    assert world.registries(GHCR)["drift"] == report
    world.roll_out()
    assert world.info()["drift"] == []
    assert world.try_image()["outcome"] == "accepted"


def test_foreign_drift_alone_is_reported_and_left(world: World) -> None:
    edit_config_map(world, SPRING_PROFILES_ACTIVE="edited")
    world.registries(GHCR)
    revisions = len(world.history())
    edit_config_map(world, SPRING_PROFILES_ACTIVE="edited again")
    assert not world.registries(GHCR)["changed"]
    assert len(world.history()) == revisions


def edit_deployment(world: World, manager: str, edit: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """What kubectl does to the Deployment: read, change its spec and the API's container, write."""
    deployment = world.get("deployments", "nvcf-api")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    edit(deployment["spec"], container)
    # The controller writes the status meanwhile.
    del deployment["metadata"]["managedFields"], deployment["metadata"]["resourceVersion"]
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api?fieldManager={manager}"
    world.cluster.api.put(path, deployment)


def test_a_scaled_deployment_and_a_hotfix_image_are_told_before_an_upgrade_undoes_them(world: World) -> None:
    def edit(spec: dict[str, Any], container: dict[str, Any]) -> None:
        spec["replicas"] = 3
        container["image"] = "registry.example.test/nvidia/nvcf-api:hotfix"

    rendered = world.get("deployments", "nvcf-api")["spec"]
    edit_deployment(world, "kubectl-edit", edit)
    report = [found(name, "changed", "deployment/nvcf-api") | {"kind": "other"} for name in ("image", "replicas")]
    assert world.info()["drift"] == report

    nothing = world.registries(GHCR, state="absent")
    assert (nothing["changed"], nothing["drift"]) == (False, report), "which alone is not a reason for an upgrade"
    assert all("left as it is" in warning for warning in world.warned)
    assert len(world.history()) == 1

    for check_mode in (True, False):
        world.warned.clear()
        told = world.registries(GHCR, check_mode=check_mode)
        assert told["drift"] == report
        assert [warning.partition("; ")[2] for warning in world.warned] == [
            "it is reset by this upgrade to the value in the release."
        ] * 2
    assert told["drift_after"] == []
    live = world.get("deployments", "nvcf-api")["spec"]
    assert live["replicas"] == rendered["replicas"]
    assert live["template"]["spec"]["containers"] == rendered["template"]["spec"]["containers"]


def test_an_env_from_that_no_longer_leads_to_the_registries_is_repaired(world: World) -> None:
    world.registries(GHCR)
    edit_deployment(world, "kubectl-edit", lambda _spec, container: container.pop("envFrom"))
    report = [found("envFrom", "removed", "deployment/nvcf-api") | {"kind": "other"}]
    assert world.info(registries=[GHCR])["drift"] == report
    assert not world.info(registries=[GHCR])["settled"]

    repaired = world.registries(GHCR)
    assert (repaired["changed"], repaired["drift"], repaired["drift_after"]) == (True, report, [])
    world.roll_out()
    assert world.try_image()["outcome"] == "accepted"
    assert not world.registries(GHCR)["changed"]


def test_two_releases_with_names_of_their_own_in_one_cluster_do_not_touch_each_other(new_world: NewWorld) -> None:
    values = copy.deepcopy(stack_values())
    del values["api"]["fullnameOverride"]
    east, west = new_world(release="nvcf-east"), new_world(release="nvcf-west")
    for world in (east, west):
        world.install(values)
    east.registries(GHCR)
    west.registries(INTERNAL)
    assert east.roll_out()["deployment"] == "nvcf-east-helm-nvcf-api"
    assert west.roll_out()["deployment"] == "nvcf-west-helm-nvcf-api"
    assert east.info(ask_api=True, registries=[GHCR], state="exact")["unmet"] == []
    assert west.info(ask_api=True, registries=[INTERNAL], state="exact")["unmet"] == []
    assert west.try_image(expect="rejected")["outcome"] == "not_recognized"
