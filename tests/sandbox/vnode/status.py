# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The status of a pod as the kubelet reports it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .client import Manifest
from .images import Image


class Phase(StrEnum):
    """Where a pod is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


def timestamp() -> str:
    """Return the time as Kubernetes writes it: UTC, whole seconds."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ContainerStatus:
    """One entry of `containerStatuses`."""

    name: str
    image: str
    state: Manifest = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: Manifest = field(default_factory=dict)
    restarts: int = 0
    ready: bool = False

    def wait(self, reason: str, message: str) -> None:
        """Not running, for that reason; what ended before becomes the last state."""
        self._keep_last()
        self.state = {"waiting": {"reason": reason, "message": message}}

    def run(self) -> None:
        """Running from now on; a restart when it ran before."""
        self._keep_last()
        if self.last_state:
            self.restarts += 1
        self.state = {"running": {"startedAt": timestamp()}}

    def end(self, exit_code: int) -> None:
        """Ended with that code."""
        self.ready = False
        started = self.state.get("running", {}).get("startedAt")
        self.state = {
            "terminated": {
                "exitCode": exit_code,
                "reason": "Completed" if exit_code == 0 else "Error",
                "finishedAt": timestamp(),
                **({"startedAt": started} if started else {}),
                "containerID": self._container_id(),
            }
        }

    @property
    def succeeded(self) -> bool:
        """Whether its last run ended without an error."""
        return bool(self.state.get("terminated", {}).get("exitCode") == 0)

    def _keep_last(self) -> None:
        if "terminated" in self.state:
            self.last_state = self.state

    def _container_id(self) -> str:
        return f"sandbox://{hashlib.sha256(f'{id(self)}/{self.restarts}'.encode()).hexdigest()}"

    def manifest(self) -> Manifest:
        """Return the API form."""
        running = "running" in self.state
        digest = hashlib.sha256(self.image.encode()).hexdigest()
        known = running or "terminated" in self.state or bool(self.last_state)
        return {
            "name": self.name,
            "image": self.image,
            "imageID": f"{Image(self.image).host}/{Image(self.image).name}@sha256:{digest}" if known else "",
            "containerID": self._container_id() if known else "",
            "ready": self.ready,
            "started": running,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last_state,
        }


class PodStatus:
    """Phase, conditions and containers of one pod. A condition's time changes only when the condition does."""

    def __init__(self, containers: list[Manifest], init: list[Manifest], *, host_ip: str, pod_ip: str) -> None:
        self.phase = Phase.PENDING
        self.terminating = False
        self.init = {spec["name"]: ContainerStatus(spec["name"], spec["image"]) for spec in init}
        self.containers = {spec["name"]: ContainerStatus(spec["name"], spec["image"]) for spec in containers}
        if init:
            for status in self.every.values():
                status.state = {"waiting": {"reason": "PodInitializing"}}
        self._addresses = {
            "hostIP": host_ip,
            "hostIPs": [{"ip": host_ip}],
            "podIP": pod_ip,
            "podIPs": [{"ip": pod_ip}],
        }
        self._started = timestamp()
        self._since: dict[str, tuple[bool, str]] = {}

    @property
    def every(self) -> dict[str, ContainerStatus]:
        """All containers, those that run before the others first."""
        return self.init | self.containers

    @property
    def ready(self) -> bool:
        """Whether the pod may get requests."""
        return not self.terminating and all(container.ready for container in self.containers.values())

    def manifest(self) -> Manifest:
        """Return the API form, for a strategic merge patch."""
        containers_ready = all(container.ready for container in self.containers.values())
        return {
            "phase": self.phase,
            "startTime": self._started,
            **self._addresses,
            "conditions": [
                self._condition("PodReadyToStartContainers", self.phase in (Phase.PENDING, Phase.RUNNING)),
                self._initialized(),
                self._condition("ContainersReady", containers_ready),
                self._condition("Ready", self.ready),
            ],
            "initContainerStatuses": [
                container.manifest() | {"ready": container.succeeded} for container in self.init.values()
            ],
            "containerStatuses": [container.manifest() for container in self.containers.values()],
        }

    def _initialized(self) -> Manifest:
        pending = [container.name for container in self.init.values() if not container.succeeded]
        condition = self._condition("Initialized", not pending)
        if not pending:
            return condition
        message = f"containers with incomplete status: [{' '.join(pending)}]"
        return condition | {"reason": "ContainersNotInitialized", "message": message}

    def _condition(self, kind: str, holds: bool) -> Manifest:
        if kind not in self._since or self._since[kind][0] != holds:
            self._since[kind] = (holds, timestamp())
        condition: dict[str, Any] = {"type": kind, "status": str(holds), "lastTransitionTime": self._since[kind][1]}
        if holds:
            return condition | {"reason": None, "message": None}  # null takes an earlier reason away
        if self.phase == Phase.SUCCEEDED:
            return condition | {"reason": "PodCompleted", "message": None}
        unready = [container.name for container in self.containers.values() if not container.ready]
        message = f"containers with unready status: [{' '.join(unready)}]"
        return condition | {"reason": "ContainersNotReady", "message": message}
