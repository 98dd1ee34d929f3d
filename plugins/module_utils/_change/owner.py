# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else writes the release: a controller that rolls back what others change, or a tool that will write it again.

Known by the labels that Flux puts on all objects, and by the name under which the program that stored a revision is
known to the API server. Helmfile and scripts run helm itself, and leave no mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from .._helm.manifest import objects
from .._helm.storage import Release, Revision
from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import KubernetesError, PlanError

_FLUX = "helm.toolkit.fluxcd.io"
_WRITERS = {"terraform-provider-helm": "Terraform", "helm-controller": "Flux", "pulumi-kubernetes": "Pulumi"}


class OwnerFacts(TypedDict):
    """The tool that manages the release."""

    tool: str
    object: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A controller to which the release belongs."""

    tool: str
    object: str
    """The object that defines the release, `kind namespace/name`."""
    state: str
    """What it is about, in a few words."""
    path: str
    """Where in the values registries are."""

    @property
    def way(self) -> str:
        """How registries are changed instead."""
        return (
            f"Change the registries in the values of {self.object} (spec.values, {self.path}), and let "
            f"{self.tool} deploy them."
        )

    def facts(self) -> OwnerFacts:
        """For results and reports."""
        return {"tool": self.tool, "object": self.object, "state": self.state}


def owner_of(cluster: Cluster, release: Release) -> Owner | None:
    """The controller that owns the release; None where no one is known to. Raises KubernetesError."""
    if _FLUX not in release.manifest:
        return None
    for item in objects(release.manifest, release.namespace).values():
        labels = item["metadata"].get("labels") or {}
        name, namespace = labels.get(f"{_FLUX}/name"), labels.get(f"{_FLUX}/namespace") or release.namespace
        if name and (state := _flux_state(cluster, str(namespace), str(name))):
            return Owner(tool="Flux", object=f"HelmRelease {namespace}/{name}", state=state, path=release.service.env)
    return None


def _flux_state(cluster: Cluster, namespace: str, name: str) -> str | None:
    """What the HelmRelease is about; None when there is none any more, so that nothing reverts a change."""
    try:
        found = cluster.find(path_of(f"apis/{_FLUX}/v2/namespaces", namespace, "helmreleases", name))
    except KubernetesError as error:
        if error.status == 403:
            return "whether it is suspended is unknown"
        raise
    if found is None:
        return None
    return "suspended" if (found.get("spec") or {}).get("suspend") is True else "reconciling"


def refuse_owned(cluster: Cluster, release: Release, **facts: Any) -> None:
    """Raises PlanError where a change would not last, or is not helm's to make."""
    if owner := owner_of(cluster, release):
        raise PlanError(
            f"release {release.namespace}/{release.name} is managed by {owner.tool} ({owner.object}, {owner.state}): "
            f"it reverts changes of other users at its next reconciliation. {owner.way}",
            owner=owner.facts(),
            **facts,
        )
    if release.kept_in:
        raise PlanError(
            f"the release is stored in namespace {release.kept_in} and its objects are in {release.namespace}, which "
            "the helm program cannot write. Change it with the tool that created it.",
            **facts,
        )


def writer_of(revision: Revision | None) -> str:
    """The tool that has stored a revision; empty for helm itself and where that is not known."""
    writer = revision.writer if revision else ""
    return next((tool for prefix, tool in _WRITERS.items() if writer.startswith(prefix)), "")
