# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One forwarded port of a pod, as the socket that http.client writes to and reads from.

The API server carries the bytes in the frames of a WebSocket: a first byte says whether they are data or the text of an
error. Nothing runs beside the caller: a connection that breaks is reported to its reader at once.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

try:
    import urllib3
    import websocket
except ImportError:  # reported where a cluster is connected; both come with the kubernetes library
    pass

from .._runtime.errors import KubernetesError
from .api_client import Cluster
from .buffered import Buffered

PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = b"\0", b"\1"
SWITCHED = 101


class PortChannel:
    """The bytes to and from one port."""

    def __init__(self, tunnel: Any) -> None:
        self._tunnel = tunnel
        self._begun: set[bytes] = set()

    def sendall(self, data: bytes) -> None:
        """Sends all of it."""
        with _told_as_broken():
            self._tunnel.send_binary(DATA + bytes(data))

    def receive(self) -> bytes:
        """What came next; nothing when the server has ended. Raises OSError, with the API server's words if any."""
        while True:
            with _told_as_broken():
                opcode, frame = self._tunnel.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return b""
            channel, content = frame[:1], frame[1:]
            if channel not in self._begun:
                # The first frame of each channel holds the port's number.
                self._begun.add(channel)
            elif channel == ERROR:
                raise ConnectionResetError(content.decode(errors="replace").strip())
            elif content:
                return bytes(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A file to read one answer from, as http.client does."""
        return io.BufferedReader(_Answer(self))

    @property
    def ended(self) -> bool:
        """Whether something is to be read where no answer is expected, which can only be the end."""
        return bool(self._tunnel.sock.waiting)

    def close(self) -> None:
        """Nothing yet: http.client closes a socket before it has read the last answer from it."""

    def end(self) -> None:
        """Ends the connection, without a farewell, for which an API server that is gone would be waited for."""
        self._tunnel.shutdown()


class _Answer(io.RawIOBase):
    def __init__(self, channel: PortChannel) -> None:
        self._channel = channel
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._rest or self._channel.receive()
        taken = content[: len(buffer)]
        self._rest = content[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


@contextmanager
def _told_as_broken() -> Iterator[None]:
    """Makes an OSError of what the WebSocket's library raises."""
    try:
        yield
    except websocket.WebSocketException as error:
        raise ConnectionResetError(str(error)) from error


def open_channel(cluster: Cluster, path: str, timeout: float) -> PortChannel:
    """The channel to the one port that `path` names; seconds for each wait on it. Raises KubernetesError.

    Its status is 0 where there is no connection, and else what the API server has answered.
    """

    def opened() -> PortChannel:
        try:
            return _opened(cluster, path, timeout)
        except KubernetesError as error:
            if error.status != 401 or not cluster.renew():
                raise
        return _opened(cluster, path, timeout)

    return cluster.undoubted(opened)


def _opened(cluster: Cluster, path: str, timeout: float) -> PortChannel:
    # First, because a token that has run out is renewed with the connection.
    headers, route = cluster.headers(), cluster.route
    if (taken_over := route.taken_over()) is not None:
        # What lies on the way may have dropped it anyway.
        with suppress(OSError, websocket.WebSocketException):
            return _switched(cluster, path, headers, taken_over, timeout)
    try:
        return _switched(cluster, path, headers, route.dial(timeout), timeout)
    except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException, websocket.WebSocketException) as error:
        raise KubernetesError(cluster.unreachable(error), status=0, server=cluster.server) from error


def _switched(
    cluster: Cluster, path: str, headers: urllib3.HTTPHeaderDict, connected: Any, timeout: float
) -> PortChannel:
    """The channel that the server makes of a connection.

    Raises KubernetesError for an answer that refuses it, OSError and WebSocketException where there is none.
    """
    route = cluster.route
    url = urlsplit(route.server + path)
    tunnel = websocket.WebSocket()
    try:
        tunnel.connect(
            url._replace(scheme="wss" if route.tls else "ws").geturl(),
            socket=Buffered(connected),
            timeout=timeout,
            # Each is Latin-1 that is UTF-8 when it is sent, and the library sends UTF-8.
            header=[f"{name}: {value}".encode("latin-1").decode() for name, value in headers.items()],
            subprotocols=[PROTOCOL],
            suppress_origin=True,
            # A token is for this server, and for no other that it may name.
            redirect_limit=0,
        )
    except (OSError, websocket.WebSocketException) as error:
        connected.close()
        # After a redirect the answer says what happened, and not the library.
        status = getattr(error, "status_code", None) or tunnel.getstatus()
        if not status:
            raise
        raise cluster.refused("GET", path, status, getattr(error, "resp_body", None) or b"") from None
    if (status := int(tunnel.getstatus() or 0)) != SWITCHED:
        tunnel.shutdown()
        raise cluster.refused("GET", path, status, b"")
    return PortChannel(tunnel)
