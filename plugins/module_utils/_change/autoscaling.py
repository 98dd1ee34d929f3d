# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The number of pods that an autoscaler holds, which helm resets to what the chart renders.

The chart renders `replicas` with an autoscaler too, and both major versions of helm write what is rendered, whichever
manager owns the field. Nothing but other values or another manifest prevents that, so the number is restored at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .._helm.manifest import Workload
from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import KubernetesError, NvcfError
from .release_handle import ReleaseHandle

POLL_SECONDS = 0.2
"""How often it is looked whether helm has written the number: a new pod takes a hundred times as long to start."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A number of pods above the one that the release renders, and who holds it."""

    pods: int
    rendered: int
    deployment: str
    autoscaler: str

    def explain(self) -> str:
        """What becomes of it, in sentences."""
        return (
            f"HorizontalPodAutoscaler {self.autoscaler} runs {self.pods} pods of deployment/{self.deployment}, and "
            f"the release renders {self.rendered}. Helm sets the rendered number, which deletes pods; it is set back "
            f"to {self.pods} immediately. To keep the pods, ask the release's deployer to raise api.replicaCount."
        )


def find_scaled(handle: ReleaseHandle, workload: Workload) -> Scaled | None:
    """What an autoscaler holds now; None where an upgrade takes no pod away from one.

    Raises KubernetesError, but for a user who may not list autoscalers: that is a warning.
    """
    cluster, rendered = handle.cluster, workload.replicas
    pods = _replicas(cluster, _path(workload))
    if rendered is None or pods <= rendered:
        return None
    try:
        listed = cluster.get(path_of("apis/autoscaling/v2/namespaces", workload.namespace, "horizontalpodautoscalers"))
    except KubernetesError as error:
        if error.status != 403:
            raise
        handle.warn(
            f"deployment/{workload.deployment} has {pods} pods and the release renders {rendered}. Whether an "
            f"autoscaler manages them is unknown, so helm sets them to {rendered}: {error}"
        )
        return None
    for item in listed["items"]:
        target = item["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) == ("Deployment", workload.deployment):
            name = item["metadata"]["name"]
            return Scaled(pods=pods, rendered=rendered, deployment=workload.deployment, autoscaler=name)
    return None


def _path(workload: Workload) -> str:
    return path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment)


def _replicas(cluster: Cluster, path: str) -> int:
    found = cluster.find(path)
    return int(found["spec"].get("replicas", 1)) if found else 0


@contextmanager
def kept(handle: ReleaseHandle, workload: Workload, scaled: Scaled | None) -> Iterator[None]:
    """Puts the number back as soon as the helm within the block has lowered it: its hooks may take minutes.

    The connection is used by a thread at the same time: the block waits for helm and asks nothing of the cluster.
    """
    if scaled is None:
        yield
        return
    cluster, path = handle.cluster, _path(workload)
    # The autoscaler may have gone on while the upgrade was prepared.
    pods = max(scaled.pods, _replicas(cluster, path))
    done = threading.Event()

    def put_back() -> bool:
        lowered = 0 < _replicas(cluster, path) < pods
        if lowered:
            cluster.patch(path, {"spec": {"replicas": pods}})
        return lowered

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            try:
                if put_back():
                    return
            except NvcfError:
                # Again when helm has ended, and then it is reported.
                continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        try:
            put_back()
        except NvcfError as error:
            handle.warn(f"deployment/{scaled.deployment} was not set back to {pods} pods: {error}")
