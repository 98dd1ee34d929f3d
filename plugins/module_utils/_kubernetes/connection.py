# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a server is reached, decided once: TLS, proxy and headers are the same for every way there.

The connections are those of urllib3, which comes with the kubernetes library. That library's own client takes no TLS
context, and its releases differ in which proxies they use.
"""

from __future__ import annotations

import base64
import http.client
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

try:
    import urllib3
except ImportError:  # reported where a cluster is connected
    pass

from .._kubeconfig.proxies import Proxy
from .._runtime.errors import ConnectionOptionsError
from .buffered import is_waiting
from .tls import Resuming

FRESH_SECONDS = 5.0
"""So long after its last answer a connection is taken for one that is still there."""
_OBJECT = re.compile(r"^(<[^>]*>|\w+\([^)]*\)): ")
_IN_PATH = "!$%&'()*+,/:;=@~"
_HEADER_NAME = "!#$&'*+-.^_`|~"
"""What a header's name may hold beside letters and digits; a percent sign escapes the rest, as in client-go."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Route:
    """The way to one server."""

    server: str
    """Its URL, without a login and a slash at its end."""
    tls: ssl.SSLContext | None
    """None for a server that is spoken to in plain HTTP."""
    tls_name: str | None = None
    """The name that the server proves with its certificate, where it is not that of its URL."""
    proxy: Proxy | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _idle: list[tuple[float, http.client.HTTPConnection]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    """Connections that take another request, with the time of the last answer. A list lets several threads take."""

    @cached_property
    def _context(self) -> Any:
        return Resuming(self.tls) if self.tls else None

    @cached_property
    def prefix(self) -> str:
        """What each path on the server begins with."""
        return quote(urlsplit(self.server).path, safe=_IN_PATH)

    @cached_property
    def pool(self) -> urllib3.PoolManager:
        """The connections. Raises ConnectionOptionsError where a library is missing for them."""
        settings: dict[str, Any] = {"ssl_context": self._context, "server_hostname": self.tls_name} if self.tls else {}
        if self.proxy is None:
            return urllib3.PoolManager(**settings)
        if self.proxy.scheme == "socks5":
            return _through_socks(self.proxy, settings)
        # A proxy that speaks TLS proves itself by the authorities of the server behind it, as for client-go.
        return urllib3.ProxyManager(
            str(self.proxy),
            proxy_headers=self._headers_for_proxy(self.proxy),
            proxy_ssl_context=self._context if self.proxy.scheme == "https" else None,
            **settings,
        )

    def read(self, path: str, headers: Iterable[tuple[str, str]], timeout: float) -> Answer:
        """The answer to one GET over a kept connection, seconds for each wait. Anyone who gets none asks the `pool`.

        urllib3 spends twice as much on a request as this and TLS do. Raises OSError, urllib3's HTTPError, and
        http.client's HTTPException where only urllib3 understands the answer.
        """
        connection = self._connection(timeout)
        try:
            connection.sock.settimeout(timeout)
            connection.putrequest("GET", self.prefix + path, skip_host=True)
            connection.putheader("Host", urlsplit(self.server).netloc)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            if reply.getheader("Content-Encoding"):
                raise http.client.UnknownTransferEncoding
            reported = {name.lower(): value for name, value in reply.getheaders()}
            answer = Answer(status=reply.status, headers=reported, data=reply.read())
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            if self._context:
                self._context.remember(connection.sock)
            self._idle.append((time.monotonic(), connection))
        return answer

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if (kept := self._kept()) is not None:
            return kept
        # Without its socket this must not find another one.
        connection = http.client.HTTPConnection(urlsplit(self.server).netloc)
        connection.auto_open = 0
        connection.sock = self.dial(timeout)
        return connection

    def taken_over(self) -> Any:
        """The socket of a kept connection that has just given an answer, for another use; None where there is none."""
        connection = self._kept(fresh=True)
        return connection and connection.sock

    def _kept(self, *, fresh: bool = False) -> http.client.HTTPConnection | None:
        """A connection that takes another request, if there is one; `fresh` if it has just given an answer."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if not (is_waiting(connection.sock) or (fresh and time.monotonic() > since + FRESH_SECONDS)):
                return connection
            connection.close()

    def dial(self, timeout: float) -> Any:
        """A socket that is connected with the server, through proxy and TLS; seconds for each wait on it.

        Raises urllib3's HTTPError, OSError.
        """
        try:
            return self._dialed(timeout)
        except ssl.SSLError:
            # A server should not break off because of a session that it does not like.
            if not (self._context and self._context.forget()):
                raise
            return self._dialed(timeout)

    def _dialed(self, timeout: float) -> Any:
        pool = self.pool.connection_from_url(self.server)
        # There is no public way to a connection that sends no request. This one is the pool's own, settings and all.
        connection: Any = pool._new_conn()  # noqa: SLF001
        connection.timeout = timeout
        if self.proxy and self.proxy.scheme != "socks5":
            url = urlsplit(self.server)
            host, port = str(url.hostname), url.port or (443 if self.tls else 80)
            headers = self._headers_for_proxy(self.proxy)
            connection.set_tunnel(host, port, headers=headers, scheme=self.proxy.scheme)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection.sock

    def _headers_for_proxy(self, proxy: Proxy) -> dict[str, str]:
        login = {} if proxy.username is None else {"proxy-authorization": basic(proxy.username, proxy.password or "")}
        return {**login, **self.proxy_headers}

    def close(self) -> None:
        """Closes the connections, if any was made."""
        while connection := self._kept():
            connection.close()
        if "pool" in self.__dict__:
            self.pool.clear()


def _through_socks(proxy: Proxy, settings: Mapping[str, Any]) -> urllib3.PoolManager:
    try:
        # Importing it warns when PySocks is not there, which most do not need.
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415
    except ImportError:
        raise ConnectionOptionsError(
            f"the Python library PySocks is required by this Python interpreter, because {proxy} is a SOCKS proxy."
        ) from None
    # The proxy resolves names, as it does for client-go whatever the URL says.
    url = str(proxy).replace("socks5:", "socks5h:", 1)
    return SOCKSProxyManager(url, username=proxy.username, password=proxy.password, **settings)


def basic(username: str, password: str) -> str:
    """An Authorization header's value."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def impersonation(user: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers by which a kubeconfig's user asks to be taken for another one."""
    if not user.get("as"):
        return []
    found = [("Impersonate-User", str(user["as"]))]
    if user.get("as-uid"):
        found.append(("Impersonate-Uid", str(user["as-uid"])))
    found += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or []]
    for key, values in (user.get("as-user-extra") or {}).items():
        name = f"Impersonate-Extra-{quote(str(key), safe=_HEADER_NAME)}"
        found += [(name, str(value)) for value in values]
    return found


def words_of(error: Exception) -> str:
    """What is wrong with a connection, without the names of Python's objects."""
    innermost: Any = error
    while isinstance(
        deeper := getattr(innermost, "reason", None) or getattr(innermost, "original_error", None), Exception
    ):
        innermost = deeper
    if isinstance(innermost, urllib3.exceptions.ProtocolError) and len(innermost.args) > 1:
        innermost = innermost.args[1]
    if isinstance(innermost, (urllib3.exceptions.IncompleteRead, http.client.IncompleteRead)):
        return "its response was incomplete"
    return _OBJECT.sub("", str(innermost)) or type(innermost).__name__
