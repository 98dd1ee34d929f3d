# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod's status and events say about pulling its image. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from .._rollout.pod_status import CONFIG_REASONS, IMAGE_REASONS
from .._runtime.redaction import without_credentials

REFUSED = IMAGE_REASONS | {"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"}
FAILED = "Failed to pull image"
"""How the event begins that reports the cause of a failed attempt."""
ABANDONED = "ContainerStatusUnknown"
"""Why a container ended that the node gave up before it had started."""


@dataclass(frozen=True)
class Cause:
    """One way in which registries and networks refuse an image."""

    reason: str
    signs: tuple[str, ...]
    """What is in the container runtime's message, in lower case."""
    meaning: str
    """What it means and what to do, as the end of a sentence."""


# The first that fits holds. Registries answer "denied" for what does not exist as well, so that it comes before
# not_found; and the handshake of TLS may time out.
CAUSES = (
    Cause(
        "rate_limited",
        ("toomanyrequests", "too many requests"),
        "the registry limits the request rate; give the nodes credentials, or try again later",
    ),
    Cause(
        "unauthorized",
        ("unauthorized", "forbidden", "denied", "authorization failed", "failed to authorize", "no basic auth"),
        "the registry rejects the credentials, or requires credentials; add a pull secret for its host to the pods' "
        "ServiceAccount, and check that the image exists",
    ),
    Cause(
        "no_such_host",
        ("no such host", "server misbehaving", "name resolution"),
        "nodes cannot resolve the registry's host; check its spelling and the DNS of the nodes",
    ),
    Cause(
        "unreachable",
        ("timeout", "deadline exceeded", "connection refused", "connection reset", "no route to host", "unreachable"),
        "nodes cannot reach the registry; check firewalls, proxies and routes of the nodes",
    ),
    Cause(
        "tls",
        ("x509:", "tls:", "http response to https client"),
        "nodes do not trust the registry's certificate, or it does not use TLS; check what the nodes' container "
        "runtime trusts",
    ),
    Cause(
        "wrong_platform",
        ("no match for platform",),
        "the image has no build for the nodes' processor or operating system",
    ),
    Cause(
        "not_found",
        ("not found", "manifest unknown", "name unknown", "name_unknown"),
        "the registry answers, but has no such image; check path and tag",
    ),
)

ADMISSION = "admission_refused"
POLICY_WORDS = (
    "admission webhook",
    "failed calling webhook",
    "validatingadmissionpolicy",
    "mutatingadmissionpolicy",
    "denied request",
    "denied the request",
)
"""What is in an admission's answer that is not a 403: webhooks choose the status themselves."""
_NO_RIGHT = re.compile(r'\S+ is forbidden: User ".*" cannot \w+ resource ', re.DOTALL)


class OutcomeFacts(TypedDict):
    """The result of a pull."""

    pulled: bool
    reason: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt to pull ended."""

    pulled: bool
    reason: str
    """pulled, a reason of CAUSES, bad_image, not_started, undecided, other, admission_refused or no_node."""
    message: str
    """The node's own words, or those of the API server where there is no pod."""
    meaning: str
    """What it means and what to do, as the end of a sentence."""

    @property
    def said(self) -> str:
        """The message as a sentence with a leading space; empty for none."""
        speaker = "API server" if self.reason == ADMISSION else "node"
        return f" Message of the {speaker}: {self.message.rstrip('.')}." if self.message else ""

    def facts(self) -> OutcomeFacts:
        """For results and reports."""
        return {"pulled": self.pulled, "reason": self.reason, "message": self.message}


def evaluate(pod: Mapping[str, Any], events: Sequence[Mapping[str, Any]], *, container: str) -> Outcome | None:
    """None while it is open. `events` are those of the pod, oldest first."""
    status = pod.get("status") or {}
    mine = _events_of(events, container)
    state = _state(pod, container)
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    reason = str(waiting.get("reason") or "")
    ran = "running" in state or (ended and ended.get("reason") != ABANDONED) or reason in CONFIG_REASONS
    if ran or any(event.get("reason") == "Pulled" for event in mine):
        return Outcome(pulled=True, reason="pulled", message="", meaning="the image was pulled")
    if reason in REFUSED:
        return _refused(reason, str(waiting.get("message") or ""), mine, image=_image(pod, container))
    if status.get("phase") == "Failed":
        return Outcome(
            pulled=False,
            reason="not_started",
            message=f"{status.get('reason') or 'Failed'}: {status.get('message') or 'no message'}",
            meaning="the node stopped the pod before its image was pulled",
        )
    return None


def refused_by_admission(status: int, words: str) -> Outcome | None:
    """What an API server's refusal of the pod means; None where no policy of the cluster is behind it."""
    text = words.lower()
    if not (status == 403 and not _NO_RIGHT.match(words)) and not any(word in text for word in POLICY_WORDS):
        return None
    if "exceeded quota" in text or "failed quota" in text:
        meaning = "a ResourceQuota leaves no room for the pod, so no node was tried; raise it, or set probe_namespace"
    elif "failed calling webhook" in text:
        meaning = "an admission webhook does not respond, so no node was tried; repair its service"
    elif "runtimeclass" in text:
        meaning = "the cluster has no such RuntimeClass, so no node was tried; correct runtime_class"
    else:
        meaning = (
            "a policy of the cluster refuses the pod, so no node was tried; if it also applies to pods of functions, "
            "change the policy; otherwise exempt pods with the label app.kubernetes.io/component=image-pull-check "
            "from it"
        )
    return Outcome(
        pulled=False, reason=ADMISSION, message=without_credentials(_without_secrets(words)), meaning=meaning
    )


def nowhere() -> Outcome:
    """For a cluster that has no node for the pod, or none at the moment."""
    return Outcome(
        pulled=False,
        reason="no_node",
        message="",
        meaning="no ready and schedulable node matches node_selector, architecture and tolerations; correct them, "
        "or start a node of the pool",
    )


def undecided(pod: Mapping[str, Any], events: Sequence[Mapping[str, Any]], *, seconds: float) -> Outcome:
    """What is known when the time is up."""
    conditions = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or []}
    unplaced = conditions.get("PodScheduled") or {}
    if unplaced.get("status") == "False":
        message, meaning = str(unplaced.get("message") or ""), f"the pod was not scheduled within {seconds:g} s"
    else:
        message = next((_told(event) for event in reversed(events)), "")
        meaning = (
            f"the pull neither succeeded nor failed within {seconds:g} s; increase probe_timeout if the image is large"
        )
    return Outcome(pulled=False, reason="undecided", message=message, meaning=meaning)


def classify(message: str, *, image: str) -> tuple[str, str]:
    """Reason and meaning of what a container runtime says about an image that it could not pull."""
    # An image may be called anything, and its path stands in the URLs of its registry as well.
    text = re.sub(r"(\w+://[^\s/\"]*)[^\s\"]*", r"\1", message.replace(image, "")).lower()
    for cause in CAUSES:
        if any(sign in text for sign in cause.signs):
            return cause.reason, cause.meaning
    return "other", "see the message of the node"


def _refused(reason: str, message: str, events: Sequence[Mapping[str, Any]], *, image: str) -> Outcome:
    # Older kubelets say only that they wait before the next attempt; the cause is in the event of the last one.
    failures = [str(event["message"]) for event in events if str(event.get("message")).startswith(FAILED)]
    message = _without_secrets(_cause(message) or _cause(failures[-1] if failures else "") or reason)
    if reason == "InvalidImageName":
        kind, meaning = "bad_image", "this is not an image reference that nodes understand"
    else:
        kind, meaning = classify(message, image=image)
    return Outcome(pulled=False, reason=kind, message=message, meaning=meaning)


def _cause(message: str) -> str:
    """What is left of a kubelet's message without its own words, which differ from one moment to the next."""
    return re.sub(r'^(?:Back-off pulling|Failed to pull) image "[^"]*"(?:: ErrImagePull)?(?:: )?', "", message)


def _state(pod: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return next((status.get("state") or {} for status in statuses if status["name"] == container), {})


def _image(pod: Mapping[str, Any], container: str) -> str:
    return next(str(one["image"]) for one in pod["spec"]["containers"] if one["name"] == container)


def _events_of(events: Sequence[Mapping[str, Any]], container: str) -> list[Mapping[str, Any]]:
    """Without those of containers that a webhook has added."""
    field = f"spec.containers{{{container}}}"
    return [event for event in events if (event.get("involvedObject") or {}).get("fieldPath") == field]


def _told(event: Mapping[str, Any]) -> str:
    return _without_secrets(str(event.get("message") or ""))


def _without_secrets(message: str) -> str:
    """Without the query and the user of URLs: a runtime may quote one that is signed or holds a password."""
    return re.sub(r"(\w+://)(?:[^\s/?#\"]*@)?([^\s?\"]*)(?:\?[^\s\"]*)?", r"\1\2", message)
