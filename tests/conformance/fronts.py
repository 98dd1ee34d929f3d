# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Listeners on loopback before a server: they count connections, and relay them or do something else with them."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Address = tuple[str, int]
Treatment = Callable[[socket.socket, int], bytes | None]
"""Gets a connection and its number since the last reset. Returns what goes to the server before all that follows, or
None when the connection is not to be relayed."""
PATIENCE_SECONDS = 20.0
"""How long a relay stays without a byte: longer than anything here waits."""


@dataclass(kw_only=True)
class Front:
    """One listener, with a thread for itself and one for each connection."""

    onward: Address
    """Where it relays to."""
    tls: ssl.SSLContext | None = None
    """Its own certificate, where it ends TLS."""
    onward_tls: ssl.SSLContext | None = None
    treatment: Treatment | None = None
    address: str = "127.0.0.1"
    connections: int = 0
    """All since it began."""
    number: int = 0
    """Those since the last reset."""
    _listener: socket.socket = field(init=False)
    _open: set[socket.socket] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Listens from now on."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, 0), family=family)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def settle(self) -> None:
        """Waits until everybody is counted who has connected, if only to give up at once."""
        while select.select([self._listener], [], [], 0)[0]:
            time.sleep(0.001)

    def close(self) -> None:
        """Ends the listener and all connections, and with them the threads."""
        with contextlib.suppress(OSError):
            # Closing alone does not wake the thread that accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.number += 1
            threading.Thread(target=self._serve, args=(client, self.number), daemon=True).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        # A client that gives up is what many variants are about.
        with contextlib.suppress(OSError, ssl.SSLError), contextlib.ExitStack() as stack:
            client.settimeout(PATIENCE_SECONDS)
            stack.callback(client.close)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
                stack.callback(client.close)
            self._open.add(client)
            stack.callback(self._open.discard, client)
            begin = self.treatment(client, number) if self.treatment else b""
            if begin is None:
                return
            server = stack.enter_context(socket.create_connection(self.onward, timeout=PATIENCE_SECONDS))
            if self.onward_tls:
                server = self.onward_tls.wrap_socket(server, server_hostname="localhost")
                stack.callback(server.close)
            self._open.add(server)
            stack.callback(self._open.discard, server)
            server.sendall(begin)
            _relay(client, server)


def _relay(client: socket.socket, server: socket.socket) -> None:
    """Both ways until one side ends."""
    other = {client: server, server: client}
    while True:
        pending = [one for one in other if isinstance(one, ssl.SSLSocket) and one.pending()]
        ready = pending or select.select(list(other), [], [], PATIENCE_SECONDS)[0]
        if not ready:
            return
        for one in ready:
            data = _read(one)
            if data is None:
                continue
            if not data:
                return
            other[one].sendall(data)


def _read(one: socket.socket) -> bytes | None:
    """What has come; None for what is TLS's own business, such as a session ticket."""
    one.settimeout(0)
    try:
        return one.recv(65536)
    except ssl.SSLWantReadError:
        return None
    finally:
        one.settimeout(PATIENCE_SECONDS)


def serving(chain: str, key: str) -> ssl.SSLContext:
    """A server's settings with the certificates in the file `chain`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context
