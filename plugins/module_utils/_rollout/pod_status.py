# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod's status says about the API's container in it, and about those beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

IMAGE_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
BACK_OFF = "CrashLoopBackOff"
REPEATED = 3
"""Exits after which a container that the kubelet holds back is not waited for any longer: it has backed off twice."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why a pod may not become ready by waiting."""

    kind: str
    """exited, image, config or unschedulable."""
    reason: str
    """Kubernetes' word, for example CrashLoopBackOff."""
    message: str
    began: datetime | None = None
    at: datetime | None = None
    """Begin and end of the last run of the API's container, by the node's clock; None for the other kinds."""
    exits: int = 0
    """How often the API's container has ended in this pod's life."""
    container: str = ""
    """The container, where it is not the API's: an init container or a sidecar."""

    @property
    def repeated(self) -> bool:
        """Whether the API's container ends again and again, and the kubelet holds it back for that."""
        return self.reason == BACK_OFF and self.exits >= REPEATED


class PodFacts(TypedDict):
    """One pod in a result."""

    name: str
    ready: bool
    restarts: int


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
    made: datetime | None
    """When it was created, by the API server's clock."""
    started: datetime | None
    """When the API's container was last started, by the node's clock; None while it is not running."""
    restarts: int
    trouble: Trouble | None
    unready: str = ""
    """Why it is not ready, in Kubernetes' words, where they say anything."""
    speaker: str = ""
    """The container whose log shows why it is not ready, where that is not the API's."""

    @property
    def serving(self) -> bool:
        """Whether requests are sent to it."""
        return self.ready and not self.terminating

    def facts(self) -> PodFacts:
        """For results and reports."""
        return {"name": self.name, "ready": self.ready, "restarts": self.restarts}


def read_pod(pod: Mapping[str, Any], container: str) -> PodState:
    """The state of a pod as the API server returns it."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or []}
    containers = {c["name"]: c for c in status.get("containerStatuses") or []}
    mine = containers.get(container) or {}
    # Init containers come first: while one of them runs or waits, none of the others is made.
    every = [*(status.get("initContainerStatuses") or []), *containers.values()]
    beside = [one for one in every if one["name"] != container]
    ready = (conditions.get("Ready") or {}).get("status") == "True"
    running = (mine.get("state") or {}).get("running")
    owners = [o["uid"] for o in metadata.get("ownerReferences") or [] if o.get("controller")]
    return PodState(
        name=metadata["name"],
        owner=owners[0] if owners else "",
        ready=ready,
        terminating="deletionTimestamp" in metadata,
        gone=status.get("phase") in ("Succeeded", "Failed"),
        made=_time(metadata, "creationTimestamp"),
        started=_time(running or {}, "startedAt"),
        restarts=int(mine.get("restartCount") or 0),
        trouble=_trouble(conditions, mine) or (None if ready else _trouble_beside(beside)),
        unready="" if ready else _unready(conditions, every),
        speaker="" if ready or (running is not None and not mine.get("ready")) else _speaker(beside),
    )


def _time(fields: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(fields[name]) if fields.get(name) else None


def _trouble(conditions: Mapping[str, Mapping[str, Any]], container: Mapping[str, Any]) -> Trouble | None:
    if trouble := _not_made(container) or _ended(conditions, container):
        return trouble
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return Trouble(kind="unschedulable", reason="Unschedulable", message=str(scheduled.get("message") or ""))
    return None


def _ended(conditions: Mapping[str, Mapping[str, Any]], container: Mapping[str, Any]) -> Trouble | None:
    """The last exit of a container that is not ready, unless it has been ready since: then that exit is history."""
    state, last = container.get("state") or {}, container.get("lastState") or {}
    running, ended = state.get("running"), state.get("terminated") or last.get("terminated")
    if not ended or container.get("ready"):
        return None
    started, unready = _time(running or {}, "startedAt"), _time(conditions.get("Ready") or {}, "lastTransitionTime")
    if started and unready and unready > started:
        return None
    reason = str(_waiting(container).get("reason") or ended.get("reason") or "Terminated")
    return Trouble(
        kind="exited",
        reason=reason,
        message=_exit(ended),
        began=_time(ended, "startedAt"),
        at=_time(ended, "finishedAt"),
        exits=int(container.get("restartCount") or 0) + (0 if running else 1),
    )


def _trouble_beside(containers: Sequence[Mapping[str, Any]]) -> Trouble | None:
    """That of the first container in trouble. One that ends may be waiting for something else to come up in that way.

    So it counts only when the kubelet has begun to back off.
    """
    for container in containers:
        if refused := _not_made(container):
            return replace(refused, container=container["name"])
        if _waiting(container).get("reason") == BACK_OFF:
            ended = (container.get("lastState") or {}).get("terminated") or {}
            return Trouble(kind="exited", reason=BACK_OFF, message=_exit(ended), container=str(container["name"]))
    return None


def _not_made(container: Mapping[str, Any]) -> Trouble | None:
    waiting = _waiting(container)
    reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if reason in IMAGE_REASONS:
        return Trouble(kind="image", reason=reason, message=message)
    if reason in CONFIG_REASONS:
        return Trouble(kind="config", reason=reason, message=message)
    return None


def _waiting(container: Mapping[str, Any]) -> Mapping[str, Any]:
    return (container.get("state") or {}).get("waiting") or {}


def _exit(ended: Mapping[str, Any]) -> str:
    return f"exit code {ended.get('exitCode')}" + (f" ({ended['reason']})" if ended.get("reason") else "")


def _unready(conditions: Mapping[str, Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]) -> str:
    """The first condition that is not met, and what containers wait for."""
    unmet = [conditions.get(kind) or {} for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]
    reported = [str(found["message"]) for found in unmet if found.get("status") == "False" and found.get("message")]
    reasons = list(dict.fromkeys(str(reason) for one in containers if (reason := _waiting(one).get("reason"))))
    return " ".join([*reported[:1], *([f"({', '.join(reasons)})"] if reasons else [])])


def _speaker(beside: Sequence[Mapping[str, Any]]) -> str:
    running = (one for one in beside if "running" in (one.get("state") or {}) and not one.get("ready"))
    return str(next(running, {}).get("name", ""))
