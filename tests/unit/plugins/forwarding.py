# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Port-forwards that end at loopback servers, without an API server between."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import websocket
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.buffered import Buffered
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.port_channel import DATA, ERROR, PortChannel
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf import port_forward

BINARY, CLOSE = websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_CLOSE


@dataclass
class Forwarding:
    """Where each `pod:port` leads, and what was opened."""

    routes: dict[str, str] = field(default_factory=dict)
    """`api-1:8080` -> URL of a server."""
    opened: list[str] = field(default_factory=list)
    """The path of each forward."""
    closed: int = 0
    refusal: Exception | None = None
    refusals: dict[str, Exception] = field(default_factory=dict)
    """By `pod:port`."""
    told: str | None = None
    """What the API server says about a forward that broke."""

    def open_channel(self, _cluster: Cluster, path: str, timeout: float) -> PortChannel:
        """In the place of the function that asks the API server."""
        self.opened.append(path)
        if self.refusal:
            raise self.refusal
        match = re.search(r"/pods/([^/]+)/portforward\?ports=(\d+)", path)
        assert match
        target = f"{match[1]}:{match[2]}"
        if target in self.refusals:
            raise self.refusals[target]
        address = ("127.0.0.1", urlsplit(self.routes[target]).port or 0)
        return PortChannel(Tunnel(self, Buffered(socket.create_connection(address, timeout=timeout))))

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Forwarding:
        """Takes its place until the test ends."""
        monkeypatch.setattr(port_forward, "open_channel", self.open_channel)
        return self


@dataclass
class Tunnel:
    """A WebSocket, as an API server uses it for one port."""

    forwarding: Forwarding
    sock: Buffered
    begun: list[tuple[int, bytes]] = field(default_factory=lambda: [(BINARY, b"\0\x90\x1f"), (BINARY, b"\1\x90\x1f")])

    def send_binary(self, frame: bytes) -> None:
        assert frame[:1] == DATA
        self.sock.sendall(frame[1:])

    def recv_data(self) -> tuple[int, bytes]:
        if self.begun:
            return self.begun.pop(0)
        if content := self.sock.recv(1000):
            return BINARY, DATA + content
        if self.forwarding.told:
            return BINARY, ERROR + self.forwarding.told.encode()
        return CLOSE, b""

    def shutdown(self) -> None:
        self.forwarding.closed += 1
        self.sock.close()
