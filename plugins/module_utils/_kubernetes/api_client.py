# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kubernetes cluster over raw REST.

The kubernetes library reads the credentials (token files, certificates, OIDC) and keeps the connections; its typed API
classes are left alone, because touching the first of them costs more CPU than everything else that is done here.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

try:
    import urllib3
    from kubernetes.client.configuration import Configuration

    KUBERNETES_IMPORT_ERROR: ImportError | None = None
except ImportError as _error:
    KUBERNETES_IMPORT_ERROR = _error

from .._kubeconfig.contexts import Kubeconfig, without_login
from .._kubeconfig.resolve import resolve
from .._runtime.errors import ConnectionOptionsError, KubernetesError, NvcfError
from .._runtime.option_groups import ConnectionOptions
from .._runtime.private_files import Workspace
from .._runtime.unforeseen import adding
from .session import Session
from .shapes import check_object, check_read

Answer = TypeVar("Answer")

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
READ_PAUSES = (0.5, 1.0)
"""Seconds before something is read again that the API server could not answer just then."""
AGAIN_SECONDS = 2.0
"""Between two reads while an API server that is away is waited for."""
STARTING_SECONDS = 10.0
"""How long a refusal is doubted where the API server says itself that it is not ready yet."""
GARBLED = "Garbled"
"""The reason of an error where something answered that is no API server."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""Answers of an API server that is overloaded, or begins or ends just then."""
_NO_API_SERVER = " That is no API server's answer: check the server's address, and whether a proxy stands before it."
_HEADER_NAME = "!#$&'*+-.^_`|~"
"""What a header's name may hold beside letters and digits; a percent sign escapes the rest, as in client-go."""


def path_of(*parts: str, **query: str) -> str:
    """An API path from unescaped parts: `path_of("api/v1/namespaces", namespace, "secrets", labelSelector="a=b")`."""
    escaped = "/".join(quote(part, safe="/") for part in parts)
    return f"/{escaped}" + (f"?{urlencode(query)}" if query else "")


class Cluster:
    """A connection to one cluster's API server."""

    def __init__(
        self,
        kubeconfig: Kubeconfig,
        workspace: Workspace,
        *,
        timeout: float,
        no_proxy: str | None,
        patience: float = 0.0,
    ) -> None:
        self.name = kubeconfig.name
        self.kubeconfig = kubeconfig
        self.server = without_login(str(kubeconfig.cluster.get("server", ""))).rstrip("/")
        """The API server's address, for people."""
        self.workspace = workspace
        self.timeout = timeout
        self.no_proxy = no_proxy
        self.patience = patience
        """Seconds for which something is read again while the API server does not answer, or not as one."""
        self._date: str | None = None
        self._session = Session(kubeconfig, workspace, no_proxy=no_proxy)

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
        raw = self._once(method, path, body=body, content_type=content_type, accept=accept)
        return self._told(check_object, method, path, raw)

    def raw(self, path: str, *, accept: str) -> bytes:
        """Like `get`, but the answer's bytes as they came (a pod's log is text)."""
        return self._patiently(lambda: self._once("GET", path, accept=accept))

    def outlast(self, seconds: float) -> None:
        """Has everything that is read from now on wait for so long, at least, for an API server that is away."""
        self.patience = max(self.patience, seconds)

    def _patiently(self, read: Callable[[], Answer]) -> Answer:
        """What changes nothing may be asked again, where the API server does not answer, or not as one."""
        began, pauses, doubts = time.monotonic(), iter(READ_PAUSES), iter(READ_PAUSES)
        deadline = began + self.patience
        while True:
            try:
                return read()
            except KubernetesError as error:
                if error.status in (401, 403):
                    pause = self._doubt(began, doubts)
                    if pause is None:
                        raise
                elif error.status not in PASSING | {0}:
                    raise
                else:
                    pause = next(pauses, None) if error.status or error.reason == GARBLED else None
                    if pause is None and time.monotonic() >= deadline:
                        raise
            time.sleep(AGAIN_SECONDS if pause is None else pause)

    def _doubt(self, began: float, doubts: Iterator[float]) -> float | None:
        """Seconds after which a refusal is asked again, None for one that holds.

        An API server answers before it has read who may do what, and refuses everybody everything until then; first of
        all those who have waited for it. Where it refuses to say whether it is ready, that may be for good.
        """
        try:
            status = self._send("GET", "/readyz", {}, None).status
        except KubernetesError as error:
            status = error.status
        if status in PASSING | {0} and time.monotonic() < began + self.patience + STARTING_SECONDS:
            return READ_PAUSES[0]
        return next(doubts, None) if status in (401, 403) else None

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
        if reply.status == 401 and self._session.renew():
            reply = self._send(method, path, more, data)
        content: bytes = reply.data
        if reply.status >= 300:
            raise self._refused(method, path, reply.status, content)
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

    def _send(self, method: str, path: str, more: Mapping[str, str], data: bytes | None) -> urllib3.BaseHTTPResponse:
        headers = self.headers()
        headers.update(more)
        try:
            reply = self._session.pool.request(
                method,
                self.configuration.host + path,
                body=data,
                headers=headers,
                timeout=self.timeout,
                redirect=False,
            )
            self._date = reply.headers.get("Date")
            return reply
        except urllib3.exceptions.HTTPError as error:
            raise KubernetesError(self._unreachable(error), status=0, server=self.server) from error
        except ValueError:
            # Python's own text quotes the header, and with it the token.
            raise ConnectionOptionsError(
                "the request to the API server can't be put into words: the token or a name to impersonate has a line "
                "break or a character that no HTTP header may have. Give it on one line."
            ) from None

    def clock(self) -> datetime:
        """The API server's time at its last answer; this machine's where it has told none."""
        try:
            told = parsedate_to_datetime(self._date or "")
        except ValueError:
            return datetime.now(tz=UTC)
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    def wait_for_event(self, path: str, *, resource_version: str, seconds: float) -> None:
        """Returns when something at the list `path` has changed since `resource_version`, or when the time is up.

        What changed is not told: the caller looks again, at all that it needs.
        """
        query = urlencode({"watch": "1", "resourceVersion": resource_version, "timeoutSeconds": max(1, round(seconds))})
        url = f"{self.configuration.host}{path}{'&' if '?' in path else '?'}{query}"
        begin, changed = time.monotonic(), False
        try:
            reply = self._session.pool.request(
                "GET",
                url,
                headers=self.headers(),
                timeout=seconds + self.timeout,
                redirect=False,
                preload_content=False,
            )
            try:
                changed = reply.status == 200 and _is_change(reply.readline())
            finally:
                # Not back into the pool: the stream is not read to its end.
                reply.close()
        except urllib3.exceptions.HTTPError:
            pass
        if not changed:
            # A watch is a convenience; the caller's next look tells whether the API server is really away. One that
            # ends at once, because the version is too old for instance, would make it look again without a pause.
            time.sleep(max(0.0, min(1.0, seconds - (time.monotonic() - begin))))

    def headers(self) -> urllib3.HTTPHeaderDict:
        """Authorization and impersonation; a token that has run out is renewed."""
        result = urllib3.HTTPHeaderDict()
        settings = self.configuration.auth_settings().get("BearerToken")
        if settings and settings["value"]:
            result["Authorization"] = settings["value"]
        user = self.kubeconfig.user
        for field, header in (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")):
            if field in user:
                result[header] = str(user[field])
        for group in user.get("as-groups") or []:
            result.add("Impersonate-Group", str(group))
        for key, values in (user.get("as-user-extra") or {}).items():
            for value in values:
                result.add(f"Impersonate-Extra-{quote(str(key), safe=_HEADER_NAME)}", str(value))
        return result

    @property
    def configuration(self) -> Configuration:
        """The library's settings, with a credential that is good now."""
        return self._session.configuration

    def document(self, *, lasting: float) -> dict[str, Any]:
        """The kubeconfig for another program that works for so many seconds."""
        return self._session.document(lasting)

    def close(self) -> None:
        """Closes the connections, if any was made."""
        self._session.close()

    def _unreachable(self, error: Exception) -> str:
        reason = getattr(error, "reason", None) or error
        return (
            f"the API server {self.server} can't be reached: {reason}. "
            "Check the network, the proxy and the certificate options."
        )

    def _refused(self, method: str, path: str, status: int, content: bytes) -> KubernetesError:
        try:
            answer = json.loads(content)
            message, reason = str(answer.get("message") or ""), str(answer.get("reason") or "")
        except (ValueError, AttributeError):
            message, reason = content[:200].decode(errors="replace"), ""
        cure = {
            401: " The credentials are refused: renew the token or certificate of this cluster.",
            403: " The user lacks this right: see the role manifests in the collection's docs.",
        }.get(status, _NO_API_SERVER if status < 400 else "")
        return KubernetesError(
            f"{method} {path.partition('?')[0]} was answered {status} {reason}: {message}.{cure}",
            status=status,
            reason=reason,
            server=self.server,
        )


def _is_change(line: bytes) -> bool:
    """Whether a line of a watch tells of a change: an ERROR ends the watch, and an empty line is its end."""
    try:
        return bool(json.loads(line)["type"] != "ERROR")
    except (ValueError, LookupError, TypeError):
        return False


@contextmanager
def connect(connection: ConnectionOptions) -> Iterator[Cluster]:
    """The cluster that the connection options lead to; every NvcfError that passes is told which one it was."""
    if KUBERNETES_IMPORT_ERROR is not None:
        raise ConnectionOptionsError(
            f"The Python library kubernetes is needed by the interpreter that runs this: {KUBERNETES_IMPORT_ERROR}."
        )
    kubeconfig = resolve(connection, os.environ)
    with Workspace() as workspace:
        cluster = Cluster(
            kubeconfig,
            workspace,
            timeout=connection.request_timeout or 30,
            no_proxy=connection.no_proxy,
            patience=connection.outage_timeout,
        )

        def name_it(error: NvcfError) -> None:
            error.cluster = error.cluster or cluster.name

        with closing(cluster), adding(name_it):
            yield cluster
