# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting a node pull an image for a pod that never does anything, and taking the pod away again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._kubernetes.api_client import Cluster, path_of
from .._kubernetes.watch import wait_for_event
from .._runtime.errors import KubernetesError
from .outcome import Outcome, judge, undecided

PREFIX = "fleetops-nvcf-pull-"
CONTAINER = "pull"
LABELS = {"app.kubernetes.io/managed-by": "fleetops.nvcf", "app.kubernetes.io/component": "image-pull-check"}
LEFTOVER_SECONDS = 900
"""Older than this, a pod belongs to no running check, unless it was allowed to live longer."""
MARGIN_SECONDS = 60
LOOK_SECONDS = 2.0
"""The longest time between two looks: an event of which the pod's status says nothing is seen this late."""
DELETE_TRIES = 3


class PullProbe:
    """One attempt to pull in one namespace."""

    def __init__(self, cluster: Cluster, *, namespace: str, service_account: str, timeout: float) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._service_account = service_account
        self._timeout = timeout
        # The name is chosen here: should the answer to the creation be lost, the pod can still be removed.
        self.pod = f"{PREFIX}{secrets.token_hex(4)}"
        self._may_exist = False
        self.leftovers: list[str] = []
        """Pods of earlier, killed checks that were removed."""

    def pull(self, image: str) -> Outcome:
        """The outcome, when the pod is on its way out.

        Raises KubernetesError when no pod can be made, watched or removed.
        """
        try:
            made = self._create(image)
            self._remove_leftovers(now=_created(made))
            return self._watch(made["metadata"]["uid"])
        finally:
            if self._may_exist:
                self._remove(self.pod)

    def _create(self, image: str) -> dict[str, Any]:
        self._may_exist = True
        try:
            return self._cluster.request("POST", self._pods(), body=self._manifest(image))
        except KubernetesError as error:
            # Without an answer, or with one from in between, nobody knows.
            self._may_exist = not 400 <= error.status < 500
            raise

    def _watch(self, uid: str) -> Outcome:
        path = self._pods(fieldSelector=f"metadata.name={self.pod}")
        deadline = time.monotonic() + self._timeout
        while True:
            listed = self._cluster.get(path)
            if not listed["items"]:
                raise KubernetesError(
                    f"pod {self._namespace}/{self.pod} was deleted by somebody else before its image was pulled. "
                    "Check what cleans up in this namespace, or set probe_namespace.",
                    status=404,
                )
            pod, events = listed["items"][0], self._events(uid)
            if outcome := judge(pod, events, container=CONTAINER):
                return outcome
            left = deadline - time.monotonic()
            if left <= 0:
                return undecided(pod, events, seconds=self._timeout)
            wait_for_event(
                self._cluster,
                path,
                resource_version=listed["metadata"]["resourceVersion"],
                seconds=min(LOOK_SECONDS, left),
            )

    def _events(self, uid: str) -> list[dict[str, Any]]:
        """Those of the pod, oldest first; none where they may not be read, for the status tells most of it."""
        path = path_of("api/v1/namespaces", self._namespace, "events", fieldSelector=f"involvedObject.uid={uid}")
        try:
            events: list[dict[str, Any]] = self._cluster.get(path)["items"]
        except KubernetesError as error:
            if error.status != 403:
                raise
            return []
        return sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))

    def _manifest(self, image: str) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.pod, "labels": LABELS},
            "spec": {
                "serviceAccountName": self._service_account,
                "automountServiceAccountToken": False,
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 1,
                # Ends the attempts of a pod whose check was killed.
                "activeDeadlineSeconds": int(self._timeout) + MARGIN_SECONDS,
                # What the Pod Security Standard "restricted" asks for.
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [
                    {
                        "name": CONTAINER,
                        "image": image,
                        # An image that some node has kept says nothing about the registry.
                        "imagePullPolicy": "Always",
                        # There is no such program in any image, so nothing of it is run.
                        "command": ["/fleetops-nvcf-pull-check"],
                        "resources": {
                            "requests": {"cpu": "1m", "memory": "16Mi"},
                            "limits": {"cpu": "50m", "memory": "32Mi"},
                        },
                        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    }
                ],
            },
        }

    def _remove_leftovers(self, *, now: datetime) -> None:
        """`now` is by the API server's clock, like the age of the pods."""
        selector = ",".join(f"{name}={value}" for name, value in LABELS.items())
        for pod in self._cluster.get(self._pods(labelSelector=selector))["items"]:
            lifetime = max(LEFTOVER_SECONDS, int(pod["spec"].get("activeDeadlineSeconds") or 0))
            if (now - _created(pod)).total_seconds() > lifetime:
                self._remove(pod["metadata"]["name"])
                self.leftovers.append(pod["metadata"]["name"])

    def _remove(self, name: str) -> None:
        path = path_of("api/v1/namespaces", self._namespace, "pods", name)
        for attempt in range(1, DELETE_TRIES + 1):
            try:
                self._cluster.request("DELETE", path)
                return
            except KubernetesError as error:
                if error.status == 404:
                    return
                if attempt == DELETE_TRIES:
                    raise KubernetesError(
                        f"pod {self._namespace}/{name} of the check could not be removed: {error} It does nothing; "
                        "delete it by hand, or let a later check do it.",
                        status=error.status,
                        pod=name,
                    ) from error
            time.sleep(0.5 * attempt)

    def _pods(self, **query: str) -> str:
        return path_of("api/v1/namespaces", self._namespace, "pods", **query)


def _created(pod: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
