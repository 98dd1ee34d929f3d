# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A URL for a program that can only speak to URLs: HTTP on loopback, passed on to a service that has none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .._runtime.errors import NvcfApiError
from .transport import Reply, Service

# They belong to one connection, and there are two.
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


@contextmanager
def relay(service: Service, token: str) -> Iterator[str]:
    """The URL at which `service` answers while the block runs, and nobody but who sends this bearer token.

    It keeps connections of its own: a request that is still open in them is in nobody's way.
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
        self._expected = f"Bearer {token}"
        self._lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a program that was ended does not wait for its answer, and a traceback would be shown of that."""

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request at a time: a service is no more than one connection."""
        if headers.get("authorization") != self._expected:
            # Every user of this machine can connect; without the token they get as far as without the relay.
            return _problem(401, "the relay passes on requests with the test's own token only")
        try:
            with self._lock:
                return self._service.send(method, path, headers=headers, body=body or None)
        except NvcfApiError as error:
            return _problem(502, str(error))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Relay

    def _pass_on(self) -> None:
        headers = {k.lower(): v for k, v in self.headers.items() if k.lower() not in _OF_THE_CONNECTION}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.pass_on(self.command, self.path, headers, body)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - names that the base class looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Nothing: it would land on the terminal."""


def _problem(status: int, detail: str) -> Reply:
    body = json.dumps({"status": status, "detail": detail}).encode()
    return Reply(status=status, headers={"content-type": "application/problem+json"}, body=body)
