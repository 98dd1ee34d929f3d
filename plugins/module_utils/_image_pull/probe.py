# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting a node pull an image for a pod that never does anything, and taking the pod away again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import batched
from typing import Any

from .._kubernetes.api_client import Cluster, path_of
from .._kubernetes.watch import wait_for_event
from .._runtime.errors import ConnectionOptionsError, KubernetesError, NvcfError
from .outcome import Outcome, evaluate, refused_by_admission, undecided
from .placement import Placement, Pool

PREFIX = "fleetops-nvcf-pull-"
CONTAINER = "pull"
LABELS = {"app.kubernetes.io/managed-by": "fleetops.nvcf", "app.kubernetes.io/component": "image-pull-check"}
LEFTOVER_SECONDS = 900
"""Older than this, a pod belongs to no running check, unless it was allowed to live longer."""
MARGIN_SECONDS = 60
LOOK_SECONDS = 2.0
"""The longest time between two looks: an event of which the pod's status says nothing is seen this late."""
DELETE_TRIES = 3
AT_ONCE = 4
"""Pods that are there at the same time, so that a check of many fits into a ResourceQuota."""
ANYWHERE = Placement()


class PullProbe:
    """One attempt to pull one image in one namespace, on one kind of nodes or on any."""

    def __init__(
        self,
        cluster: Cluster,
        image: str,
        *,
        namespace: str,
        service_account: str,
        timeout: float,
        placement: Placement = ANYWHERE,
        pool: Pool | None = None,
    ) -> None:
        self._cluster = cluster
        self._image = image
        self._namespace = namespace
        self._service_account = service_account
        self._timeout = timeout
        self._placement = placement
        self._pool = pool
        # The name is chosen here: should the answer to the creation be lost, the pod can still be removed.
        self.pod = f"{PREFIX}{secrets.token_hex(4)}"
        self._uid = ""
        self._resource_version = ""
        self._deadline = 0.0
        self._may_exist = False
        self.leftovers: list[str] = []
        """Pods of earlier, killed checks that were removed."""
        self.result: Outcome | NvcfError | None = None
        """None while it is open; an error when no pod could be made, watched or removed."""

    def __str__(self) -> str:
        return f"{self._cluster.name}: pulling {self._image} for pod {self._namespace}/{self.pod}"

    @property
    def place(self) -> str:
        """The same for all in one namespace of one cluster."""
        return f"{self._cluster.identity}/{self._namespace}"

    def start(self, *, tidy: bool) -> None:
        """Makes the pod; with `tidy` also removes those that killed checks have left."""
        with self._noting_errors():
            made = self._create()
            if made is None:
                return
            self._uid = made["metadata"]["uid"]
            self._deadline = time.monotonic() + self._timeout
            if tidy:
                self._remove_leftovers(now=_created(made))

    def look(self) -> None:
        """Ends with a result once there is one, and the pod with it."""
        with self._noting_errors():
            self.result = self._look()
        if self.result is not None:
            self.close()

    def wait(self) -> None:
        """Until something has happened to the pod, or it is time to look at it anyway."""
        wait_for_event(
            self._cluster,
            self._path,
            resource_version=self._resource_version,
            seconds=max(0.0, min(LOOK_SECONDS, self._deadline - time.monotonic())),
        )

    def close(self) -> None:
        """Removes the pod, if there may be one."""
        if self._may_exist:
            with self._noting_errors():
                self._remove(self.pod)
            self._may_exist = False

    @contextmanager
    def _noting_errors(self) -> Iterator[None]:
        try:
            yield
        except (KubernetesError, ConnectionOptionsError) as error:
            self.result = error

    def _create(self) -> dict[str, Any] | None:
        """None where admission has refused the pod, which is the result then."""
        self._may_exist = True
        try:
            return self._cluster.request("POST", self._pods(), body=self._manifest())
        except KubernetesError as error:
            # Without an answer, or with one from since then, no one knows.
            self._may_exist = not 400 <= error.status < 500
            self.result = refused_by_admission(error.status, error.words)
            if self.result is None:
                raise
            return None

    @property
    def _path(self) -> str:
        return self._pods(fieldSelector=f"metadata.name={self.pod}")

    def _look(self) -> Outcome | None:
        listed = self._cluster.get(self._path)
        if not listed["items"]:
            raise KubernetesError(
                f"pod {self._namespace}/{self.pod} was deleted by another user or tool before its image was pulled. "
                "Check which tool deletes pods in this namespace, or set probe_namespace.",
                status=404,
            )
        pod, events = listed["items"][0], self._events(self._uid)
        self._resource_version = listed["metadata"]["resourceVersion"]
        if outcome := evaluate(pod, events, container=CONTAINER):
            return outcome
        over = time.monotonic() >= self._deadline
        return undecided(pod, events, seconds=self._timeout) if over else None

    def _events(self, uid: str) -> list[dict[str, Any]]:
        """Those of the pod, oldest first; none where they may not be read, for the status reports most of it."""
        path = path_of("api/v1/namespaces", self._namespace, "events", fieldSelector=f"involvedObject.uid={uid}")
        try:
            events: list[dict[str, Any]] = self._cluster.get(path)["items"]
        except KubernetesError as error:
            if error.status != 403:
                raise
            return []
        return sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))

    def _manifest(self) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.pod, "labels": LABELS},
            "spec": {
                **self._placement.spec,
                **({"affinity": self._pool.affinity} if self._pool else {}),
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
                        "image": self._image,
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
                        f"pod {self._namespace}/{name} of the check could not be deleted: {error} It has no effect; "
                        "delete it, or a later check deletes it.",
                        status=error.status,
                        pod=name,
                    ) from error
            time.sleep(0.5 * attempt)

    def _pods(self, **query: str) -> str:
        return path_of("api/v1/namespaces", self._namespace, "pods", **query)


def pull_all(probes: Sequence[PullProbe], say: Callable[[str], None]) -> None:
    """Has each of them come to its result, some side by side, and says which is begun.

    There are no threads: a signal reaches only the main one, and whatever ends this has to take the pods away.
    """
    tidied: set[str] = set()
    for batch in batched(probes, AT_ONCE):
        with ExitStack() as stack:
            for probe in batch:
                stack.callback(probe.close)
                say(str(probe))
                probe.start(tidy=probe.place not in tidied)
                tidied.add(probe.place)
            while waiting := [probe for probe in batch if probe.result is None]:
                for probe in waiting:
                    probe.look()
                if still := next((probe for probe in waiting if probe.result is None), None):
                    still.wait()


def _created(pod: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
