# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A forwarded port over a real WebSocket's frames."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.resolve import resolve
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.port_channel import PROTOCOL, open_channel
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import KubernetesError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.private_files import Workspace

BEGIN = [b"\0\x90\x1f", b"\1\x90\x1f"]
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATH = "/api/v1/namespaces/nvcf/pods/api-1/portforward?ports=8080"
Talk = Callable[[socket.socket, bytes], None]


def frames(*contents: bytes) -> bytes:
    return b"".join(bytes([0x82, len(content)]) + content for content in contents)


def switched(head: bytes) -> bytes:
    """The answer to a handshake."""
    lines = head.split(b"\r\n")
    [key] = [line.partition(b": ")[2] for line in lines if line.lower().startswith(b"sec-websocket-key")]
    proof = base64.b64encode(hashlib.sha1(key + GUID.encode(), usedforsecurity=False).digest()).decode()
    told = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {proof}")
    return "\r\n".join(
        ["HTTP/1.1 101 Switching Protocols", *told, f"Sec-WebSocket-Protocol: {PROTOCOL}", "", ""]
    ).encode()


@contextmanager
def api_server(talk: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """Reads one request's head, and lets the test talk from there."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
                heads.append(head)
                talk(connection, head)
            # Whoever was refused asks whether the API server is ready at all.
            with suppress(OSError), listening.accept()[0] as asking:
                asking.recv(4096)
                asking.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", heads
        finally:
            # Nobody has to be waited for any more.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def asked(url: str, **options: Any) -> http.client.HTTPResponse:
    """A request over the port, with its answer read."""
    access = resolve(ConnectionOptions(host=url, **options), {})
    with Workspace() as workspace, closing(Cluster(access, workspace)) as cluster:
        channel = open_channel(cluster, PATH, timeout=5)
        connection = http.client.HTTPConnection("localhost")
        connection.sock = channel
        try:
            connection.request("GET", "/v2")
            answer = connection.getresponse()
            answer.msg["body"] = answer.read().decode()
            return answer
        finally:
            channel.end()


def test_an_answer_that_comes_in_pieces_is_put_together() -> None:
    def talk(connection: socket.socket, head: bytes) -> None:
        # The first frames come in one piece with the handshake.
        connection.sendall(switched(head) + frames(*BEGIN))
        connection.recv(4096)
        connection.sendall(frames(b"\0HTTP/1.1 200 OK\r\nConnection: close\r\n", b"\0\r\nhe", b"\0", b"\0llo"))
        connection.sendall(b"\x88\x02\x03\xe8")

    with api_server(talk) as (url, heads):
        answer = asked(url, impersonate_user="jane")
    assert (answer.status, answer.msg["body"]) == (200, "hello")
    assert PATH.encode() in heads[0]
    assert b"Impersonate-User: jane" in heads[0]


def test_the_api_servers_words_are_told_where_a_forward_breaks() -> None:
    def talk(connection: socket.socket, head: bytes) -> None:
        connection.sendall(switched(head) + frames(*BEGIN, b"\1lost connection to pod\n"))

    with api_server(talk) as (url, _heads), pytest.raises(ConnectionResetError, match=r"^lost connection to pod$"):
        asked(url)


@pytest.mark.parametrize("end", [b"", b"\x82", b"\xff\xff\xff\xff"], ids=["closed", "in a frame", "no frame"])
def test_a_connection_that_breaks_is_told_at_once(end: bytes) -> None:
    def talk(connection: socket.socket, head: bytes) -> None:
        connection.sendall(switched(head) + frames(*BEGIN) + end)

    with api_server(talk) as (url, _heads), pytest.raises((OSError, http.client.HTTPException)):
        asked(url)


def test_a_refusal_keeps_its_status_and_words() -> None:
    def talk(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

    with api_server(talk) as (url, _heads), pytest.raises(KubernetesError, match="answered 403 : no") as caught:
        asked(url)
    assert (caught.value.status, caught.value.words) == (403, "no")


def test_another_server_that_is_named_instead_is_not_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)

        def talk(connection: socket.socket, _head: bytes) -> None:
            target = f"http://127.0.0.1:{other.getsockname()[1]}/"
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

        told = r"answered 302 .*That is not the response of an API server"
        with api_server(talk) as (url, _heads), pytest.raises(KubernetesError, match=told):
            asked(url)
        with pytest.raises(TimeoutError):
            other.accept()


def test_a_credential_that_is_refused_is_renewed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[bool] = []
    monkeypatch.setattr(Cluster, "renew", lambda _cluster: renewed.append(True))

    def talk(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    with api_server(talk) as (url, _heads), pytest.raises(KubernetesError, match="credentials were rejected"):
        asked(url)
    assert renewed == [True]


def test_a_server_that_is_not_there_is_told_without_the_names_of_pythons_objects() -> None:
    told = r"^the API server http://127\.0\.0\.1:9 cannot be reached: Failed to establish a new connection: .*refused"
    with pytest.raises(KubernetesError, match=told):
        asked("http://127.0.0.1:9")


@pytest.mark.parametrize("header", ["Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "HTTP/1.1 101"])
def test_who_does_not_prove_that_it_speaks_the_protocol_is_not_spoken_to(header: str) -> None:
    def talk(connection: socket.socket, head: bytes) -> None:
        connection.sendall(switched(head).replace(header.encode(), b"X"))

    with api_server(talk) as (url, _heads), pytest.raises(KubernetesError, match="cannot be reached: ") as caught:
        asked(url)
    assert caught.value.status == 0
