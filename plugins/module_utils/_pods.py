# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod's status says about the API container in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

IMAGE_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why a pod will not become ready by waiting."""

    kind: str
    """exited, image, config or unschedulable."""
    reason: str
    """Kubernetes' word, for example CrashLoopBackOff."""
    message: str
    at: datetime | None = None
    """When a container exited, by the node's clock; None for the other kinds."""


@dataclass(frozen=True, kw_only=True)
class PodState:
    """One pod of the API's Deployment."""

    name: str
    owner: str
    """uid of its ReplicaSet."""
    ready: bool
    terminating: bool
    gone: bool
    """True once all its containers have ended for good."""
    started: datetime | None
    """When the API's container was last started, by the node's clock; None while it is not running."""
    restarts: int
    trouble: Trouble | None

    @property
    def serving(self) -> bool:
        """Whether requests are sent to it."""
        return self.ready and not self.terminating

    def facts(self) -> dict[str, Any]:
        """For results and reports."""
        return {"name": self.name, "ready": self.ready, "restarts": self.restarts}


def read_pod(pod: Mapping[str, Any], container: str) -> PodState:
    """The state of a pod as the API server returns it."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or []}
    containers = {c["name"]: c for c in status.get("containerStatuses") or []}
    mine = containers.get(container) or {}
    running = (mine.get("state") or {}).get("running")
    owners = [o["uid"] for o in metadata.get("ownerReferences") or [] if o.get("controller")]
    return PodState(
        name=metadata["name"],
        owner=owners[0] if owners else "",
        ready=(conditions.get("Ready") or {}).get("status") == "True",
        terminating="deletionTimestamp" in metadata,
        gone=status.get("phase") in ("Succeeded", "Failed"),
        started=datetime.fromisoformat(running["startedAt"]) if running and running.get("startedAt") else None,
        restarts=int(mine.get("restartCount") or 0),
        trouble=_trouble(conditions, mine),
    )


def _trouble(conditions: Mapping[str, Mapping[str, Any]], container: Mapping[str, Any]) -> Trouble | None:
    state, last = container.get("state") or {}, container.get("lastState") or {}
    waiting = state.get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    if reason in IMAGE_REASONS:
        return Trouble(kind="image", reason=reason, message=str(waiting.get("message") or ""))
    if reason in CONFIG_REASONS:
        return Trouble(kind="config", reason=reason, message=str(waiting.get("message") or ""))
    # A container that has ended once is reported at once: the kubelet's CrashLoopBackOff comes later, or never.
    ended = state.get("terminated") or (last.get("terminated") if not container.get("ready") else None)
    if ended:
        code = ended.get("exitCode")
        text = f"exit code {code}" + (f" ({ended['reason']})" if ended.get("reason") else "")
        at = datetime.fromisoformat(ended["finishedAt"]) if ended.get("finishedAt") else None
        return Trouble(kind="exited", reason=reason or str(ended.get("reason") or "Terminated"), message=text, at=at)
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return Trouble(kind="unschedulable", reason="Unschedulable", message=str(scheduled.get("message") or ""))
    return None
