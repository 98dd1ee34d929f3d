# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the API's pods are what the release says. Pure: one look in, one verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from .observed_state import LiveWorkload
from .pod_status import PodState, Trouble

_CURES = {
    "image": "The node cannot pull the API's own image: check the image and the pull secret.",
    "config": "An object that the pod refers to is missing: check the ConfigMaps and Secrets in the message.",
    "unschedulable": "The pod cannot be scheduled: check node capacity, selectors and taints.",
    "image beside": "The node cannot pull this container's image: check the image and the pull secret.",
    "exited beside": "The container exits repeatedly, and the API's container waits for it: see its last log lines.",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one look at a workload reports."""

    kind: Literal["done", "stale", "waiting", "failed"]
    """`stale`: all is rolled out, but pods run with an environment that was changed after they had started."""
    text: str
    pod: str = ""
    """The pod at fault, where there is one."""
    container: str = ""
    """The one of its containers whose log reports more; empty for the API's."""
    unready: str = ""
    """A sentence about the new pod that is waited for, or nothing."""
    trouble: Trouble | None = None
    """What that pod is in; while `waiting`, the exit after which its container waits for its next run."""
    cause: str = ""
    """Why its container ended, in plain words, where its log names a cause that no restart cures."""
    disproved: bool = False
    """Whether the pods have shown that the API does not run with what they were given."""
    awaits: Literal["deployment", "pods"] = "pods"
    """Where the next change will show, while `waiting`."""


def evaluate(live: LiveWorkload, causes: Mapping[str, str] | None = None) -> Verdict:
    """The state of the rollout of the Deployment's current template.

    `causes`: what the logs of `suspects` name, by the pod's name.
    """
    spec, status = live.deployment["spec"], live.deployment.get("status") or {}
    name = live.deployment["metadata"]["name"]
    desired = int(spec.get("replicas", 1))
    if spec.get("paused"):
        return Verdict(kind="failed", text=f"Deployment {name} is paused. Run `kubectl rollout resume` to continue.")
    if desired == 0:
        return Verdict(
            kind="failed", text=f"Deployment {name} is scaled to 0 replicas, so the API does not run. Scale it up."
        )
    generation = int(live.deployment["metadata"]["generation"])
    if int(status.get("observedGeneration") or 0) < generation or not live.newest:
        text = f"waiting for the controller to see generation {generation} of {name}"
        return Verdict(kind="waiting", text=text, awaits="deployment")
    new = _new(live)
    return _served(live, new, desired) or _troubled(live, new, causes or {}) or _stuck(live, new) or _waits(live, new)


def suspects(live: LiveWorkload) -> list[PodState]:
    """New pods whose container has ended with the environment of now. Its log may say that no restart will help."""
    return [pod for pod in _new(live) if pod.trouble and _exited(pod.trouble) and _with_current(live, pod, pod.trouble)]


def _new(live: LiveWorkload) -> list[PodState]:
    # A pod that has ended for good was evicted; its ReplicaSet has another one made.
    return [pod for pod in live.pods if pod.owner == live.newest and not pod.terminating and not pod.gone]


def _exited(trouble: Trouble) -> bool:
    return trouble.kind == "exited" and not trouble.container


def _with_current(live: LiveWorkload, pod: PodState, trouble: Trouble) -> bool:
    """Whether the run that has ended had the environment of now. Times are known to the second.

    What has ended in the second of the write had the one before: the API takes longer to fail. A pod that was made in
    it was made for what was written: helm writes the Deployment last.
    """
    written = live.env_written
    if trouble.at and trouble.at <= written:
        return False
    return (pod.made is not None and pod.made >= written) or (trouble.began is not None and trouble.began > written)


def _troubled(live: LiveWorkload, pods: list[PodState], causes: Mapping[str, str]) -> Verdict | None:
    for pod in pods:
        if not pod.trouble:
            continue
        if not _exited(pod.trouble):
            return _failed(pod, pod.trouble)
        if not _with_current(live, pod, pod.trouble):
            if pod.started and pod.name not in live.stale:
                # It is running again, with what is right now.
                continue
            # It would be started again with what is right now, but only after a back-off of up to five minutes.
            before = f"pod {pod.name} ended before its environment was changed"
            unproven = f"pod {pod.name} ended, and it is unknown whether it had the current environment"
            known = pod.trouble.at is not None and pod.trouble.at <= live.env_written
            return Verdict(kind="stale", text=before if known else unproven, pod=pod.name)
        cause = causes.get(pod.name, "")
        if cause or pod.trouble.repeated:
            return _failed(pod, pod.trouble, cause)
    return None


def _failed(pod: PodState, trouble: Trouble, cause: str = "") -> Verdict:
    where = f"pod {pod.name}, container {trouble.container}" if trouble.container else f"pod {pod.name}"
    return Verdict(
        kind="failed",
        text=f"{where}: {trouble.reason}: {trouble.message}. {_reason(trouble, cause)}",
        pod=pod.name,
        container=trouble.container,
        trouble=trouble,
        cause=cause,
        # A pod that no node takes was given nothing.
        disproved=trouble.kind != "unschedulable",
    )


def _reason(trouble: Trouble, cause: str) -> str:
    """Why it is a failure already, and the cure."""
    if cause:
        return f"Its log shows the cause. {cause}"
    if _exited(trouble):
        return f"It has ended {trouble.exits} times. The container exits instead of serving: see its last log lines."
    beside = f"{trouble.kind} beside"
    return _CURES[beside] if trouble.container and beside in _CURES else _CURES[trouble.kind]


def _served(live: LiveWorkload, new: list[PodState], desired: int) -> Verdict | None:
    """The verdict where as many new pods serve as there should be: what was said of them before is history then."""
    serving = [pod for pod in new if pod.serving]
    if len(serving) < desired or int((live.deployment.get("status") or {}).get("availableReplicas") or 0) < desired:
        return None
    if old := _old(live):
        return Verdict(kind="waiting", text=f"new pods ready, waiting for old pods to end ({len(old)})")
    if stale := [pod for pod in serving if pod.name in live.stale]:
        name = stale[0].name
        unproven = f"pod {name} may run with an old environment"
        text = f"pod {name} was started with another environment" if name in live.started_with else unproven
        return Verdict(kind="stale", text=text, pod=name)
    return Verdict(kind="done", text=f"{len(serving)} of {desired} pods ready with the current environment")


def _old(live: LiveWorkload) -> list[PodState]:
    return [pod for pod in live.pods if pod.owner != live.newest and not pod.gone]


def _stuck(live: LiveWorkload, new: list[PodState]) -> Verdict | None:
    name, newest = live.deployment["metadata"]["name"], live.replica_sets[-1]
    # The Deployment's own condition may be that of a ReplicaSet of before.
    refused = _conditions(newest).get("ReplicaFailure") or {}
    if refused.get("status") == "True":
        text = f"the cluster rejects new pods of {name}: {refused.get('reason')}: {refused.get('message')}"
        return Verdict(kind="failed", text=text)
    progressing = _conditions(live.deployment).get("Progressing") or {}
    if progressing.get("reason") == "ProgressDeadlineExceeded" and _about_this_rollout(live, progressing):
        text = f"Deployment {name} missed its progress deadline: {progressing.get('message')}"
        return _about_unready(Verdict(kind="failed", text=text, disproved=True), new)
    return None


def _about_this_rollout(live: LiveWorkload, condition: Mapping[str, Any]) -> bool:
    """Whether a missed deadline is that of the newest ReplicaSet, and with the environment of now.

    After a rollback to a ReplicaSet that is still there the controller keeps the condition of the one before, word for
    word, until pods come or go. And without a new ReplicaSet no deadline begins anew.
    """
    message, updated = str(condition.get("message")), condition.get("lastUpdateTime")
    named = f'"{live.replica_sets[-1]["metadata"].get("name")}"' in message or "ReplicaSet" not in message
    return named and (not updated or datetime.fromisoformat(updated) > live.env_written)


def _conditions(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {condition["type"]: condition for condition in (item.get("status") or {}).get("conditions") or []}


def _waits(live: LiveWorkload, new: list[PodState]) -> Verdict:
    old, desired = _old(live), int(live.deployment["spec"].get("replicas", 1))
    text = f"{len([pod for pod in new if pod.serving])} of {desired} new pods ready"
    text += f", old pods remaining: {len(old)}" if old else ""
    # A pod that is refused is none, and one that serves has to be counted: both show at the Deployment only.
    unsettled = any(not pod.serving for pod in new)
    return _about_unready(Verdict(kind="waiting", text=text, awaits="pods" if unsettled else "deployment"), new)


def _about_unready(verdict: Verdict, new: list[PodState]) -> Verdict:
    """With the first pod that is waited for, where there is one; one that has ended goes first."""
    waited_for = [pod for pod in new if not pod.serving]
    pod = next((pod for pod in waited_for if pod.trouble), next(iter(waited_for), None))
    if pod is None:
        return verdict
    sentence = f"Pod {pod.name} is not ready" + (f": {pod.unready.rstrip('.')}." if pod.unready else ".")
    if pod.trouble:
        times = "once" if pod.trouble.exits == 1 else f"{pod.trouble.exits} times"
        sentence += f" Its container has ended {times}: {pod.trouble.message}."
        # The log of what runs now shows why it is not ready, and of what waits for its next run, the one before.
        trouble = None if pod.started else pod.trouble
        return replace(verdict, pod=pod.name, unready=sentence, trouble=trouble)
    return replace(verdict, pod=pod.name, container=pod.speaker, unready=sentence)
