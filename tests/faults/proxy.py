# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy before a real API server that ends TLS, sees every request, and does with each what a plan says.

Clients authenticate with bearer tokens, which pass through. Websockets are passed on as they are once they are open.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ansible_collections.fleetops.nvcf.tests.faults.http1 import Ended, Head, Reader, joined
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import KeyPair

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came, before anybody has answered it."""

    number: int
    """From 1, in the order of arrival."""
    head: Head
    body: bytes

    @property
    def method(self) -> str:
        """GET, POST, ..."""
        return self.head.start[0]

    @property
    def target(self) -> str:
        """Path and query."""
        return self.head.start[1]

    @property
    def by_helm(self) -> bool:
        """Whether helm sent it."""
        return self.head.header("user-agent").startswith("Helm/")


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response as the API server gave it, whole, the body without frames."""

    head: Head
    body: bytes

    def again(self) -> bytes:
        """The same, with its length in place of frames."""
        dropped = (b"transfer-encoding:", b"content-length:")
        lines = [line for line in self.head.raw.split(b"\r\n") if line and not line.lower().startswith(dropped)]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(self.body), b"", self.body])


class Reset(Exception):
    """Raised by a treatment to break the connection."""


Treatment = Callable[[Request, Callable[[], Response]], bytes | None]
"""What to do with a request: it may call the function, which asks the API server, and returns the bytes of an answer;
None passes the request on and the answer back untouched. Raises Reset."""
Plan = Callable[[Request], Treatment | None]
"""The treatment of a request, None for those that are passed on."""


@dataclass(frozen=True)
class Seen:
    """A line of the proxy's log."""

    number: int
    at: float
    who: str
    what: str
    became: str


@dataclass
class Proxy:
    """It listens on a free port of loopback for as long as the block runs."""

    upstream: str
    """The API server's URL."""
    authority: Path
    """The certificate authority of both the API server and this proxy."""
    pair: KeyPair
    plan: Plan
    away: Callable[[], bool] = lambda: False
    """Whether nothing is to be answered at all for now."""
    log: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._begin = time.monotonic()
        self._numbers = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._serving.load_cert_chain(self.pair.certificate, self.pair.key)
        self._asking = ssl.create_default_context(cafile=str(self.authority))
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._listener.close()
        for one in list(self._open):
            _break(one)

    @property
    def server(self) -> str:
        """Its own URL."""
        return f"https://{LOOPBACK}:{self._port}"

    @property
    def _port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                plain, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.callback(self._forget, plain)
            self._open.add(plain)
            if self.away():
                return
            plain.settimeout(30)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = self._serving.wrap_socket(plain, server_side=True)
            client.settimeout(None)
            stack.callback(self._forget, client)
            self._open.add(client)
            connection = _Connection(self, client, stack)
            while connection.exchange():
                pass

    def dial(self) -> socket.socket:
        """A connection to the API server."""
        host, _colon, port = self.upstream.removeprefix("https://").partition(":")
        plain = socket.create_connection((host, int(port)), timeout=30)
        plain.settimeout(None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialed = self._asking.wrap_socket(plain, server_hostname=host)
        self._open.add(dialed)
        return dialed

    def next_number(self) -> int:
        """The number of the next request."""
        return next(self._numbers)

    def note(self, request: Request, became: str) -> None:
        """Add to the log."""
        who = "helm" if request.by_helm else "collection"
        at = round(time.monotonic() - self._begin, 3)
        self.log.append(Seen(request.number, at, who, f"{request.method} {request.target}", became))

    def _forget(self, one: socket.socket) -> None:
        self._open.discard(one)
        _break(one)


class _Connection:
    """One client's connection, and the one to the API server that belongs to it."""

    def __init__(self, proxy: Proxy, client: socket.socket, stack: contextlib.ExitStack) -> None:
        self._proxy = proxy
        self._client = client
        self._stack = stack
        self._reader = Reader(client)
        self._upstream: Reader | None = None

    def exchange(self) -> bool:
        """Treat one request; whether another may follow."""
        head = self._reader.head()
        body = b"".join(self._reader.body(head))
        request = Request(number=self._proxy.next_number(), head=head, body=body)
        try:
            if self._proxy.away():
                raise Reset
            treatment = self._proxy.plan(request)
            answer = treatment(request, lambda: self._whole(request)) if treatment else None
            if self._proxy.away():
                raise Reset
        except Reset:
            self._proxy.note(request, "reset")
            return False
        if answer is None:
            return self._pass(request)
        self._proxy.note(request, "answered " + answer[:40].partition(b"\r\n")[0].decode("latin-1"))
        self._client.sendall(answer)
        return b"\r\nconnection: close" not in answer.lower()

    def _ask(self, request: Request) -> Reader:
        if self._upstream is None:
            dialed = self._proxy.dial()
            self._stack.callback(self._proxy._forget, dialed)
            self._upstream = Reader(dialed)
        self._upstream.socket.sendall(request.head.raw + request.body)
        return self._upstream

    def _whole(self, request: Request) -> Response:
        upstream = self._ask(request)
        head = upstream.head()
        return Response(head=head, body=joined(upstream.body(head, answer_to=request.method), head))

    def _pass(self, request: Request) -> bool:
        upstream = self._ask(request)
        head = upstream.head()
        self._proxy.note(request, str(head.status))
        self._client.sendall(head.raw)
        if head.status == 101:
            self._relay(upstream)
            return False
        for piece in upstream.body(head, answer_to=request.method):
            if self._proxy.away():
                return False
            self._client.sendall(piece)
        return True

    def _relay(self, upstream: Reader) -> None:
        """Pass bytes in both directions until one side has ended."""
        self._client.sendall(upstream.buffered)
        upstream.socket.sendall(self._reader.buffered)
        across = {self._client: upstream.socket, upstream.socket: self._client}
        while not self._proxy.away():
            pending = [one for one in across if isinstance(one, ssl.SSLSocket) and one.pending()]
            for one in pending or select.select(list(across), [], [], 1)[0]:
                if not (data := one.recv(65536)):
                    raise Ended
                across[one].sendall(data)


def _break(one: socket.socket) -> None:
    """Close with a reset, which a client cannot take for the end of an answer."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        one.close()
