# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The way to a server: the same for requests and for a socket of one's own."""

from __future__ import annotations

import builtins
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.proxies import parse_proxy
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.connection import Route
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.tls import trusting
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Response, Server, proof, proven

NAME = "https://api.east.example:6443"
"""A server that only the proxy finds."""


@contextmanager
def tunnelling(target: str, *, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads every CONNECT to `target`, and the heads of the requests that it got."""
    heads: list[str] = []
    ends: list[socket.socket] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                sink.sendall(content)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(client: socket.socket) -> None:
        try:
            client = tls.wrap_socket(client, server_side=True) if tls else client
        except OSError:
            client.close()
            return
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        heads.append(head.decode())
        server = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
        ends.extend([client, server])
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)

    def accept(listening: socket.socket) -> None:
        while True:
            try:
                client, _address = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=accept, args=(listening,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}", heads
    finally:
        # Closing alone would not wake the thread that accepts.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for end in ends:
            end.close()


def by_request(route: Route) -> None:
    assert route.pool.request("GET", f"{route.server}/api", retries=False).json() == {"kind": "Pod"}


def by_socket(route: Route) -> None:
    with closing(route.dial(5)) as connected:
        connected.sendall(b"GET /api HTTP/1.0\r\n\r\n")
        answer = b""
        while b"}" not in answer:
            answer += connected.recv(4096)
    assert answer.endswith(b'{"kind": "Pod"}')


WAYS = pytest.mark.parametrize("way", [by_request, by_socket])


@pytest.fixture
def server() -> Iterator[Server]:
    with proven(lambda _request: Response(body={"kind": "Pod"}, headers={"Content-Length": "15"})) as running:
        yield running


def route_to(running: Server, **more: Any) -> Route:
    return Route(**{"server": running.url, "tls": trusting(Path(running.ca_file).read_bytes()), **more})


@WAYS
def test_a_server_is_reached(server: Server, way: Callable[[Route], None]) -> None:
    with closing(route_to(server)) as route:
        way(route)


@WAYS
def test_a_server_may_prove_another_name(server: Server, way: Callable[[Route], None]) -> None:
    way(route_to(server, tls_name="localhost"))
    with pytest.raises(Exception, match="certificate"):
        way(route_to(server, tls_name="another.example"))


@WAYS
def test_a_proxy_is_asked_for_the_server_with_its_login(server: Server, way: Callable[[Route], None]) -> None:
    with tunnelling(server.url) as (url, heads):
        proxy = parse_proxy(url.replace("//", "//jane:p%40ss@"))
        way(route_to(server, server=NAME, tls_name="localhost", proxy=proxy, proxy_headers={"user-agent": "me"}))
    [head] = heads
    assert head.startswith("CONNECT api.east.example:6443 ")
    assert "proxy-authorization: Basic amFuZTpwQHNz" in head
    assert "user-agent: me" in head


@WAYS
def test_a_proxy_that_speaks_tls_is_believed_as_the_server_is(server: Server, way: Callable[[Route], None]) -> None:
    _ca_file, tls = proof()
    with tunnelling(server.url, tls=tls) as (url, heads):
        way(route_to(server, server=NAME, tls_name="localhost", proxy=parse_proxy(url)))
        assert len(heads) == 1
        with pytest.raises(Exception, match="certificate"):
            way(Route(server=NAME, tls=trusting(None), proxy=parse_proxy(url)))
    assert len(heads) == 1


def test_a_socks_proxy_without_its_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "urllib3.contrib.socks":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    route = Route(server=NAME, tls=trusting(None), proxy=parse_proxy("socks5://jane:canary@proxy"))
    with pytest.raises(ConnectionOptionsError, match=r"PySocks is required .* socks5://proxy:1080 is") as caught:
        route.pool  # noqa: B018 - it is made when it is asked for
    assert "canary" not in str(caught.value)


def test_a_login_for_a_proxy_shows_in_no_repr() -> None:
    route = Route(
        server=NAME, tls=None, proxy=parse_proxy("http://j:canary@p"), proxy_headers={"authorization": "canary"}
    )
    assert "canary" not in repr(route)
