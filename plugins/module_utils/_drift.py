# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was edited by hand since the release was made: `kubectl edit` and `kubectl set env` leave no trace in Helm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ._cluster import MERGE_PATCH, STRATEGIC_PATCH, Cluster, path_of
from ._held import variables
from ._manifest import ENV_WRITTEN, Workload, container_env
from ._release import Release

ON_CONTAINER = ("deployment", "added")
"""A variable that was set on the container itself, where it outranks whatever the ConfigMap says."""


@dataclass(frozen=True, kw_only=True, order=True)
class Drift:
    """One variable that is not live what the release says. Its value is not told: it could be a password."""

    object: str
    """configmap or deployment."""
    name: str
    """`kind/name`, for people."""
    variable: str
    change: str
    """added, removed or changed, by hand."""

    @property
    def ours(self) -> bool:
        """Whether it is a recognised registry's variable."""
        return bool(variables({self.variable: ""}))

    def facts(self) -> dict[str, Any]:
        """For results and reports."""
        return {"object": self.name, "variable": self.variable, "change": self.change}


def live_drift(cluster: Cluster, release: Release) -> list[Drift]:
    """Differences between the release's rendered environment and the live one. A missing object is all removed."""
    workload = release.workload
    config_map = cluster.find(path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.config_map))
    deployment = cluster.find(
        path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment)
    )
    return find_drift(workload, config_map or {}, deployment)


def find_drift(workload: Workload, config_map: Mapping[str, Any], deployment: Mapping[str, Any] | None) -> list[Drift]:
    """The pure part of `live_drift`."""
    found = [
        Drift(object="configmap", name=f"configmap/{workload.config_map}", variable=variable, change=change)
        for variable, change in _compare(workload.env, config_map.get("data") or {})
    ]
    if deployment is not None:
        live = container_env(deployment, workload.container)
        found += [
            Drift(object="deployment", name=f"deployment/{workload.deployment}", variable=variable, change=change)
            for variable, change in _compare(workload.container_env, live)
        ]
    return sorted(found)


def _compare(rendered: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for variable in sorted({*rendered, *live}):
        if variable not in live:
            yield variable, "removed"
        elif variable not in rendered:
            yield variable, "added"
        elif rendered[variable] != live[variable]:
            yield variable, "changed"


def repairable(drift: Sequence[Drift]) -> bool:
    """Whether any of it concerns recognised registries, which are ours to mend."""
    return any(item.ours for item in drift)


def remove_strangers(cluster: Cluster, workload: Workload, drift: Sequence[Drift], *, keep: Mapping[str, Any]) -> None:
    """Takes registries' variables out of live objects that no manifest names, but for those in `keep`.

    Somebody added them by hand, or a failed upgrade left them: Helm 3 removes only what the last deployed revision had.
    Done before helm is run, so that no new pod is started with them.
    """
    strangers = [d for d in drift if d.ours and d.change == "added" and d.variable not in keep]
    data = {d.variable: None for d in strangers if d.object == "configmap"}
    if data:
        path = path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.config_map)
        stamp = {"annotations": {ENV_WRITTEN: datetime.now(tz=UTC).isoformat()}}
        cluster.patch(path, {"metadata": stamp, "data": data}, kind=MERGE_PATCH)
    env = [{"name": d.variable, "$patch": "delete"} for d in drift if d.ours and (d.object, d.change) == ON_CONTAINER]
    if env:
        container = {"name": workload.container, "env": env}
        path = path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment)
        cluster.patch(path, {"spec": {"template": {"spec": {"containers": [container]}}}}, kind=STRATEGIC_PATCH)
