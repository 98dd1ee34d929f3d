# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What stands in the place of an API server that is overloaded, broken or none."""

from __future__ import annotations

import base64
import socket
import struct
import time
from collections.abc import Callable, Mapping

from ansible_collections.fleetops.nvcf.tests.conformance.fronts import Treatment

STALL_SECONDS = 4.0
"""Longer than a request may take where this is used."""
PAGE = b"<html><body><form action='/login'>Sign in</form></body></html>"


def overloaded(status: str, *, times: int | None) -> Treatment:
    """Answers so, with Retry-After, as many times; None for always."""

    def treatment(client: socket.socket, number: int) -> bytes | None:
        if times is not None and number > times:
            return b""
        _answered(client, status, b"later", {"Retry-After": "1"})
        return None

    return treatment


def page(client: socket.socket, _number: int) -> None:
    """A login page, as a gateway before an API server answers who has no session."""
    _answered(client, "200 OK", PAGE, {"Content-Type": "text/html"})


def redirect(target: Callable[[], str]) -> Treatment:
    """Sends everybody to another server."""
    return lambda client, _number: _answered(client, "302 Found", b"", {"Location": target()})


def truncated(client: socket.socket, _number: int) -> None:
    """Promises more than it sends."""
    _request(client)
    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"kind": "Self')


def stalled(client: socket.socket, _number: int) -> None:
    """Takes the request and says nothing."""
    _request(client)
    time.sleep(STALL_SECONDS)


def reset(client: socket.socket, _number: int) -> None:
    """Breaks the connection before anything was said."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _answered(client: socket.socket, status: str, body: bytes, headers: Mapping[str, str]) -> None:
    _request(client)
    _answer(client, status, body, headers)


def _answer(client: socket.socket, status: str, body: bytes, headers: Mapping[str, str]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n"
    client.sendall(head.encode() + body)


def below(prefix: bytes) -> Treatment:
    """An API server below a path, one request for each connection; all else is not found."""

    def treatment(client: socket.socket, _number: int) -> bytes | None:
        request = _request(client)
        method, _blank, rest = request.partition(b" ")
        if not rest.startswith(prefix + b"/"):
            _answer(client, "404 Not Found", b"nothing here", {})
            return None
        request = method + b" " + rest.removeprefix(prefix)
        if b"\nupgrade:" in request.lower():
            return request
        # Else the next request would go on as it is.
        return request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    return treatment


def password(user: str, word: str, token: str) -> Treatment:
    """An authenticating proxy: it accepts one login, and sends a token in its place. One request per connection."""
    login = b"Basic " + base64.b64encode(f"{user}:{word}".encode())

    def treatment(client: socket.socket, _number: int) -> bytes | None:
        request = _request(client)
        if login not in request:
            _answer(client, "401 Unauthorized", b"log in", {})
            return None
        request = request.replace(login, b"Bearer " + token.encode())
        if b"\nupgrade:" in request.lower():
            return request
        return request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    return treatment


def noting(notes: list[str]) -> Treatment:
    """Keeps who is impersonated by the first request of each connection, and lets it pass."""

    def treatment(client: socket.socket, _number: int) -> bytes | None:
        request = _request(client)
        lines = request.partition(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")
        fields = [(name.lower(), value.strip()) for name, _colon, value in (line.partition(":") for line in lines)]
        notes.extend(f"{name}: {value}" for name, value in fields if name.startswith("impersonate-"))
        return request

    return treatment


def _request(client: socket.socket) -> bytes:
    """Reads one request whole: what is left unread would turn the end of the connection into a reset."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(client)
    head, _blank, body = data.partition(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    wanted = next((int(value) for name, _colon, value in fields if name == b"content-length"), 0)
    while len(body) < wanted:
        body += _more(client)
    return head + b"\r\n\r\n" + body


def _more(client: socket.socket) -> bytes:
    data = client.recv(65536)
    if not data:
        raise ConnectionError
    return data
