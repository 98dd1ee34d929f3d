# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that are kept elsewhere, or that belong to somebody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, PlanError, ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster

FLUX = "helm.toolkit.fluxcd.io"
HELM_RELEASES = f"/apis/{FLUX}/v2/namespaces/default/helmreleases"


def audit(world: World, **options: Any) -> dict[str, Any]:
    return world.run(recognized_registry_audit.OPERATION, registries=[GHCR], fail_on="never", **options)


def kinds(result: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in result["findings"]}


def revisions(world: World, kind: str) -> list[str]:
    """The names of Helm's objects of a plural kind."""
    found = [item["metadata"] for item in world.objects(kind)]
    return [metadata["name"] for metadata in found if metadata.get("labels", {}).get("owner") == "helm"]


def test_revisions_in_config_maps_are_read_and_written_as_helm_does(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    world.install()
    assert world.registries(GHCR)["changed"]
    world.roll_out()
    assert world.env().items() >= pair(GHCR).items()

    # A fleet has some of these and some of those, and one environment.
    monkeypatch.delenv("HELM_DRIVER")
    assert not world.registries(GHCR)["changed"]
    assert world.registries(GHCR, state="absent")["changed"]
    assert world.roll_back(revision=2)["changed"]
    assert audit(world)["verdict"] == "warning", "the next sync of the stack drops it"

    monkeypatch.setenv("HELM_DRIVER", "configmaps")
    assert world.env().items() >= pair(GHCR).items()
    assert [row["status"] for row in world.history()] == [*["superseded"] * 3, "deployed"]
    assert (len(revisions(world, "configmaps")), revisions(world, "secrets")) == (4, [])

    monkeypatch.setenv("HELM_DRIVER", "secret")
    with pytest.raises(ReleaseError, match=r"is stored in namespace '[\w-]+' as a Secret \(HELM_DRIVER\)"):
        world.info()
    monkeypatch.setenv("HELM_DRIVER", "sql")
    with pytest.raises(InputError, match="HELM_DRIVER is 'sql'"):
        world.info()


@pytest.fixture(scope="module")
def helm_releases(cluster: Cluster) -> Iterator[None]:
    """The kind that Flux has for releases."""
    names = {"plural": "helmreleases", "singular": "helmrelease", "kind": "HelmRelease"}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"helmreleases.{FLUX}"},
        "spec": {"group": FLUX, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    cluster.api.post(path, definition)
    yield
    cluster.api.delete(f"{path}/helmreleases.{FLUX}")


@pytest.mark.usefixtures("helm_releases")
@pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)
def test_a_release_of_flux_is_read_and_left_to_flux(new_world: NewWorld, tmp_path: Path, eventually: Any) -> None:
    chart = tmp_path / API_CHART.name
    shutil.copytree(API_CHART, chart)
    helpers = chart / "templates" / "_helpers.tpl"
    labels = f'{FLUX}/name: nvcf-api\n{FLUX}/namespace: default\n{{{{ include "nvcf-api.selectorLabels" . }}}}'
    text = helpers.read_text(encoding="utf-8")
    helpers.write_text(text.replace('{{ include "nvcf-api.selectorLabels" . }}', labels, 1), encoding="utf-8")
    world = new_world()
    world.install(chart=chart)
    found = {"apiVersion": f"{FLUX}/v2", "kind": "HelmRelease", "metadata": {"name": "nvcf-api"}}

    def made() -> bool:
        return bool(world.cluster.api.post(HELM_RELEASES, found | {"spec": {"suspend": True}}))

    eventually(made, "the kind HelmRelease")
    for state in ("suspended", "reconciling"):
        with pytest.raises(PlanError, match=rf"is managed by Flux \(HelmRelease default/nvcf-api, {state}\)"):
            world.registries(GHCR, chart_ref=str(chart))
        [unmet] = [it for it in audit(world)["findings"] if it["kind"] == "unmet"]
        assert unmet["next_step"].startswith(
            "Flux owns the release. Change the registries in the values of HelmRelease default/"
        )
        world.cluster.api.patch(
            f"{HELM_RELEASES}/nvcf-api", {"spec": {"suspend": False}}, "application/merge-patch+json"
        )
    assert len(world.history()) == 1
    world.cluster.api.delete(f"{HELM_RELEASES}/nvcf-api")
    assert world.registries(GHCR, chart_ref=str(chart))["changed"], "no one rolls it back any more"


def test_a_release_that_is_stored_in_another_namespace_is_found_and_read_there(new_world: NewWorld) -> None:
    world, storage = new_world(), new_world()
    world.install()
    storage.cluster.api.post("/api/v1/namespaces", {"metadata": {"name": storage.namespace}})
    storage.installed = True
    [secret] = [item for item in world.objects("secrets") if item["metadata"].get("labels", {}).get("owner") == "helm"]
    kept = {key: secret["metadata"][key] for key in ("name", "labels")}
    storage.cluster.api.post(f"/api/v1/namespaces/{storage.namespace}/secrets", secret | {"metadata": kept})
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/secrets/{kept['name']}")

    with pytest.raises(ReleaseError, match=rf"stored in namespace .*\b{storage.namespace}\b"):
        world.info()
    result = audit(storage)
    assert kinds(result) == {"unmet"}
    with pytest.raises(PlanError, match=f"stored in namespace {storage.namespace} and its objects are in"):
        storage.registries(GHCR)


def test_what_argo_cd_deploys_is_told_with_the_application(new_world: NewWorld) -> None:
    world = new_world()
    world.install()
    mark = {
        "metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "argocd_nvcf:apps/Deployment:nvcf/nvcf-api"}}
    }
    world.cluster.api.patch(f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api", mark)
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/secrets?labelSelector=owner%3Dhelm")
    with pytest.raises(ReleaseError, match=r"Argo CD \(application argocd_nvcf\) deploys the API there"):
        world.registries(GHCR)
    assert audit(world)["verdict"] == "unreadable"


def test_a_release_that_was_uninstalled_with_its_history_kept_is_told_as_that(world: World) -> None:
    world.registries(GHCR)
    world.run_helm("uninstall", world.release, "--keep-history", "--no-hooks")
    result = audit(world)
    assert (result["verdict"], result["release"]) == ("drifted", None)
    assert "uninstalled" in kinds(result)
    with pytest.raises(ReleaseError, match="is uninstalled since"):
        world.registries(GHCR)
    world.roll_back(revision=2)
    assert world.registries(GHCR)["changed"] is False
