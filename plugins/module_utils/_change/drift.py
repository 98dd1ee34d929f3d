# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was edited by hand since the release was made: `kubectl edit`, `set` and `scale` leave no trace in Helm.

Only what the release's manifest sets itself is looked at: the variables, and where an upgrade would silently undo what
another user meant to last, image and number of pods.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypedDict

from .._helm.manifest import ENV_WRITTEN, Workload, container_env, named_container
from .._helm.storage import Release
from .._kubernetes.api_client import MERGE_PATCH, STRATEGIC_PATCH, Cluster, path_of
from .._kubernetes.managed_fields import writers
from .._registries.configured import variables
from .._runtime.services import Service
from .autoscaling import Scaled
from .field_owners import kept_by_the_cluster

ON_CONTAINER = ("deployment", "added")
"""A variable that was set on the container itself, where it outranks whatever the ConfigMap says."""
VARIABLE, OTHER, KEPT = "variable", "other", "kept"
"""KEPT is of either kind, and made by the cluster itself at every write: by an admission policy or webhook."""
_CUT_OFF = ("envFrom", "removed")
"""The container no longer takes anything from the ConfigMap of the registries."""
_LET_IN = ("envFrom", "added")
"""The container takes something from where a release without variables has it take nothing."""


class DriftFacts(TypedDict):
    """One difference between a live object and the release, without its value."""

    object: str
    variable: str
    change: str
    kind: str


@dataclass(frozen=True, kw_only=True, order=True)
class Drift:
    """One thing that is not live what the release says. Its value is not included: it could be a password."""

    service: Service = field(compare=False, repr=False)
    object: str
    """configmap or deployment."""
    name: str
    """`kind/name`, for users."""
    variable: str
    """Its name, or that of a field of the Deployment: envFrom, image, replicas."""
    change: str
    """added, removed or changed, by hand."""
    kind: str = VARIABLE
    """VARIABLE, OTHER or KEPT."""

    @property
    def ours(self) -> bool:
        """Whether it is a recognized registry's variable, or the way by which all of them reach the container."""
        if self.kind == OTHER:
            return (self.variable, self.change) == _CUT_OFF
        return bool(variables([self.variable], self.service))

    def facts(self) -> DriftFacts:
        """For results and reports."""
        return {"object": self.name, "variable": self.variable, "change": self.change, "kind": self.kind}


def live_drift(cluster: Cluster, release: Release) -> list[Drift]:
    """Differences between the release's rendered environment and the live one. A missing object is all removed."""
    workload = release.workload
    config_map = cluster.find(path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.env_object))
    deployment = cluster.find(
        path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment)
    )
    return find_drift(workload, config_map or {}, deployment)


def find_drift(workload: Workload, config_map: Mapping[str, Any], deployment: Mapping[str, Any] | None) -> list[Drift]:
    """The pure part of `live_drift`."""
    found = [
        Drift(
            service=workload.service,
            object="configmap",
            name=f"configmap/{workload.env_object}",
            variable=variable,
            change=change,
        )
        for variable, change in _compare(workload.env, config_map.get("data") or {})
    ]
    if deployment is not None:
        live = container_env(deployment, workload.container)
        name = f"deployment/{workload.deployment}"
        found += [
            Drift(service=workload.service, object="deployment", name=name, variable=variable, change=change)
            for variable, change in _compare(workload.container_env, live)
        ]
        found += [
            Drift(service=workload.service, object="deployment", name=name, variable=place, change=change, kind=OTHER)
            for place, change in _fields(workload, deployment)
        ]
    return sorted(replace(it, kind=KEPT) if _is_kept(it, deployment or {}, workload) else it for it in found)


def _is_kept(item: Drift, deployment: Mapping[str, Any], workload: Workload) -> bool:
    """What is ours never is: that it cannot be fixed shows when that is tried."""
    if item.object != "deployment" or item.ours or item.change == "removed" or item.variable == "replicas":
        return False
    container = ("spec", "template", "spec", "containers", {"name": workload.container})
    place = ("env", {"name": item.variable}) if item.kind == VARIABLE else (item.variable,)
    return kept_by_the_cluster(deployment, (*container, *place))


def _fields(workload: Workload, deployment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    container = named_container(deployment, workload.container)
    rendered, live = (list(map(_pruned, found)) for found in (workload.env_from, container.get("envFrom") or []))
    names = [(source.get("configMapRef") or {}).get("name") for source in live]
    if rendered and workload.config_map and workload.config_map not in names:
        yield _CUT_OFF
    elif rendered and rendered != live:
        yield "envFrom", "changed"
    elif live and not rendered:
        yield _LET_IN
    for place, wanted, found in (
        ("image", workload.image, container.get("image")),
        ("replicas", None if workload.autoscaled else workload.replicas, deployment["spec"].get("replicas")),
    ):
        if wanted is not None and wanted != found:
            yield place, "changed"


def _pruned(source: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, which the API server leaves out."""
    pairs = ((key, _pruned(value) if isinstance(value, Mapping) else value) for key, value in source.items())
    return {key: value for key, value in pairs if value not in (None, "", {})}


def _compare(rendered: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for variable in sorted({*rendered, *live}):
        if variable not in live:
            yield variable, "removed"
        elif variable not in rendered:
            yield variable, "added"
        elif rendered[variable] != live[variable]:
            yield variable, "changed"


def fates(drift: Sequence[Drift], revision: int, *, upgrading: bool, scaled: Scaled | None = None) -> Iterator[str]:
    """What happens to each, in a sentence: an upgrade also undoes edits that do not concern registries."""
    if scaled:
        yield scaled.explain()
    for item in drift:
        if item.kind == KEPT:
            yield (
                f"{item.variable} of {item.name} is {item.change} by the cluster itself (an admission policy or "
                "webhook) at every write; an upgrade does not alter that."
            )
            continue
        if scaled and (item.kind, item.variable) == (OTHER, "replicas"):
            continue
        if not upgrading:
            fate = "left as it is, because the release needs no upgrade"
        elif item.ours:
            fate = "repaired"
        elif item.kind == OTHER and (item.variable, item.change) == _LET_IN:
            fate = "replaced if the release has variables after this upgrade, otherwise left as it is"
        elif item.kind == VARIABLE and item.change == "added":
            fate = "left as it is, because the release does not define it"
        else:
            fate = "reset by this upgrade to the value in the release"
        what = f"{item.variable} of {item.name} was {item.change}"
        yield f"{what} outside of helm since revision {revision}; it is {fate}."


def repairable(drift: Sequence[Drift]) -> bool:
    """Whether any of it concerns recognized registries, which are ours to fix."""
    return any(item.ours for item in drift)


def not_only_helms(cluster: Cluster, workload: Workload, leaving: Collection[str]) -> list[str]:
    """Of variables that an upgrade drops those that Flux or another program has written into the live ConfigMap too.

    A server-side apply leaves them there, because it drops what is only its own.
    """
    path = path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.env_object)
    if not leaving or (found := cluster.find(path)) is None:
        return []
    there = found.get("data") or {}
    return sorted(it for it in leaving if it in there and {*writers(found["metadata"], ("data", it))} - {"helm"})


def remove_strangers(
    cluster: Cluster,
    workload: Workload,
    drift: Sequence[Drift],
    *,
    keep: Mapping[str, Any],
    also: Collection[str] = (),
    edited: bool = False,
) -> None:
    """Takes registries' variables out of live objects that are not among those to `keep`, the environment to come.

    Another user added them, or a failed upgrade left them: Helm 3 removes only what the last deployed revision had. Or
    another user changed them, and Helm 4 keeps fields of other owners when it drops a variable: half a pair, maybe.
    Done before helm is run, so that no new pod is started with them. `also`: variables that must go as well.
    `edited`: that this is drift of what is deployed. The ConfigMap is then marked also where helm repairs all of it,
    and leaves no trace of what pods may run with.
    """
    found = [d for d in drift if d.ours and d.object == "configmap"]
    data = {d.variable: None for d in found if d.change != "removed" and d.variable not in keep} | dict.fromkeys(also)
    if data or (found and edited):
        path = path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.env_object)
        stamp = {"annotations": {ENV_WRITTEN: datetime.now(tz=UTC).isoformat()}}
        cluster.patch(path, {"metadata": stamp, "data": data}, kind=MERGE_PATCH)
    env = [{"name": d.variable, "$patch": "delete"} for d in drift if d.ours and (d.object, d.change) == ON_CONTAINER]
    if env:
        container = {"name": workload.container, "env": env}
        path = path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment)
        cluster.patch(path, {"spec": {"template": {"spec": {"containers": [container]}}}}, kind=STRATEGIC_PATCH)
