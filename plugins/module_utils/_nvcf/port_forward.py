# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP service in a pod, reached through the Kubernetes API server.

No route to the cluster's network is needed. The API server's own service proxy would be simpler, but it strips the
Authorization header; a port-forward carries bytes and strips nothing.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from .._kubernetes.api_client import Cluster, path_of
from .._kubernetes.port_channel import PortChannel, open_channel
from .._runtime.errors import KubernetesError, NoAnswerError, NvcfError
from .transport import Reply, not_built

PAUSE_SECONDS = 1.0
"""Before it is looked again whether another pod serves."""


class ForwardedService:
    """A service that listens on a port of a pod. Keeps one connection until `close`.

    `serving` names the pods that serve now. It is asked once a connection broke or could not be had, because pods are
    replaced and evicted: what was not sent yet then goes to another one.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        namespace: str,
        pod: str,
        port: int,
        timeout: float,
        serving: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._pod = pod
        self._port = port
        self._timeout = timeout
        self._serving = serving
        self._broke = False
        self._channel: PortChannel | None = None
        self._connection: http.client.HTTPConnection | None = None

    @property
    def where(self) -> str:
        """See `Service`."""
        return f"pod {self._namespace}/{self._pod} port {self._port}"

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One request over the forwarded connection, see `Service`."""
        self._drop_what_ended()
        try:
            connection = self._connection or self._connect()
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._broke = True
            reported = str(error).rstrip(".") or type(error).__name__
            raise NoAnswerError(
                f"the connection to {self.where} broke: {reported}. Check whether the pod still exists.", sent=True
            ) from error
        except ValueError as error:
            self.close()
            raise not_built(headers, error) from None
        except BaseException:
            # An interrupt leaves a request without its answer, after which this connection takes no other.
            self.close()
            raise
        reply = Reply(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()}, body=content)
        if answer.will_close:
            self.close()
        return reply

    def another(self) -> ForwardedService:
        """See `Service`."""
        return ForwardedService(
            self._cluster,
            namespace=self._namespace,
            pod=self._pod,
            port=self._port,
            timeout=self._timeout,
            serving=self._serving,
        )

    def close(self) -> None:
        """Ends the connection and with it the port-forward."""
        connection, channel = self._connection, self._channel
        self._connection = self._channel = None
        if connection:
            connection.close()
        if channel:
            channel.end()

    def _drop_what_ended(self) -> None:
        """Into a kept connection that has ended nothing is sent: it would not arrive."""
        if self._channel and self._channel.ended:
            self.close()
            self._broke = True

    def _connect(self) -> http.client.HTTPConnection:
        """To the pod, or to another one that serves when that one is gone or broke off before."""
        deadline = time.monotonic() + self._timeout
        tried: list[str] = []
        if self._broke:
            self._pod = next(iter(self._now_serving()), self._pod)
            self._broke = False
        while True:
            try:
                return self._connect_to_pod()
            except NoAnswerError as error:
                if getattr(error.__cause__, "status", None) in (401, 403):
                    raise
                tried.append(self._pod)
                self._pod = self._await_another(tried, deadline) or self._pod
                if self._pod in tried:
                    raise

    def _await_another(self, tried: Sequence[str], deadline: float) -> str | None:
        """A serving pod beside those `tried`. None is waited for where one of them still serves."""
        while True:
            serving = self._now_serving()
            if other := next((pod for pod in serving if pod not in tried), None):
                return other
            if serving or self._serving is None or time.monotonic() + PAUSE_SECONDS > deadline:
                return None
            time.sleep(PAUSE_SECONDS)

    def _now_serving(self) -> Sequence[str]:
        try:
            return self._serving() if self._serving else ()
        except NvcfError:
            # Why there is no connection is reported, and not why nothing else could be found.
            return ()

    def _connect_to_pod(self) -> http.client.HTTPConnection:
        names = ("api/v1/namespaces", self._namespace, "pods", self._pod, "portforward")
        try:
            self._channel = open_channel(self._cluster, path_of(*names, ports=str(self._port)), self._timeout)
        except KubernetesError as error:
            raise NoAnswerError(
                f"port-forward to {self.where} failed: {self._reason(error)}",
                sent=False,
                lasting=error.status in (401, 403, 404),
            ) from error
        # The name is only for the header Host. Without its socket this must not find another one there.
        self._connection = http.client.HTTPConnection("localhost", self._port)
        self._connection.auto_open = 0
        self._connection.sock = cast(Any, self._channel)
        return self._connection

    def _reason(self, error: KubernetesError) -> str:
        if error.status == 403:
            return f"{self._lacking(error)}. Grant this permission, or set api_url to an address of the NVCF API."
        if error.status == 404:
            return "the pod no longer exists. Run again."
        return f"{error} If the NVCF API has an address that this machine reaches, set api_url to it."

    def _lacking(self, error: KubernetesError) -> str:
        """The API server's own words, which name the right, or what they mean where they are none."""
        if "pods/portforward" in error.words:
            return error.words
        # Kubernetes looks at create from 1.35 on, after get, and gives no reason when that is what lacks.
        right = f'resource "pods/portforward" in API group "" in the namespace "{self._namespace}"'
        return f"the task's Kubernetes user cannot create {right}"
