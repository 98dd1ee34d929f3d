# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token from the control plane's own issuer, which asks for no credential inside the cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import NoAnswerError, NvcfApiError
from .._runtime.option_groups import ApiOptions
from .._runtime.run_cache import once
from .port_forward import ForwardedService
from .responses import understand
from .transport import Reply

SHARED_SECONDS = 600
"""Issued tokens live for hours."""
COLD_SECONDS = 30
"""How long an issuer that is just starting is waited for, where `api_timeout` allows that much."""
LOOK_SECONDS = 1.0
"""Between two looks for a pod that is ready."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds before it is asked again: it is ready before what it depends on is."""
PORT_NAME = "http"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def issued_token(cluster: Cluster, api: ApiOptions) -> str:
    """A token that the steps of a run share for a while: making one costs as much as the question it is for."""
    issuer = [api.api_keys_namespace, api.api_keys_service]
    whose = [cluster.identity, *issuer, int(time.time()) // SHARED_SECONDS]
    return once(f"token {json.dumps(whose, default=str)}", lambda: _mint(cluster, api))


def _mint(cluster: Cluster, api: ApiOptions) -> str:
    with reach_keys(cluster, api, api.api_keys_service) as issuer:
        reply = issuer.ask("POST", "/v1/admin/keys", headers=JSON, body=b"{}")
    if value := value_of(reply):
        return value
    raise NvcfApiError(
        f"the token issuer at {issuer.where} returned no token: {why_none(reply, 'token')}. Set token or token_file."
    )


def value_of(reply: Reply) -> str:
    """The token or key that was made; empty where none was."""
    value = reply.document.get("value") if isinstance(reply.document, dict) else None
    return value if understand(reply).kind == "accepted" and isinstance(value, str) else ""


def why_none(reply: Reply, wanted: str) -> str:
    """Why a reply has no token or key in it: what would be a success of the API is none here."""
    answer = understand(reply)
    return f"its answer contains no {wanted}" if answer.kind == "accepted" else answer.explanation


@dataclass(frozen=True, kw_only=True)
class Keys:
    """A service that makes tokens or keys, and until when it is waited for."""

    service: ForwardedService
    deadline: float

    @property
    def where(self) -> str:
        """What users call it."""
        return self.service.where

    def ask(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Its answer; one that is not up to it yet is asked again until the deadline.

        So is one whose answer was lost: a pod whose port is still closed is only noticed after the request was sent,
        and a token that no one has received harms no one.
        """
        for pause in PAUSES:
            too_late = time.monotonic() + pause > self.deadline
            try:
                reply = self.service.send(method, path, headers=headers, body=body)
            except NoAnswerError as error:
                if error.lasting or too_late:
                    raise
            else:
                if too_late or not (reply.status == 429 or reply.status >= 500):
                    return reply
            time.sleep(pause)
        return self.service.send(method, path, headers=headers, body=body)


@contextmanager
def reach_keys(cluster: Cluster, api: ApiOptions, name: str) -> Iterator[Keys]:
    """That Service in the namespace of keys, once a pod behind it is ready. Raises NvcfApiError."""
    deadline = time.monotonic() + min(api.api_timeout, COLD_SECONDS)
    issuer = _Issuer.find(cluster, api.api_keys_namespace, name)
    with closing(_forward_to_issuer(issuer, api.api_timeout, deadline)) as service:
        yield Keys(service=service, deadline=deadline)


def _forward_to_issuer(issuer: _Issuer, timeout: float, deadline: float) -> ForwardedService:
    while not (pods := issuer.ready()):
        if time.monotonic() + LOOK_SECONDS > deadline:
            raise NvcfApiError(f"no pod behind Service {issuer.name} is ready to issue a token. {issuer.cure}")
        time.sleep(LOOK_SECONDS)
    return ForwardedService(
        issuer.cluster,
        namespace=issuer.namespace,
        pod=pods[0]["metadata"]["name"],
        port=_target_port(issuer.port, pods[0]),
        timeout=timeout,
        serving=lambda: [pod["metadata"]["name"] for pod in issuer.ready()],
    )


@dataclass(frozen=True, kw_only=True)
class _Issuer:
    """The issuer's Service."""

    cluster: Cluster
    namespace: str
    name: str
    """With its namespace, as users write it."""
    port: Mapping[str, Any]
    pods: str
    """The path at which its pods are listed."""
    cure: str = "Set api_keys_namespace and api_keys_service, or set a token."

    @classmethod
    def find(cls, cluster: Cluster, namespace: str, service_name: str) -> _Issuer:
        """Raises NvcfApiError where there is none that could be asked."""
        name = f"{namespace}/{service_name}"
        service = cluster.find(path_of("api/v1/namespaces", namespace, "services", service_name))
        if service is None:
            raise NvcfApiError(f"there is no Service {name} that issues tokens. {cls.cure}")
        selector = ",".join(f"{k}={v}" for k, v in sorted((service["spec"].get("selector") or {}).items()))
        if not selector:
            # An empty selector would list every pod of the namespace.
            raise NvcfApiError(f"Service {name} selects no pods that could issue a token. {cls.cure}")
        # The order of a Service's ports means nothing: one for metrics may stand first.
        ports = sorted(service["spec"].get("ports") or [], key=lambda port: port.get("name") != PORT_NAME)
        if not ports:
            raise NvcfApiError(f"Service {name} has no port for token requests. {cls.cure}")
        pods = path_of("api/v1/namespaces", namespace, "pods", labelSelector=selector)
        return cls(cluster=cluster, namespace=namespace, name=name, port=ports[0], pods=pods)

    def ready(self) -> list[Mapping[str, Any]]:
        """Its pods that are ready now."""
        return [pod for pod in self.cluster.get(self.pods)["items"] if _is_ready(pod)]


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _target_port(port: Mapping[str, Any], pod: Mapping[str, Any]) -> int:
    """The pod's port behind a Service's, which may be given by name."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    named = (p for c in pod["spec"]["containers"] for p in c.get("ports") or [] if p.get("name") == target)
    return int(next(named, {"containerPort": port["port"]})["containerPort"])
