# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What stands in the place of an API server that is overloaded, broken or none."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Mapping

from ansible_collections.fleetops.nvcf.tests.conformance.fronts import Treatment

STALL_SECONDS = 8.0
"""Longer than any request here may take."""
PAGE = b"<html><body><form action='/login'>Sign in</form></body></html>"


def overloaded(status: str, *, times: int | None) -> Treatment:
    """Answers so, with Retry-After, as many times; None for always."""

    def treatment(client: socket.socket, number: int) -> bool:
        if times is not None and number > times:
            return False
        return _answered(client, status, b"later", {"Retry-After": "1"})

    return treatment


def page(client: socket.socket, _number: int) -> bool:
    """A login page, as a gateway before an API server answers who has no session."""
    return _answered(client, "200 OK", PAGE, {"Content-Type": "text/html"})


def redirect(target: Callable[[], str]) -> Treatment:
    """Sends everybody to another server."""
    return lambda client, _number: _answered(client, "302 Found", b"", {"Location": target()})


def truncated(client: socket.socket, _number: int) -> bool:
    """Promises more than it sends."""
    _request(client)
    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"kind": "Self')
    return True


def stalled(client: socket.socket, _number: int) -> bool:
    """Takes the request and says nothing."""
    _request(client)
    time.sleep(STALL_SECONDS)
    return True


def reset(client: socket.socket, _number: int) -> bool:
    """Breaks the connection before anything was said."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return True


def _answered(client: socket.socket, status: str, body: bytes, headers: Mapping[str, str]) -> bool:
    _request(client)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n"
    client.sendall(head.encode() + body)
    return True


def _request(client: socket.socket) -> None:
    """Reads one request whole: what is left unread would turn the end of the connection into a reset."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(client)
    head, _blank, body = data.partition(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    wanted = next((int(value) for name, _colon, value in fields if name == b"content-length"), 0)
    while len(body) < wanted:
        body += _more(client)


def _more(client: socket.socket) -> bytes:
    data = client.recv(65536)
    if not data:
        raise ConnectionError
    return data
