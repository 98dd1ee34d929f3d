# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Who else writes a release."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import on_top
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.owner import refuse_owned
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import read_history, read_release
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import manifest, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

FLUX = "helm.toolkit.fluxcd.io"
HELM_RELEASE = f"/apis/{FLUX}/v2/namespaces/flux-system/helmreleases/nvcf-api"


def by_flux() -> str:
    """A manifest with the labels of Flux."""
    labels = {f"{FLUX}/name": "nvcf-api", f"{FLUX}/namespace": "flux-system"}
    item = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gate", "labels": labels}}
    return f"---\n{json.dumps(item)}\n{manifest({})}"


def change(objects: dict[str, Any], **document: Any) -> None:
    """What a change of the release is refused for."""
    fake = KubernetesFake(objects | stored(stored_release({}, **document)))
    with serving(fake) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        refuse_owned(cluster, read_release(cluster, history, 1), values_fragment="api: {}")


@pytest.mark.parametrize(
    "spec, state", [({}, "reconciling"), ({"suspend": False}, "reconciling"), ({"suspend": True}, "suspended")]
)
def test_what_belongs_to_flux_is_changed_in_its_helm_release(spec: dict[str, Any], state: str) -> None:
    told = rf"is managed by Flux \(HelmRelease flux-system/nvcf-api, {state}\).* values of HelmRelease flux-system/nv"
    with pytest.raises(PlanError, match=told) as caught:
        change({HELM_RELEASE: {"metadata": {"name": "nvcf-api"}, "spec": spec}}, manifest=by_flux())
    assert caught.value.facts["values_fragment"] == "api: {}"
    assert "allow_other_changes" not in str(caught.value)


def test_labels_of_a_helm_release_that_is_gone_bind_nobody() -> None:
    change({}, manifest=by_flux())
    change({})


def test_what_is_stored_elsewhere_than_its_objects_are_is_not_helms_to_change() -> None:
    with pytest.raises(PlanError, match="stored in namespace nvcf and its objects are in control, which the helm"):
        change({}, namespace="control")


@pytest.mark.parametrize(
    "manager, basis",
    [
        ("helm", "revision 1"),
        ("terraform-provider-helm_v3.0.2_x5", "revision 1, by Terraform"),
        ("helm-controller", "revision 1, by Flux"),
    ],
)
def test_the_tool_whose_next_sync_drops_something_is_named_by_what_it_calls_itself(manager: str, basis: str) -> None:
    revision = stored(stored_release({}))
    for secret in revision.values():
        labels = {"manager": "kubectl-label", "fieldsV1": {"f:metadata": {}}}
        secret["metadata"]["managedFields"] = [labels, {"manager": manager, "fieldsV1": {"f:data": {}}}]
    with serving(KubernetesFake(revision)) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        assert on_top(cluster, history, read_release(cluster, history, 1), None).basis == basis
