# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One forwarded port of a pod, as the socket that http.client writes to and reads from.

The API server carries the bytes in the frames of a WebSocket: a first byte says whether they are data or the text of an
error. Nothing runs beside the caller: a connection that breaks is told to whoever reads from it, at once.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

try:
    import urllib3
    import websocket
except ImportError:  # reported where a cluster is connected; both come with the kubernetes library
    pass

from .._runtime.errors import KubernetesError
from .api_client import Cluster
from .exchange import Buffered, NotPlainError
from .upgrade import RefusedError, upgrade

PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = b"\0", b"\1"


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
        """What came next; nothing when the other side has ended. Raises OSError, with the API server's words if any."""
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
    headers, route = list(cluster.headers().iteritems()), cluster.route
    target = route.prefix + path
    connected = None
    try:
        if connected := route.kept(fresh=True):
            # What lies on the way may have dropped it all the same.
            with suppress(OSError):
                return _channel(connected, route.host, target, headers, timeout)
        connected = Buffered(route.dial(timeout))
        return _channel(connected, route.host, target, headers, timeout)
    except RefusedError as error:
        raise cluster.refused("GET", path, error.answer.status, error.answer.data) from None
    except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException, NotPlainError) as error:
        raise KubernetesError(cluster.unreachable(error), status=0, server=cluster.server) from error


def _channel(
    connected: Buffered, host: str, target: str, headers: Iterable[tuple[str, str]], timeout: float
) -> PortChannel:
    try:
        connected.settimeout(timeout)
        upgrade(connected, host, target, headers, protocol=PROTOCOL)
    except BaseException:
        connected.close()
        raise
    # The library's part are the frames: its own handshake reads the answer byte by byte.
    tunnel: Any = websocket.WebSocket()
    tunnel.sock, tunnel.connected = connected, True
    return PortChannel(tunnel)
