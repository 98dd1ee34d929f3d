# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster itself adds to every write or pins in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World

MINE = {"name": "BY_HAND", "value": "1"}
POLICIES = "/apis/admissionregistration.k8s.io/v1"
PIN = """\
Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [
  Object.spec.template.spec.containers{name: "helm-nvcf-api", env: [
    Object.spec.template.spec.containers.env{name: "ADDED_BY_POLICY", value: "1"}]}]}}}}
"""


@contextmanager
def admission(world: World) -> Iterator[None]:
    """A policy that adds a variable to the API's container, whoever writes the Deployment."""
    name = world.namespace
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}
    only = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}, "resourceRules": [rule]}
    policy = {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": only,
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": PIN}}],
        },
    }
    api = world.cluster.api
    api.post(f"{POLICIES}/mutatingadmissionpolicies", policy)
    api.post(f"{POLICIES}/mutatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": {"policyName": name}})
    try:
        yield
    finally:
        api.delete(f"{POLICIES}/mutatingadmissionpolicies/{name}")
        api.delete(f"{POLICIES}/mutatingadmissionpolicybindings/{name}")


def added(world: World) -> list[str]:
    """The variables of the API's own container."""
    [container] = world.get("deployments", "nvcf-api")["spec"]["template"]["spec"]["containers"]
    return [item["name"] for item in container.get("env") or []]


def test_what_admission_adds_to_every_write_is_told_as_that_and_stays(world: World, eventually: Any) -> None:
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"

    def in_force() -> bool:
        world.cluster.api.patch(path, {"metadata": {"annotations": {"tried": str(time.monotonic())}}})
        return added(world) == ["ADDED_BY_POLICY"]

    with admission(world):
        eventually(in_force, "the policy")
        world.registries(GHCR)
        world.roll_out()
        world.warned.clear()
        world.registries(INTERNAL)
        told = "ADDED_BY_POLICY of deployment/nvcf-api is added by the cluster itself (an admission policy or webhook)"
        assert [told in text for text in world.warned] == [True]
        assert added(world) == ["ADDED_BY_POLICY"]
        world.roll_out()
        before = len(world.history())
        assert not world.registries(GHCR, INTERNAL)["changed"]
        found = world.run(recognized_registry_audit.OPERATION, registries=[GHCR])["findings"]
        [drift] = [it for it in found if it["kind"] == "drift"]
        assert "by the cluster itself" in drift["text"]
        assert drift["next_step"].startswith("No action if that is intended")
        assert len(world.history()) == before

        world.cluster.api.patch(
            path, {"spec": {"template": {"spec": {"containers": [{"name": "helm-nvcf-api", "env": [MINE]}]}}}}
        )
        kinds = {item["variable"]: item["kind"] for item in world.info()["drift"]}
        assert kinds == {"ADDED_BY_POLICY": "kept", "BY_HAND": "variable"}
