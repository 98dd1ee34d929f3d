# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A URL for a program that can only speak to URLs: HTTP on loopback, passed on to a service that has none."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .._runtime.errors import NvcfApiError
from .transport import Reply, Service

LARGEST_BODY = 1024 * 1024
"""Bytes of a request; a function's creation is below one thousand."""
PATIENCE_SECONDS = 10.0
"""How long a client may say nothing before its connection is ended."""
# They belong to one connection, and there are two.
_OF_THE_CONNECTION = frozenset(
    {
        *("connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)


@contextmanager
def relay(service: Service, token: str) -> Iterator[str]:
    """The URL at which `service` answers while the block runs, and no one but who sends this bearer token.

    It keeps connections of its own: a request that is still open in them disturbs no one.
    """
    with closing(service.another()) as own, _Relay(own, token) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Relay(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._service = service
        self._expected = f"Bearer {token}".encode()
        self._lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a program that was ended does not wait for its answer, and a traceback would be shown of that."""

    def knows(self, authorization: str) -> bool:
        """Every user of this machine can connect; without the token they get as far as without the relay."""
        return hmac.compare_digest(authorization.encode(errors="replace"), self._expected)

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request at a time: a service is no more than one connection."""
        try:
            with self._lock:
                return self._service.send(method, path, headers=headers, body=body or None)
        except NvcfApiError as error:
            return _problem(502, str(error))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Relay
    timeout = PATIENCE_SECONDS

    def _pass_on(self) -> None:
        if refused := self._refusal():
            # What may follow of the request is not read.
            self.close_connection = True
            self._answer(refused)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(self.server.pass_on(self.command, self.path, _passed_on(self.headers), body))

    def _refusal(self) -> Reply | None:
        """By the head of the request alone, the token first."""
        if not self.server.knows(self.headers.get("Authorization", "")):
            return _problem(401, "the relay passes on requests with the test's own token only")
        if self.headers.get("Host") != f"127.0.0.1:{self.server.server_port}" or not self.path.startswith("/"):
            # A page in a browser may have the relay's address under a name of its own.
            return _problem(421, "the relay answers at its own address only")
        if "Transfer-Encoding" in self.headers:
            return _problem(411, "the relay takes requests that say their length only")
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            return _problem(400, "the request's Content-Length is not a number")
        if len(lengths[0]) > len(str(LARGEST_BODY)) or int(lengths[0]) > LARGEST_BODY:
            return _problem(413, f"the relay takes requests of at most {LARGEST_BODY} bytes")
        return None

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in _passed_on(reply.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - names that the base class looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Nothing: it would land on the terminal."""


def _passed_on(headers: Any) -> dict[str, str]:
    """Without those of one connection, nor those that its `Connection` names; the bodies are passed on uncompressed."""
    found = {name.lower(): value for name, value in headers.items()}
    named = {name.strip().lower() for name in found.get("connection", "").split(",")}
    return {k: v for k, v in found.items() if k not in _OF_THE_CONNECTION | named | {"accept-encoding"}}


def _problem(status: int, detail: str) -> Reply:
    body = json.dumps({"status": status, "detail": detail}).encode()
    return Reply(status=status, headers={"content-type": "application/problem+json"}, body=body)
