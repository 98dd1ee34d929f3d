# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else writes the release: a controller that rolls back what others change, or a tool that will write it again.

Known by the labels that Flux puts on all objects, by the marks of Argo CD, and by the name under which the program that
stored a revision is known to the API server. Helmfile and scripts run helm itself, and leave no mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from .._helm.argocd import application_of
from .._helm.manifest import objects
from .._helm.storage import History, Release, Revision, read_release
from .._kubernetes.api_client import Cluster, path_of
from .._registries.configured import HeldRegistry, held
from .._registries.patches import APPLICATION, HELM_RELEASE, VALUES, patch_of, variables_of
from .._registries.values import read_env
from .._runtime.errors import KubernetesError, ReleaseError
from .._runtime.services import Service

_FLUX = "helm.toolkit.fluxcd.io"
_WRITERS = {"terraform-provider-helm": "Terraform", "helm-controller": "Flux", "pulumi-kubernetes": "Pulumi"}
RECONCILING, SUSPENDED, NOT_HERE = "reconciling", "suspended", "not on this cluster"
_UNKNOWN = "whether it is suspended is unknown"
_UNREAD = "whether it syncs by itself is unknown"


class OwnerFacts(TypedDict):
    """The tool that manages the release, and what has to be in its values."""

    tool: str
    object: str
    state: str
    patch: str
    remove: list[str]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The registries that the release is to have."""

    service: Service
    after: Sequence[HeldRegistry]
    removed: Sequence[HeldRegistry] = ()
    """Those that it must not have any more as they were."""
    known: bool = True
    """False where no change could be made of what is wanted, so that nothing can be said of it."""

    @property
    def gone(self) -> list[str]:
        """The variables that it must not have any more. What is only changed stays."""
        keys = {registry.key for registry in self.after}
        return variables_of(registry for registry in self.removed if registry.key not in keys)


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A controller to which the release belongs."""

    kind: str
    place: str
    """The name of the object that defines the release, with its namespace where that is known."""
    state: str
    """What it is about, in a few words."""
    goal: Goal
    holds: tuple[HeldRegistry, ...] | None = None
    """The registries in its own values; None where these are not known. Other values may be secret."""
    values_from: tuple[str, ...] = ()
    """What it takes further values from, which is not read."""

    @property
    def tool(self) -> str:
        return "Argo CD" if self.kind == APPLICATION else "Flux"

    @property
    def object(self) -> str:
        """`kind namespace/name`."""
        return f"{self.kind} {self.place}"

    @property
    def binding(self) -> bool:
        """Whether it reverts a change by itself, as far as is known."""
        return self.state in (RECONCILING, _UNKNOWN)

    @property
    def known(self) -> bool:
        """Whether the object that defines the release exists, as far as is known."""
        return self.binding or self.state == SUSPENDED

    @property
    def lost(self) -> list[HeldRegistry]:
        """What is to be in the release and is not in the values of the owner."""
        return [registry for registry in self.goal.after if registry not in (self.holds or ())]

    @property
    def kept(self) -> list[HeldRegistry]:
        """What is in the values of the owner and is not to be in the release."""
        return [registry for registry in self.holds or () if registry not in self.goal.after]

    @property
    def ready(self) -> bool:
        """Whether its values hold exactly what is to be."""
        return self.goal.known and self.holds is not None and not (self.lost or self.kept)

    @property
    def way(self) -> str:
        """How registries are changed instead."""
        values = VALUES[self.kind]
        if self.ready and self.kind == HELM_RELEASE:
            namespace, _slash, name = self.place.partition("/")
            if self.state == SUSPENDED:
                return (
                    f"Its {values} hold the registries as wanted: let Flux deploy them with `flux resume helmrelease "
                    f"{name} -n {namespace}`."
                )
            return (
                f"Its {values} hold the registries as wanted: let Flux deploy them with `flux reconcile helmrelease "
                f"{name} -n {namespace} --force`."
            )
        return (
            f"Change the registries in the values of {self.object} ({values}, {self.goal.service.env}){self._steps}, "
            f"and let {self.tool} deploy them."
        )

    @property
    def _patch(self) -> str:
        return patch_of(self.object, self.goal.after) if self.goal.known else ""

    @property
    def _steps(self) -> str:
        shown = " as owner.patch of the result shows" if self._patch else ""
        without = f" without {', '.join(self.goal.gone)}" if self.goal.gone else ""
        return ",".join(filter(None, (shown, without)))

    @property
    def outlook(self) -> str:
        """What becomes of a change that is made in spite of it."""
        if self.kind == APPLICATION:
            return (
                f"the Deployment bears marks of Argo CD ({self.object}). If Argo CD still deploys it, its next sync "
                f"reverts this change. {self.way}"
            )
        if self.state == NOT_HERE:
            return (
                f"the objects of the release bear labels of Flux ({self.object}), and this cluster has no such "
                f"HelmRelease. If Flux deploys them from another cluster, it reverts this change. {self.way}"
            )
        if self.ready:
            return (
                f"{self.object} is suspended. Its spec.values hold the registries as they are after this change, so "
                f"the change lasts when Flux is resumed{self._unless}."
            )
        return (
            f"{self.object} is suspended. When it is resumed, Flux upgrades the release to its own values"
            f"{self._difference}. {self.way}"
        )

    @property
    def _difference(self) -> str:
        missing = [f"lack {', '.join(map(str, self.lost))}"] if self.lost else []
        surplus = [f"still hold {', '.join(map(str, self.kept))}"] if self.kept else []
        return f", which {' and '.join([*missing, *surplus])}{self._unless}" if self.holds is not None else ""

    @property
    def _unless(self) -> str:
        return f", unless {', '.join(self.values_from)} in spec.valuesFrom says otherwise" if self.values_from else ""

    def facts(self) -> OwnerFacts:
        """For results and reports."""
        goal = self.goal
        return {
            "tool": self.tool,
            "object": self.object,
            "state": self.state,
            "patch": self._patch,
            "remove": goal.gone,
        }


def application(name: str, goal: Goal) -> Owner:
    """Argo CD, which puts its marks on what it deploys. Its object may be on another cluster, and is not read."""
    return Owner(kind=APPLICATION, place=name, state=_UNREAD, goal=goal)


def owner_of(
    cluster: Cluster, history: History, release: Release, deployment: Mapping[str, Any] | None
) -> Owner | None:
    """The controller that owns the release as it is; None where no one is known to. Raises KubernetesError."""
    owner = _flux(cluster, history, release)
    if owner is None and (name := application_of(deployment or {})):
        return application(name, _as_is(release))
    return owner


def _as_is(release: Release) -> Goal:
    return Goal(service=release.service, after=release.stored)


def _flux(cluster: Cluster, history: History, release: Release) -> Owner | None:
    labeled = _labeled(release)
    place = labeled or _labeled(_of_flux(cluster, history))
    if place is None:
        return None
    namespace, name = place
    owner = Owner(kind=HELM_RELEASE, place=f"{namespace}/{name}", state=_UNKNOWN, goal=_as_is(release))
    try:
        found = cluster.find(path_of(f"apis/{_FLUX}/v2/namespaces", namespace, "helmreleases", name))
    except KubernetesError as error:
        if error.status == 403:
            return owner
        raise
    if found is not None:
        return _as_found(owner, found.get("spec") or {})
    # Labels go with the first upgrade that Flux has not made; what only a former revision had is past.
    return replace(owner, state=NOT_HERE) if labeled else None


def _as_found(owner: Owner, spec: Mapping[str, Any]) -> Owner:
    try:
        holds = held(read_env(spec.get("values") or {}, owner.goal.service), owner.goal.service)
    except ReleaseError:
        holds = None
    return replace(
        owner,
        state=SUSPENDED if spec.get("suspend") is True else RECONCILING,
        holds=holds,
        values_from=tuple(f"{source.get('kind')} {source.get('name')}" for source in spec.get("valuesFrom") or ()),
    )


def _labeled(release: Release | None) -> tuple[str, str] | None:
    """Namespace and name of the HelmRelease of which the objects bear labels."""
    if release is None or _FLUX not in release.manifest:
        return None
    for item in objects(release.manifest, release.namespace).values():
        labels = item["metadata"].get("labels") or {}
        if name := labels.get(f"{_FLUX}/name"):
            return str(labels.get(f"{_FLUX}/namespace") or release.namespace), str(name)
    return None


def _of_flux(cluster: Cluster, history: History) -> Release | None:
    """The last revision that Flux has made: an upgrade by another one takes its labels away."""
    for revision in reversed(history.revisions):
        if writer_of(revision) == "Flux":
            try:
                return read_release(cluster, history, revision.number)
            except ReleaseError:
                return None
    return None


def writer_of(revision: Revision | None) -> str:
    """The tool that has stored a revision; empty for helm itself and where that is not known."""
    writer = revision.writer if revision else ""
    return next((tool for prefix, tool in _WRITERS.items() if writer.startswith(prefix)), "")
