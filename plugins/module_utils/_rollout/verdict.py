# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the API's pods are what the release says. Pure: one look in, one verdict out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .observed_state import LiveWorkload
from .pod_status import PodState, Trouble

_CURES = {
    "image": "The node can't pull the API's own image: check the image and the pull secret.",
    "config": "Something that the pod refers to is missing: check the ConfigMaps and Secrets that the message names.",
    "exited": "The container ends instead of serving: its last log lines say why.",
    "unschedulable": "No node takes the pod: check node capacity, selectors and taints.",
    "image beside": "The node can't pull this container's image: check the image and the pull secret.",
    "exited beside": "The container ends again and again, and the API's waits for it: its last log lines say why.",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one look at a workload tells."""

    kind: Literal["done", "stale", "waiting", "failed"]
    """`stale`: all is rolled out, but pods run with an environment that was changed after they had started."""
    text: str
    pod: str = ""
    """The pod at fault, where there is one."""
    container: str = ""
    """The one of its containers whose log tells more; empty for the API's."""
    unready: str = ""
    """A sentence about the new pod that is waited for, or nothing."""
    trouble: Trouble | None = None
    awaits: Literal["deployment", "pods"] = "pods"
    """Where the next change will show, while `waiting`."""


def judge(live: LiveWorkload) -> Verdict:
    """The state of the rollout of the Deployment's current template."""
    spec, status = live.deployment["spec"], live.deployment.get("status") or {}
    name = live.deployment["metadata"]["name"]
    desired = int(spec.get("replicas", 1))
    if spec.get("paused"):
        return Verdict(kind="failed", text=f"Deployment {name} is paused. `kubectl rollout resume` lets it go on.")
    if desired == 0:
        return Verdict(kind="failed", text=f"Deployment {name} is scaled to 0 replicas: no API runs. Scale it up.")
    generation = int(live.deployment["metadata"]["generation"])
    if int(status.get("observedGeneration") or 0) < generation or not live.newest:
        text = f"waiting for the controller to see generation {generation} of {name}"
        return Verdict(kind="waiting", text=text, awaits="deployment")
    # A pod that has ended for good was evicted; its ReplicaSet has another one made.
    new = [pod for pod in live.pods if pod.owner == live.newest and not pod.terminating and not pod.gone]
    old = [pod for pod in live.pods if pod.owner != live.newest and not pod.gone]
    return _troubled(live, new) or _stuck(live, name, new) or _progress(live, new, old, desired)


def _troubled(live: LiveWorkload, pods: list[PodState]) -> Verdict | None:
    for pod in pods:
        # Both are known to the second. In the same one it was the old environment: the API takes longer to fail.
        if pod.trouble and pod.trouble.at and pod.trouble.at <= live.env_written:
            # It would be started again with what is right now, but only after a back-off of up to five minutes.
            return Verdict(kind="stale", text=f"pod {pod.name} ended before its environment was changed", pod=pod.name)
        if pod.trouble:
            kind, container = pod.trouble.kind, pod.trouble.container
            cure = _CURES.get(f"{kind} beside", _CURES[kind]) if container else _CURES[kind]
            where = f"pod {pod.name}, container {container}" if container else f"pod {pod.name}"
            text = f"{where}: {pod.trouble.reason}: {pod.trouble.message}. {cure}"
            return Verdict(kind="failed", text=text, pod=pod.name, container=container, trouble=pod.trouble)
    return None


def _stuck(live: LiveWorkload, name: str, new: list[PodState]) -> Verdict | None:
    conditions = {c["type"]: c for c in (live.deployment.get("status") or {}).get("conditions") or []}
    refused = conditions.get("ReplicaFailure") or {}
    if refused.get("status") == "True":
        text = f"the cluster refuses new pods of {name}: {refused.get('reason')}: {refused.get('message')}"
        return Verdict(kind="failed", text=text)
    progressing = conditions.get("Progressing") or {}
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        text = f"Deployment {name} missed its progress deadline: {progressing.get('message')}"
        return _about_unready(Verdict(kind="failed", text=text), new)
    return None


def _about_unready(verdict: Verdict, new: list[PodState]) -> Verdict:
    """With the first pod that is waited for, where there is one."""
    pod = next((pod for pod in new if not pod.serving), None)
    if pod is None:
        return verdict
    sentence = f"Pod {pod.name} is not ready" + (f": {pod.unready.rstrip('.')}." if pod.unready else ".")
    return replace(verdict, pod=pod.name, container=pod.speaker, unready=sentence)


def _progress(live: LiveWorkload, new: list[PodState], old: list[PodState], desired: int) -> Verdict:
    serving = [pod for pod in new if pod.serving]
    if len(serving) < desired or int((live.deployment.get("status") or {}).get("availableReplicas") or 0) < desired:
        text = f"{len(serving)} of {desired} new pods ready" + (f", {len(old)} old still there" if old else "")
        # A pod that is refused is none, and one that serves has to be counted: both show at the Deployment only.
        unsettled = any(not pod.serving for pod in new)
        return _about_unready(Verdict(kind="waiting", text=text, awaits="pods" if unsettled else "deployment"), new)
    if old:
        return Verdict(kind="waiting", text=f"new pods ready, waiting for {len(old)} old to end")
    stale = [pod for pod in serving if pod.name in live.stale]
    if stale:
        return Verdict(
            kind="stale", text=f"pod {stale[0].name} was started with another environment", pod=stale[0].name
        )
    return Verdict(kind="done", text=f"{len(serving)} of {desired} pods ready with the current environment")
