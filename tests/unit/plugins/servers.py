# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""An HTTP server on loopback that answers as a test says, and the fakes that are made of it."""

from __future__ import annotations

import atexit
import json
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import Reply
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sent."""

    method: str
    target: str
    headers: Mapping[str, list[str]]
    """Names in lower case, all values of each."""
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    def header(self, name: str) -> str | None:
        """The only value of a header, None when it was not sent."""
        values = self.headers.get(name.lower(), [])
        assert len(values) <= 1, values
        return values[0] if values else None


@dataclass(frozen=True, kw_only=True)
class Response:
    """What it is answered."""

    status: int = 200
    body: Any = None
    """Sent as it is when bytes, else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[Request], Response]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server and what was asked of it."""

    url: str
    requests: list[Request]
    ca_file: str = ""
    """The authority by which a server of `proven` proves itself."""

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Method and path of each request."""
        return [(request.method, request.path) for request in self.requests]


@contextmanager
def serving(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a free loopback port until the end of the block."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length") or 0)
            headers: dict[str, list[str]] = {}
            for name, value in self.headers.items():
                headers.setdefault(name.lower(), []).append(value)
            body = self.rfile.read(length)
            request = Request(method=self.command, target=self.path, headers=headers, body=body)
            requests.append(request)
            response = answer(request)
            self.send_response_only(response.status)
            self.send_header("Server", self.version_string())
            for name, value in {"Date": self.date_time_string(), **response.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
            """Tests look at `requests` instead."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        httpd.socket = tls.wrap_socket(httpd.socket, server_side=True)
    # The accept loop looks for the end of its work this often; the default would be half a second per server.
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Server(url=f"{'https' if tls else 'http'}://127.0.0.1:{httpd.server_address[1]}", requests=requests)
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@cache
def proof() -> tuple[str, ssl.SSLContext]:
    """The file of an authority, and the context of a server that it vouches for."""
    folder = Path(tempfile.mkdtemp(prefix="fleetops-nvcf-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pair = Authority.create(folder, "unit tests").server("server", "kube-apiserver")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return str(folder / "ca.crt"), context


@contextmanager
def proven(answer: Answer) -> Iterator[Server]:
    """A server that speaks TLS: no other one is sent a credential."""
    ca_file, tls = proof()
    with serving(answer, tls=tls) as server:
        yield replace(server, ca_file=ca_file)


def not_found(path: str) -> Response:
    """The API server's 404."""
    return Response(status=404, body={"kind": "Status", "reason": "NotFound", "message": f"{path} not found"})


def _named(path: str, item: Any) -> Any:
    """As an API server gives an object; its list of resources has no name."""
    if not isinstance(item, dict) or item.keys() & {"items", "resources"}:
        return item
    return item | {"metadata": {"name": path.rpartition("/")[2]} | item.get("metadata", {})}


class KubernetesFake:
    """An API server that knows a few objects by their path, and lists by the path of their folder.

    `objects` may be changed while it serves. Label selectors of lists are honored.
    """

    def __init__(self, objects: Mapping[str, Any] | None = None) -> None:
        self.objects: dict[str, Any] = dict(objects or {})
        self.patches: list[tuple[str, Any]] = []

    def __call__(self, request: Request) -> Response:
        if request.query.get("watch"):
            return Response(body=b'{"type": "MODIFIED", "object": {}}\n')
        if request.path in self.objects:
            found = self.objects[request.path]
            if request.method == "PATCH":
                self.patches.append((request.path, json.loads(request.body)))
            if request.method == "PUT":
                found = self.objects[request.path] = json.loads(request.body)
            return found if isinstance(found, Response) else Response(body=_named(request.path, found))
        if request.path.rpartition("/")[2] in ("secrets", "configmaps", "pods", "replicasets", "deployments"):
            return Response(body={"metadata": {"resourceVersion": "7"}, "items": self._listed(request)})
        return not_found(request.path)

    def _listed(self, request: Request) -> list[Any]:
        asked = [part.partition("=") for part in request.query.get("labelSelector", [""])[0].split(",") if part]
        inside = [_named(p, v) for p, v in sorted(self.objects.items()) if p.rpartition("/")[0] == request.path]
        return [
            item
            for item in inside
            if all((item["metadata"].get("labels") or {}).get(name) == value for name, _unused, value in asked)
        ]


@dataclass
class ScriptedService:
    """A service that answers from a list, one answer per request; an exception in it is raised."""

    script: list[Reply | Exception]
    where: str = "the scripted service"
    sent: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list, repr=False)

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        self.sent.append((method, path))
        self.headers.append(headers)
        self.bodies.append(None if body is None else json.loads(body))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def another(self) -> ScriptedService:
        """There are no connections."""
        return self

    def close(self) -> None:
        """Nothing is held open."""


def reply(status: int, document: Any = None, *, body: bytes | None = None, **headers: str) -> Reply:
    """An answer with a JSON document, or with `body` as it is; header names with underscores for dashes."""
    content = body if body is not None else b"" if document is None else json.dumps(document).encode()
    return Reply(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=content)
