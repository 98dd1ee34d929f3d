# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API's Deployment, its pods and its environment as they are in the cluster now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .._helm.manifest import Workload, named_container
from .._helm.storage import history_of, read_release
from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import ReleaseError
from .._runtime.option_groups import ReleaseOptions
from .pod_status import PodState, read_pod
from .started_with import Known, older, origins, writes

REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, kw_only=True)
class LiveWorkload:
    """One look at everything that a rollout consists of."""

    deployment: Mapping[str, Any] = field(repr=False)
    replica_sets: tuple[Mapping[str, Any], ...] = field(repr=False)
    """Those of the Deployment, oldest first."""
    pods: tuple[PodState, ...]
    """Pods of those ReplicaSets. The bootstrap hook's pods carry the same labels and are not among them."""
    watchable: Mapping[Literal["deployment", "pods"], tuple[str, str]]
    """Where to watch for the next change: the list and its version at this look."""
    env: Mapping[str, str] = field(repr=False)
    """The ConfigMap's data; nothing where the container does not refer to one."""
    env_written: datetime
    """When the ConfigMap's data was last written, by the API server's clock."""
    stale: frozenset[str]
    """Names of the pods that are not known to have been started with what the ConfigMap now holds."""
    started_with: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """The environment of such a pod, by its name, where it is known."""
    ambiguous: frozenset[str] = frozenset()
    """Pods that may run with the environment of now or with another: a second is too coarse."""
    config_map: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The ConfigMap, which may be there though the release has none."""

    @property
    def newest(self) -> str:
        """uid of the ReplicaSet of the current template; empty before the controller has made it."""
        return str(self.replica_sets[-1]["metadata"]["uid"]) if self.replica_sets else ""


def current_workload(cluster: Cluster, release: ReleaseOptions) -> Workload:
    """The API's workload according to the last deployed revision. Raises ReleaseError."""
    history = history_of(cluster, release)
    if history.deployed is None:
        raise ReleaseError(
            f"release {release} has no deployed revision, so the expected state is unknown. "
            "release_rollback returns to one, and so does recognized_registry with on_pending=rollback.",
            history=history.facts(),
        )
    stored = read_release(cluster, history, history.deployed.number)
    return stored.workload


def read_workload(cluster: Cluster, workload: Workload, known: Known | None = None) -> LiveWorkload:
    """One look; `known` is what the looks before it have found out about the past.

    Raises ReleaseError when the Deployment or the ConfigMap of the release does not exist.
    """
    deployment = _existing(cluster, "apis/apps/v1", "deployments", workload.namespace, workload.deployment)
    config_map = _config_map(cluster, workload)
    selector = ",".join(f"{k}={v}" for k, v in sorted(deployment["spec"]["selector"]["matchLabels"].items()))
    listed = cluster.get(path_of("apis/apps/v1/namespaces", workload.namespace, "replicasets", labelSelector=selector))
    uid = deployment["metadata"]["uid"]
    replica_sets = sorted((item for item in listed["items"] if uid in _owners(item)), key=_revision)
    owners = {item["metadata"]["uid"] for item in replica_sets}
    pods_path = path_of("api/v1/namespaces", workload.namespace, "pods", labelSelector=selector)
    listed_pods = cluster.get(pods_path)
    items = [item for item in listed_pods["items"] if owners & set(_owners(item))]
    pods = tuple(read_pod(item, workload.container) for item in items)
    # Without a ConfigMap nothing has been written since the Deployment was made: its pods are not older than that.
    source = config_map if refers(deployment, workload) and config_map else {"metadata": deployment["metadata"]}
    env, written = source.get("data") or {}, writes(source["metadata"])
    old = [pod for pod in pods if older(pod, written.last)]
    possible = origins(cluster, workload, old, written, known or Known())
    stale = {name: found for name, found in possible.items() if env not in found}
    return LiveWorkload(
        deployment=deployment,
        replica_sets=tuple(replica_sets),
        pods=pods,
        watchable={
            "deployment": (
                path_of(
                    *("apis/apps/v1/namespaces", workload.namespace, "deployments"),
                    fieldSelector=f"metadata.name={workload.deployment}",
                ),
                deployment["metadata"]["resourceVersion"],
            ),
            "pods": (pods_path, listed_pods["metadata"]["resourceVersion"]),
        },
        env=env,
        env_written=written.last,
        stale=frozenset(stale),
        started_with={name: found[0] for name, found in stale.items() if len(found) == 1},
        ambiguous=frozenset(name for name, found in possible.items() if len(found) > 1),
        config_map=config_map,
    )


def _config_map(cluster: Cluster, workload: Workload) -> dict[str, Any]:
    """The ConfigMap of the environment; an empty map where the release has none and no one made one."""
    if workload.config_map:
        return _existing(cluster, "api/v1", "configmaps", workload.namespace, workload.config_map)
    return cluster.find(path_of("api/v1/namespaces", workload.namespace, "configmaps", workload.env_object)) or {}


def refers(deployment: Mapping[str, Any], workload: Workload) -> bool:
    """Whether the environment's ConfigMap is intended to reach the container, by the release or by an edit of it."""
    sources = named_container(deployment, workload.container).get("envFrom") or []
    names = [(source.get("configMapRef") or {}).get("name") for source in sources]
    return bool(workload.config_map) or workload.env_object in names


def _existing(cluster: Cluster, group: str, plural: str, namespace: str, name: str) -> dict[str, Any]:
    found = cluster.find(path_of(f"{group}/namespaces", namespace, plural, name))
    if found is None:
        raise ReleaseError(
            f"{plural}/{name} of the release does not exist in namespace {namespace}: it was deleted. "
            "`helm rollback` to the deployed revision creates it again."
        )
    return found


def _owners(item: Mapping[str, Any]) -> Iterator[str]:
    return (owner["uid"] for owner in item["metadata"].get("ownerReferences") or [])


def _revision(replica_set: Mapping[str, Any]) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))
