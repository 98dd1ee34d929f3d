# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connected socket from which as much is read as there is: websocket-client reads its handshake byte by byte."""

from __future__ import annotations

from select import POLLIN, poll
from typing import Any

CHUNK = 1 << 14
"""Bytes; TLS has no more in one record."""


class Buffered:
    """The socket, for who reads little at a time."""

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self._rest = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, most: int) -> bytes:
        """Like the socket's: something, or nothing at its end."""
        content: bytes = self._rest or self._socket.recv(CHUNK)
        self._rest = content[most:]
        return content[:most]

    @property
    def waiting(self) -> bool:
        """Whether something is to be read, the end as well."""
        return bool(self._rest) or is_waiting(self._socket)


def is_waiting(connected: Any) -> bool:
    """Whether something is to be read from a socket. The kernel knows nothing of what TLS has taken from it."""
    within = getattr(connected, "pending", None)
    if within and within():
        return True
    waiting = poll()
    waiting.register(connected, POLLIN)
    return bool(waiting.poll(0))
