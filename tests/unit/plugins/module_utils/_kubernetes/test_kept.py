# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Connections of one look: kept for the next request, and resumed where there is another one."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes import connection as connection_module
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.connection import Route
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.port_channel import open_channel
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.tls import trusting
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import KubernetesError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority, KeyPair
from ansible_collections.fleetops.nvcf.tests.unit.plugins.module_utils._kubernetes.test_port_channel import (
    BEGIN,
    frames,
    switched,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.module_utils._kubernetes.test_port_channel import (
    PATH as FORWARD,
)

POD = b'{"kind": "Pod", "metadata": {"name": "a"}}'
PATH = "/api/v1/a"
Talk = Callable[[ssl.SSLSocket, int], None]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return Authority.create(tmp_path_factory.mktemp("pki"), "unit tests").server("server", "kube-apiserver")


def server_context(pair: KeyPair) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@dataclass(frozen=True)
class Served:
    url: str
    numbers: list[int]
    """Of the connections that there have been."""


@contextmanager
def server(pair: KeyPair, talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Talks with each connection, and then ends it."""
    tls = context or server_context(pair)
    numbers: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            numbers.append(len(numbers) + 1)
            # A client that has what it wants is not asked why it went away.
            with suppress(OSError), tls.wrap_socket(connection, server_side=True) as wrapped:
                talk(wrapped, numbers[-1])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Served(url=f"https://127.0.0.1:{listening.getsockname()[1]}", numbers=numbers)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def request(connection: ssl.SSLSocket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionResetError
        head += piece
    return head


def answer(body: bytes = POD, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def answers(connection: ssl.SSLSocket, _number: int) -> None:
    while True:
        request(connection)
        connection.sendall(answer())


def authority(pair: KeyPair) -> str:
    return str(Path(pair.certificate).parent / "ca.crt")


def route_to(url: str, pair: KeyPair) -> Route:
    return Route(server=url, tls=trusting(Path(authority(pair)).read_bytes()))


def options(url: str, pair: KeyPair) -> ConnectionOptions:
    return ConnectionOptions(host=url, ca_cert=authority(pair), api_key="token")


def test_requests_one_after_another_take_one_connection(pair: KeyPair) -> None:
    with server(pair, answers) as served, connect(options(served.url, pair)) as cluster:
        assert [cluster.get(PATH)["kind"] for _turn in range(3)] == ["Pod"] * 3
    assert served.numbers == [1]


@pytest.mark.parametrize("more", ["Connection: close\r\n", ""], ids=["announced", "not announced"])
def test_a_connection_that_the_server_ends_is_replaced(pair: KeyPair, more: str) -> None:
    def once(connection: ssl.SSLSocket, _number: int) -> None:
        request(connection)
        connection.sendall(answer(more=more))
        connection.unwrap()

    with server(pair, once) as served, connect(options(served.url, pair)) as cluster:
        assert [cluster.get(PATH)["kind"] for _turn in range(3)] == ["Pod"] * 3


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_a_read_that_gets_no_plain_answer_is_asked_again(pair: KeyPair, first: bytes) -> None:
    def talk(connection: ssl.SSLSocket, number: int) -> None:
        request(connection)
        connection.sendall(first if number == 1 else answer())

    with server(pair, talk) as served, connect(options(served.url, pair)) as cluster:
        assert cluster.get(PATH)["kind"] == "Pod"
    assert served.numbers == [1, 2]


def test_a_change_that_gets_no_answer_is_not_asked_again(pair: KeyPair) -> None:
    def talk(connection: ssl.SSLSocket, _number: int) -> None:
        request(connection)

    with (
        server(pair, talk) as served,
        connect(options(served.url, pair)) as cluster,
        pytest.raises(KubernetesError, match="cannot be reached"),
    ):
        cluster.patch(PATH, {})
    assert served.numbers == [1]


def test_a_server_that_stays_silent_is_asked_as_often_as_by_urllib3_alone(pair: KeyPair) -> None:
    def talk(connection: ssl.SSLSocket, _number: int) -> None:
        while connection.recv(4096):
            pass

    with server(pair, talk) as served, connect(options(served.url, pair)) as cluster:
        cluster.timeout = 0.2
        with pytest.raises(KubernetesError, match="timed out"):
            cluster.get(PATH)
    assert served.numbers == [1, 2, 3]


def test_another_connection_resumes_the_session_of_the_first(pair: KeyPair) -> None:
    with server(pair, answers) as served, closing(route_to(served.url, pair)) as route:
        route.read(PATH, [], 5)
        route.close()
        with route.dial(5) as second:
            assert second.session_reused


@pytest.mark.parametrize("tickets", [0, 2])
def test_a_server_that_does_not_know_the_session_gets_a_whole_handshake(pair: KeyPair, tickets: int) -> None:
    contexts = [server_context(pair), server_context(pair)]
    for context in contexts:
        context.num_tickets = tickets
    current = iter(contexts)

    class Turning:
        """Another API server behind the same address for each connection: each has keys of its own for tickets."""

        def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
            return next(current).wrap_socket(*args, **more)

    with server(pair, answers, Turning()) as served, closing(route_to(served.url, pair)) as route:  # type: ignore[arg-type] # it is what is asked of it
        route.read(PATH, [], 5)
        route.close()
        with route.dial(5) as second:
            assert not second.session_reused
            second.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert second.recv(9) == b"HTTP/1.1 "


def test_a_server_that_breaks_off_because_of_a_session_is_asked_without_one(pair: KeyPair) -> None:
    turns = iter(range(3))

    class Broken:
        def wrap_socket(self, plain: socket.socket, **more: Any) -> ssl.SSLSocket:
            if next(turns) == 1:
                with plain:
                    plain.recv(4096)
                    # A fatal alert: internal error.
                    plain.sendall(b"\x15\x03\x03\x00\x02\x02\x50")
                    raise ConnectionAbortedError
            return server_context(pair).wrap_socket(plain, **more)

    with server(pair, answers, Broken()) as served, closing(route_to(served.url, pair)) as route:  # type: ignore[arg-type] # it is what is asked of it
        route.read(PATH, [], 5)
        route.close()
        with route.dial(5) as second:
            assert not second.session_reused
    assert served.numbers == [1, 2, 3]


def test_two_looks_at_one_server_share_no_session(pair: KeyPair) -> None:
    with server(pair, answers) as served:
        for _look in range(2):
            with closing(route_to(served.url, pair)) as route:
                route.read(PATH, [], 5)
                kept = route.taken_over()
                assert kept
                assert not kept.session_reused
                kept.close()


def opening(connection: ssl.SSLSocket) -> None:
    """Opens the port-forward that is asked for, and answers over it, with more behind the answer."""
    connection.sendall(switched(request(connection)) + frames(*BEGIN))
    connection.recv(4096)
    connection.sendall(frames(b"\0" + answer(b"hello"), b"\1gone"))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_port_forward_takes_the_connection_that_is_kept_if_it_is_still_there(pair: KeyPair, dropped: bool) -> None:
    done = threading.Event()

    def talk(connection: ssl.SSLSocket, number: int) -> None:
        if number == 1:
            request(connection)
            connection.sendall(answer())
            if dropped:
                request(connection)
                return
        opening(connection)
        done.wait(30)

    with server(pair, talk) as served, connect(options(served.url, pair)) as cluster:
        cluster.get(PATH)
        channel = open_channel(cluster, FORWARD, timeout=5)
        over = http.client.HTTPConnection("localhost")
        over.sock = channel
        over.request("GET", "/v2")
        assert over.getresponse().read() == b"hello"
        # What is behind the answer has been taken from the kernel with it, and says that this is over.
        assert channel.ended
        channel.end()
        done.set()
        assert served.numbers == ([1, 2] if dropped else [1])


def test_only_a_connection_that_has_just_answered_is_taken_as_fresh(
    pair: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(pair, answers) as served, closing(route_to(served.url, pair)) as route:
        route.read(PATH, [], 5)
        kept = route.taken_over()
        assert kept
        kept.close()
        route.read(PATH, [], 5)
        monkeypatch.setattr(connection_module, "FRESH_SECONDS", -1.0)
        assert route.taken_over() is None
