# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kubernetes cluster over raw REST.

Of the kubernetes library only what it brings along is used, urllib3 and websocket-client: importing that library costs
more CPU than everything else that is done here, and its releases disagree with client-go in different ways.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

try:
    import urllib3
    import websocket

    if not hasattr(urllib3, "HTTPHeaderDict") or not hasattr(websocket, "WebSocket"):
        raise ImportError("urllib3 is older than 2, or websocket is not websocket-client")
    USER_AGENT = f"python-urllib3/{urllib3.__version__}"  # type: ignore[attr-defined] # it is there anyway
    KUBERNETES_IMPORT_ERROR: ImportError | None = None
except ImportError as _error:
    KUBERNETES_IMPORT_ERROR = _error

from .._kubeconfig.contexts import without_login
from .._kubeconfig.resolve import Access, resolve
from .._runtime.errors import ConnectionOptionsError, InputError, KubernetesError, NvcfError
from .._runtime.option_groups import ConnectionOptions
from .._runtime.private_files import Workspace
from .._runtime.unforeseen import adding
from .connection import Answer, Route, words_of
from .patience import GARBLED, RETRIES, asked_again, repeated_as_asked, retries
from .session import Session
from .shapes import check_object, check_read

Answered = TypeVar("Answered")

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
_NO_API_SERVER = (
    " That is not the response of an API server: check the server's address, and whether a proxy answers instead."
)


def path_of(prefix: str, *names: str, **query: str) -> str:
    """An API path from unescaped names: `path_of("api/v1/namespaces", namespace, "secrets", labelSelector="a=b")`.

    Raises InputError for a name that would lead elsewhere.
    """
    for name in names:
        if name in ("", ".", ".."):
            raise InputError(f"{name!r} is not a valid name of a Kubernetes object.")
    escaped = "/".join([prefix, *(quote(name, safe="") for name in names)])
    return f"/{escaped}" + (f"?{urlencode(query)}" if query else "")


class Cluster:
    """A connection to one cluster's API server."""

    def __init__(self, access: Access, workspace: Workspace) -> None:
        self.name = access.kubeconfig.name
        self.identity = access.identity
        """Equal for the same server over the same way as the same user."""
        self.server = without_login(access.kubeconfig.server)
        """The API server's address, for users."""
        self.workspace = workspace
        self.timeout: float = access.options.request_timeout or 30
        self.patience: float = access.options.outage_timeout
        """Seconds for which something is read again while the API server does not answer, or not as one."""
        self._date: str | None = None
        self._access = access
        self._session = Session(access)

    def get(self, path: str, *, accept: str = "application/json") -> dict[str, Any]:
        """The object or list at `path`. Raises KubernetesError, also when the answer is neither."""

        def read() -> dict[str, Any]:
            return self._told(check_read, "GET", path, self._once("GET", path, accept=accept))

        return self._patiently(read)

    def find(self, path: str) -> dict[str, Any] | None:
        """The object at `path`, None where there is none."""
        try:
            return self.get(path)
        except KubernetesError as error:
            if error.status == 404:
                return None
            raise

    def patch(self, path: str, body: Mapping[str, Any], *, kind: str = MERGE_PATCH) -> dict[str, Any]:
        """The object after the patch."""
        return self.request("PATCH", path, body=body, content_type=kind)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """One request, its JSON answer decoded.

        Raises KubernetesError with the verb and path that were tried, and with the API server's own words.
        """
        raw = self.undoubted(lambda: self._once(method, path, body=body, content_type=content_type, accept=accept))
        return self._told(check_object, method, path, raw)

    def raw(self, path: str, *, accept: str) -> bytes:
        """Like `get`, but the answer's bytes as they came (a pod's log is text)."""
        return self._patiently(lambda: self._once("GET", path, accept=accept))

    def outlast(self, seconds: float) -> None:
        """Has everything that is read from now on wait for so long, at least, for an API server that is away."""
        self.patience = max(self.patience, seconds)

    def undoubted(self, ask: Callable[[], Answered]) -> Answered:
        """What is asked once, unless an API server refuses it that is only beginning."""
        return asked_again(ask, patience=self.patience, readiness=self._readiness, changes=True)

    def _patiently(self, read: Callable[[], Answered]) -> Answered:
        return asked_again(read, patience=self.patience, readiness=self._readiness)

    def _readiness(self) -> int:
        """What the API server answers where it says whether it is ready; 0 for no answer."""
        try:
            return self._send("GET", "/readyz", {}, None).status
        except KubernetesError as error:
            return error.status

    def _once(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> bytes:
        more = {"Accept": accept, "Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        reply = self._send(method, path, more, data)
        if reply.status == 401 and self.renew():
            reply = self._send(method, path, more, data)
        reply = repeated_as_asked(method, reply, lambda: self._send(method, path, more, data))
        content: bytes = reply.data
        if reply.status >= 300:
            raise self.refused(method, path, reply.status, content)
        return content

    def _told(
        self, check: Callable[[bytes, str], dict[str, Any]], method: str, path: str, content: bytes
    ) -> dict[str, Any]:
        try:
            return check(content, path)
        except ValueError as error:
            raise KubernetesError(
                f"{method} {path.partition('?')[0]} was answered with {error}.{_NO_API_SERVER}",
                status=0,
                reason=GARBLED,
                server=self.server,
            ) from None

    def _send(self, method: str, path: str, more: Mapping[str, str], data: bytes | None) -> Answer:
        headers = self.headers()
        headers.update(more)
        try:
            answer = self._answer(method, path, headers, data)
            self._date = answer.headers.get("date")
            return answer
        except urllib3.exceptions.HTTPError as error:
            raise KubernetesError(self.unreachable(error), status=0, server=self.server) from error
        except ValueError as error:
            # Whose headers these are was looked at before, but for those of a proxy.
            raise ConnectionOptionsError(
                f"the request to the API server {self.server} could not be built ({type(error).__name__}). See the "
                "addresses, proxy_headers and timeouts."
            ) from None

    def _answer(self, method: str, path: str, headers: urllib3.HTTPHeaderDict, data: bytes | None) -> Answer:
        route, most = self.route, RETRIES
        # In plain HTTP a proxy is asked in another way, and of a server that is not verified urllib3 warns.
        if method == "GET" and route.tls and route.tls.verify_mode:
            try:
                return route.read(path, [("User-Agent", USER_AGENT), *headers.iteritems()], self.timeout)
            except (urllib3.exceptions.TimeoutError, TimeoutError):
                # Once it has been waited for.
                most -= 1
            except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError):
                # Nothing is changed by asking again, and urllib3 shows what is wrong.
                pass
        reply = route.pool.request(
            method,
            route.server + path,
            body=data,
            headers=headers,
            timeout=self.timeout,
            redirect=False,
            retries=retries(most),
        )
        reported = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(status=reply.status, headers=reported, data=reply.data)

    def clock(self) -> datetime:
        """The API server's time at its last answer; this machine's where it has reported none."""
        try:
            reported = parsedate_to_datetime(self._date or "")
        except ValueError:
            return datetime.now(tz=UTC)
        return reported if reported.tzinfo else reported.replace(tzinfo=UTC)

    def headers(self) -> urllib3.HTTPHeaderDict:
        """Authorization and impersonation; a token that has run out is renewed."""
        return self._session.headers()

    @property
    def route(self) -> Route:
        """The way to the API server, with a credential that is good now."""
        return self._session.route

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment for another program that is given the document."""
        return self._access.environment_for_programs(environ)

    def document(self, *, lasting: float) -> dict[str, Any]:
        """The kubeconfig for another program that works for so many seconds."""
        return self._session.document(lasting)

    def close(self) -> None:
        """Closes the connections, if any was made."""
        self._session.close()

    def unreachable(self, error: Exception) -> str:
        """Why there is no connection, with all that lies on the way."""
        proxy = self._access.proxy
        through = f" through the proxy {proxy}" if proxy else ""
        return (
            f"the API server {self.server} cannot be reached{through}: {words_of(error)}. "
            "Check the network, the proxy and the certificate options."
        )

    def renew(self) -> bool:
        """Obtains another credential in the place of one that was refused; False where there is none."""
        return self._session.renew()

    def refused(self, method: str, path: str, status: int, content: bytes) -> KubernetesError:
        """The error for an answer of the API server, or of something else in its place."""
        try:
            answer = json.loads(content)
            message, reason = str(answer.get("message") or ""), str(answer.get("reason") or "")
        except (ValueError, AttributeError):
            message, reason = content[:200].decode(errors="replace"), ""
        cure = {
            401: " The credentials were rejected: renew the token or certificate for this cluster.",
            403: " The user lacks this permission: see the RBAC manifests in the collection's docs.",
            429: (
                " The API server is overloaded and did not recover while this waited. Run again when its load is lower."
            ),
        }.get(status, _NO_API_SERVER if status < 400 else "")
        cure = self._session.ignored_login(status, message) or cure
        error = KubernetesError(
            f"{method} {path.partition('?')[0]} was answered {status} {reason}: {message}.{cure}",
            status=status,
            reason=reason,
            server=self.server,
        )
        error.words = message
        return error


@contextmanager
def connect(connection: ConnectionOptions) -> Iterator[Cluster]:
    """The cluster that the connection options lead to; every NvcfError that passes gets its name."""
    if KUBERNETES_IMPORT_ERROR is not None:
        raise ConnectionOptionsError(
            f"The Python library kubernetes is not available to this Python interpreter: {KUBERNETES_IMPORT_ERROR}."
        )
    access = resolve(connection, os.environ)
    with Workspace() as workspace:
        cluster = Cluster(access, workspace)

        def name_it(error: NvcfError) -> None:
            error.cluster = error.cluster or cluster.name

        with closing(cluster), adding(name_it):
            yield cluster
