# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""HTTP and SOCKS5 proxies, for whom every name is this machine. So a name that nothing resolves can be reached.

Run as a program, because pproxy leaves sockets open that a test run would complain of. It prints the ports and ends
with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

import pproxy
from pproxy.proto import HTTP
from pproxy.server import ProxyDirect

LOGIN = "user:p@ss:w"
"""In a URL: `user:p%40ss%3Aw`."""
MODULE = "ansible_collections.fleetops.nvcf.tests.conformance.proxies"


class AnyCase(HTTP):  # type: ignore[misc] # pproxy has no types
    """Header names in any case, as HTTP has it; pproxy by itself looks for `Proxy-Authorization` only."""

    @property
    def name(self) -> str:
        """What pproxy calls it."""
        return "http"

    async def http_accept(self, *given: Any, **more: Any) -> Any:
        """The same, with the login wherever it is."""
        user, method, path, authority, version, lines, host, login, *rest = given
        for line in lines.split("\r\n"):
            name, _colon, value = line.partition(":")
            if name.lower() == "proxy-authorization":
                login = value.strip()
        return await super().http_accept(user, method, path, authority, version, lines, host, login, *rest, **more)


class Here(ProxyDirect):  # type: ignore[misc] # pproxy has no types
    """Goes to the port that was asked for, of this machine."""

    async def open_connection(self, _host: str, port: int, *_rest: Any, **_more: Any) -> Any:
        """Whatever the name."""
        return await asyncio.open_connection("127.0.0.1", port)


@dataclass(kw_only=True)
class Proxies:
    """Each scheme without a login and with one, in a process."""

    ports: dict[str, int] = field(default_factory=dict)
    """By `http`, `http-login`, `socks5`, `socks5-login`."""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Listen from now on."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.ports = json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End them."""
        if self._process:
            self._process.communicate()


async def _listening(scheme: str, login: str) -> int:
    server = pproxy.Server(f"{scheme}://127.0.0.1:0{login}")
    if scheme == "http":
        server.protos = [AnyCase("")]
    # Else who has once shown a login would need none from then on.
    listening = await server.start_server({"rserver": [Here()], "authtime": -1})
    return int(listening.sockets[0].getsockname()[1])


async def _main() -> None:
    ports = {}
    for scheme in ("http", "socks5"):
        ports[scheme] = await _listening(scheme, "")
        ports[f"{scheme}-login"] = await _listening(scheme, f"#{LOGIN}")
    print(json.dumps(ports), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A thread, because stdin may be anything.
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_main())
