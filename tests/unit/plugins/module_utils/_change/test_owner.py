# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Who else writes a release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import on_top
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.owned import check_owner
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.owner import Goal, Owner
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.release_handle import ReleaseHandle
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import read_history, read_release
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    HelmOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import manifest, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Response, serving

FLUX = "helm.toolkit.fluxcd.io"
OLD = {"key": "OLD", "name": "Old", "hostname": "old.example.com"}
HELM_RELEASE = f"/apis/{FLUX}/v2/namespaces/flux-system/helmreleases/nvcf-api"


def by_flux() -> str:
    """A manifest with the labels of Flux."""
    labels = {f"{FLUX}/name": "nvcf-api", f"{FLUX}/namespace": "flux-system"}
    item = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "gate", "labels": labels}}
    return f"---\n{json.dumps(item)}\n{manifest({})}"


def change(objects: dict[str, Any], *, to: Sequence[Mapping[str, str]] = (GHCR,), **document: Any) -> list[str]:
    """What is warned of before a change of a release without registries to these."""
    fake = KubernetesFake(objects | stored(stored_release({}, **document)))
    warned: list[str] = []
    with serving(fake) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        options = ReleaseOptions(), HelmOptions()
        handle = ReleaseHandle(cluster=cluster, release=options[0], helm=options[1], warn=warned.append)
        after = held(env_of(*to), FUNCTIONS)
        goal = Goal(service=FUNCTIONS, after=after)
        check_owner(handle, history, read_release(cluster, history, 1), goal, values_fragment="api: {}")
    return warned


def helm_release(**spec: Any) -> dict[str, Any]:
    return {HELM_RELEASE: {"metadata": {"name": "nvcf-api"}, "spec": spec}}


@pytest.mark.parametrize("spec", [{}, {"suspend": False}])
def test_what_flux_reconciles_is_changed_in_its_helm_release(spec: dict[str, Any]) -> None:
    told = (
        r"is managed by Flux \(HelmRelease flux-system/nvcf-api, reconciling\).* values of HelmRelease flux-system/nv"
    )
    with pytest.raises(PlanError, match=told) as caught:
        change(helm_release(**spec), manifest=by_flux())
    assert caught.value.facts["values_fragment"] == "api: {}"
    assert "allow_other_changes" not in str(caught.value)


def test_whether_flux_is_suspended_is_not_guessed_without_the_right_to_read_it() -> None:
    forbidden = {HELM_RELEASE: Response(status=403, body={"kind": "Status", "message": "forbidden"})}
    with pytest.raises(PlanError, match="whether it is suspended is unknown"):
        change(forbidden, manifest=by_flux())


@pytest.mark.parametrize(
    "spec, told",
    [
        ({}, "its own values, which lack GHCR=ghcr.io. Change"),
        ({"values": {"api": {"env": env_of(OLD)}}}, "lack GHCR=ghcr.io and still hold OLD=old.example.com. Change"),
        (
            {"valuesFrom": [{"kind": "Secret", "name": "nvcf"}]},
            "which lack GHCR=ghcr.io, unless Secret nvcf in spec.valuesFrom says otherwise.",
        ),
        ({"values": {"api": {"env": env_of(GHCR)}}}, "so the change lasts when Flux is resumed."),
        (
            {"values": {"api": {"env": env_of(GHCR)}}, "valuesFrom": [{"kind": "ConfigMap", "name": "nvcf"}]},
            "lasts when Flux is resumed, unless ConfigMap nvcf in spec.valuesFrom says otherwise.",
        ),
        ({"values": {"api": ["of another shape"]}}, "Flux upgrades the release to its own values. Change"),
    ],
)
def test_while_flux_is_suspended_it_is_told_what_it_does_when_it_is_resumed(spec: dict[str, Any], told: str) -> None:
    [warning] = change(helm_release(suspend=True, **spec), manifest=by_flux())
    assert "HelmRelease flux-system/nvcf-api is suspended." in warning
    assert told in warning


def test_a_release_is_flux_s_whichever_revision_it_is_to_return_to() -> None:
    by_hand, flux = stored_release({}), stored_release({}, revision=2, manifest=by_flux())
    revisions = stored(by_hand, flux)
    [secret] = [secret for name, secret in revisions.items() if name.endswith(".v2")]
    secret["metadata"]["managedFields"] = [{"manager": "helm-controller", "fieldsV1": {"f:data": {}}}]
    with pytest.raises(PlanError, match="is managed by Flux"):
        change(helm_release() | revisions)


def test_values_of_flux_are_what_is_wanted_only_where_that_is_known() -> None:
    after = held(env_of(GHCR), FUNCTIONS)
    goal = Goal(service=FUNCTIONS, after=after)
    owner = Owner(kind="HelmRelease", place="flux-system/nvcf-api", state="suspended", goal=goal, holds=after)
    assert "`flux resume helmrelease nvcf-api -n flux-system`" in owner.way
    assert "`flux reconcile helmrelease nvcf-api -n flux-system --force`" in replace(owner, state="reconciling").way
    unknown = replace(owner, goal=replace(goal, known=False))
    assert (unknown.ready, unknown.facts()["patch"]) == (False, "")
    assert unknown.way.endswith("(spec.values, api.env), and let Flux deploy them.")


def test_variables_of_a_registry_that_is_only_changed_stay_in_the_values() -> None:
    renamed = held(env_of(GHCR | {"name": "Renamed"}), FUNCTIONS)
    goal = Goal(service=FUNCTIONS, after=renamed, removed=held(env_of(GHCR, OLD), FUNCTIONS))
    assert goal.gone == list(env_of(OLD))


def test_labels_of_a_helm_release_that_is_gone_refuse_no_change() -> None:
    [warning] = change({}, manifest=by_flux())
    assert "this cluster has no such HelmRelease" in warning
    assert not change({})


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
