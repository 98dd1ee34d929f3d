# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that are kept elsewhere, or that belong to somebody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, PlanError, ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError

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
    """The kind that Flux has for releases. As in Flux's own definition, what is free is only what `values` hold."""
    names = {"plural": "helmreleases", "singular": "helmrelease", "kind": "HelmRelease"}
    values = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    source = {"type": "object", "properties": {"kind": {"type": "string"}, "name": {"type": "string"}}}
    fields = {"suspend": {"type": "boolean"}, "values": values, "valuesFrom": {"type": "array", "items": source}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    version = {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
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


@dataclass
class Flux:
    """A release as Flux makes it: with labels that the chart does not render, and stored under Flux's name."""

    world: World
    chart: Path
    name: str

    @property
    def path(self) -> str:
        return f"{HELM_RELEASES}/{self.name}"

    def declare(self, **spec: Any) -> None:
        """Make the HelmRelease."""
        metadata = {"name": self.name}
        self.world.cluster.api.post(
            HELM_RELEASES, {"apiVersion": f"{FLUX}/v2", "kind": "HelmRelease", "metadata": metadata, "spec": spec}
        )

    def merge(self, change: dict[str, Any]) -> None:
        """Merge a patch into the HelmRelease, as Kustomize and `kubectl patch` do."""
        self.world.cluster.api.patch(self.path, change, "application/merge-patch+json")

    def reconcile(self) -> None:
        """Bring the release to the values of the HelmRelease."""
        self.world.install(self.world.cluster.api.get(self.path)["spec"]["values"], chart=self.chart)
        rendered = yaml.safe_load_all(self.world.run_helm("get", "manifest", "api"))
        [config_map] = [it for it in rendered if it["kind"] == "ConfigMap" and it["metadata"]["name"] == "nvcf-api-env"]
        live = f"/api/v1/namespaces/{self.world.namespace}/configmaps/nvcf-api-env"
        self.world.cluster.api.patch(
            f"{live}?fieldManager=helm-controller&force=true", config_map, "application/apply-patch+yaml"
        )
        secrets = f"/api/v1/namespaces/{self.world.namespace}/secrets"
        newest = f"{secrets}/sh.helm.release.v1.api.v{len(self.world.history())}"
        secret = self.world.cluster.api.get(newest)
        kept = {key: secret["metadata"][key] for key in ("name", "labels")}
        self.world.cluster.api.delete(newest)
        self.world.cluster.api.post(f"{secrets}?fieldManager=helm-controller", secret | {"metadata": kept})


@pytest.fixture
def flux(helm_releases: None, new_world: NewWorld, tmp_path: Path, eventually: Any) -> Flux:  # noqa: ARG001
    chart = tmp_path / API_CHART.name
    shutil.copytree(API_CHART, chart)
    world = new_world()
    rendered = '{{- include "nvcf-api.labels" . | nindent 4 }}'
    labels = "".join(f"\n    {FLUX}/{field}" for field in (f"name: {world.namespace}", "namespace: default"))
    for template in (chart / "templates").iterdir():
        text = template.read_text(encoding="utf-8")
        template.write_text(text.replace(rendered, rendered + labels), encoding="utf-8")

    def served() -> bool:
        with suppress(ApiError):
            return "items" in world.cluster.api.get(HELM_RELEASES)
        return False

    eventually(served, "the kind HelmRelease")
    return Flux(world=world, chart=chart, name=world.namespace)


def values_of(path: str, patch: str) -> Any:
    """What a patch has at a place."""
    found = yaml.safe_load(patch)
    for step in path.split("."):
        found = found[step]
    return found


@pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)
def test_a_release_that_flux_reconciles_is_refused_with_the_patch_that_makes_flux_do_it(flux: Flux) -> None:
    world = flux.world
    flux.declare(values=stack_values())
    flux.reconcile()
    with pytest.raises(PlanError, match=r"is managed by Flux \(HelmRelease default/[\w-]+, reconciling\)") as refused:
        world.registries(GHCR)
    [unmet] = [it for it in audit(world)["findings"] if it["kind"] == "unmet"]
    assert unmet["next_step"].startswith("Flux owns the release. Change the registries in the values of HelmRelease")
    assert len(world.history()) == 1

    patch = refused.value.facts["owner"]["patch"]
    assert audit(world)["owner"] == refused.value.facts["owner"], "one audit has the patches of a whole fleet"
    flux.merge(yaml.safe_load(patch))
    with pytest.raises(PlanError, match=f"flux reconcile helmrelease {flux.name} -n default --force"):
        world.registries(GHCR)
    before = world.env()
    flux.reconcile()
    assert world.env() == before | pair(GHCR)
    assert not world.registries(GHCR)["changed"]

    with pytest.raises(PlanError) as refused:
        world.registries(GHCR, state="absent")
    owner = refused.value.facts["owner"]
    assert (owner["patch"], owner["remove"]) == ("", list(pair(GHCR)))
    assert CANARY not in str([refused.value, refused.value.facts, audit(world), world.said, world.warned])


@pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)
def test_while_flux_is_suspended_a_change_is_made_with_a_warning_of_what_flux_does_later(flux: Flux) -> None:
    world = flux.world
    flux.declare(suspend=True, values=stack_values())
    flux.reconcile()
    removes = f"HelmRelease default/{flux.name} is suspended. When it is resumed, Flux upgrades the release to its own"

    predicted = world.registries(GHCR, check_mode=True)
    [warning] = world.warned
    assert removes in warning
    assert "lack GHCR=ghcr.io" in warning
    result = world.registries(GHCR)
    assert world.warned == [warning, warning]
    assert predicted["owner"] == result["owner"]
    assert not result["other_changes"], "Flux adds its labels again"
    world.roll_out()
    assert not world.registries(GHCR)["changed"]
    assert kinds(audit(world)) == {"next_sync_drops"}
    assert audit(world)["on_top"]["basis"] == f"HelmRelease default/{flux.name}"

    flux.merge(yaml.safe_load(result["owner"]["patch"]))
    assert audit(world)["verdict"] == "ok"
    env = world.env()
    flux.reconcile()
    assert world.env() == env, "what is resumed finds nothing to take away"
    world.warned.clear()
    assert not world.registries(GHCR, state="absent")["drift_after"], "Flux has written these fields too"
    assert "still hold GHCR=ghcr.io" in world.warned[-1]
    assert f"without {', '.join(pair(GHCR))}" in world.warned[-1]
    world.registries(GHCR)
    assert "the change lasts when Flux is resumed" in world.warned[-1]
    world.roll_back(revision=1)
    assert "still hold GHCR=ghcr.io" in world.warned[-1]
    assert CANARY not in str([result, audit(world), world.said, world.warned])


@pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)
def test_a_helm_release_that_is_not_on_the_cluster_is_warned_of_once(flux: Flux) -> None:
    world = flux.world
    world.install(chart=flux.chart)
    assert world.registries(GHCR)["changed"]
    assert "this cluster has no such HelmRelease" in world.warned[-1]
    world.warned.clear()
    assert world.registries(INTERNAL)["changed"]
    assert not world.warned, "its labels are gone"


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


def test_what_argo_cd_deploys_is_told_with_the_application_and_its_patch(new_world: NewWorld) -> None:
    world = new_world()
    world.install()
    mark = {
        "metadata": {
            "annotations": {"argocd.argoproj.io/tracking-id": f"apps_nvcf:apps/Deployment:{world.namespace}/nvcf-api"}
        }
    }
    world.cluster.api.patch(f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api", mark)
    # It has taken over what helm had installed.
    predicted = world.registries(GHCR, check_mode=True)
    assert "its next sync reverts this change" in world.warned[-1]
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/secrets?labelSelector=owner%3Dhelm")
    with pytest.raises(ReleaseError, match=r"Argo CD \(Application apps/nvcf\) deploys the API there") as refused:
        world.registries(GHCR)
    assert refused.value.facts["owner"] == predicted["owner"]
    found = audit(world)
    assert (found["verdict"], found["owner"]) == ("unreadable", predicted["owner"])

    fragment = values_of("spec.source.helm.valuesObject", predicted["owner"]["patch"])
    layers = [world.cluster.folder / f"{world.namespace}-{number}.yaml" for number in (1, 2)]
    for layer, values in zip(layers, (stack_values(), fragment), strict=True):
        layer.write_text(yaml.safe_dump(values), encoding="utf-8")
    files = [f"--values={layer}" for layer in layers]
    rendered = yaml.safe_load_all(world.run_helm("template", "api", str(world.chart), *files))
    [env] = [it["data"] for it in rendered if it["kind"] == "ConfigMap" and it["metadata"]["name"] == "nvcf-api-env"]
    assert env == stack_values()["api"]["env"] | pair(GHCR)


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
