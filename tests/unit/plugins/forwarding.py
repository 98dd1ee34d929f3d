# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Port-forwards that end at loopback servers, without an API server between."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf import port_forward


@dataclass
class Forwarding:
    """Where each `pod:port` leads, and what was opened."""

    routes: dict[str, str] = field(default_factory=dict)
    """`api-1:8080` -> URL of a server."""
    opened: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """URL and options of each WebSocket."""
    closed: int = 0
    refusal: Exception | None = None
    refusals: dict[str, Exception] = field(default_factory=dict)
    """By `pod:port`."""
    told: str | None = None
    """What the API server says about a forward that broke."""

    def create_connection(self, url: str, **options: Any) -> Tunnel:
        """In the place of the websocket library's function."""
        self.opened.append((url, options))
        if self.refusal:
            raise self.refusal
        match = re.search(r"/pods/([^/]+)/portforward\?ports=(\d+)", url)
        assert match
        target = f"{match[1]}:{match[2]}"
        if target in self.refusals:
            raise self.refusals[target]
        return Tunnel(target)

    def port_forward(self, tunnel: Tunnel, ports: list[int]) -> ForwardedEnd:
        """In the place of the kubernetes library's class."""
        assert tunnel.target.endswith(f":{ports[0]}")
        return ForwardedEnd(self, urlsplit(self.routes[tunnel.target]).port or 0)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Forwarding:
        """Takes the place of both libraries until the test ends."""
        monkeypatch.setattr(websocket, "create_connection", self.create_connection)
        monkeypatch.setattr(port_forward, "PortForward", self.port_forward)
        return self


@dataclass
class Tunnel:
    """A WebSocket to a `pod:port`."""

    target: str
    connected: bool = True

    def shutdown(self) -> None:
        """Only what the other side has closed is ended so."""
        assert not self.connected


@dataclass
class ForwardedEnd:
    """This machine's end of one forward."""

    forwarding: Forwarding
    port: int

    def socket(self, _port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port))

    def error(self, _port: int) -> str | None:
        return self.forwarding.told

    def close(self) -> None:
        self.forwarding.closed += 1
