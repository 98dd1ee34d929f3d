# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The handshake by which a connection becomes a WebSocket (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress

from .exchange import Answer, Buffered, NotPlainError

SWITCHED = 101
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""By which a server proves that it has understood the question."""


class RefusedError(Exception):
    """The server has answered, but the connection is no WebSocket."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"it answered {answer.status}")
        self.answer = answer


def upgrade(connected: Buffered, host: str, target: str, headers: Iterable[tuple[str, str]], *, protocol: str) -> None:
    """Has the server make a WebSocket of the connection, for the one subprotocol.

    Raises RefusedError, NotPlainError, and OSError also where the answer is no proof.
    """
    key = base64.b64encode(os.urandom(16))
    own = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key.decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": protocol,
    }
    connected.ask(host, target, [*own.items(), *headers])
    status, told = connected.head()
    if status != SWITCHED:
        content = b""
        # After a redirect it is the status that tells.
        if status >= 400:
            with suppress(NotPlainError, OSError):
                content = connected.body(told)
        raise RefusedError(Answer(status=status, headers=told, data=content))
    proof = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    if told.get("sec-websocket-accept") != proof or told.get("sec-websocket-protocol") != protocol:
        raise ConnectionResetError(f"it does not speak {protocol} over a WebSocket")
