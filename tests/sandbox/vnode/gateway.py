# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The cluster's HTTP gateway: routes by Host header to a Service and on to one of its ready pods."""

from __future__ import annotations

import itertools

import aiohttp
from aiohttp import web

from .client import Manifest
from .services import Endpoint, Services

PORT_NAME = "http"
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}
UPSTREAM_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=1)

# Host label -> Service, and the namespace to prefer when several have one of that name
ROUTES = {
    "api": ("api", "nvcf"),
    "tasks": ("nvct-api", "nvcf"),
    "api-keys": ("admin-token-issuer-proxy", "api-keys"),
}


class Gateway:
    """Proxies `api.<domain>`, `tasks.<domain>` and `api-keys.<domain>`; no other host is known."""

    def __init__(self, domain: str, services: Services, session: aiohttp.ClientSession) -> None:
        self._routes = {f"{label}.{domain}": route for label, route in ROUTES.items()}
        self._services = services
        self._session = session
        self._turn = itertools.count()

    def application(self) -> web.Application:
        """Return the application that handles every method and path."""
        application = web.Application(client_max_size=2**26)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.Response:
        host = request.host.partition(":")[0].lower()
        if host not in self._routes:
            return web.Response(status=404)
        service = await self._service(*self._routes[host])
        endpoints = self._services.endpoints(service, PORT_NAME) if service else []
        body = await request.read()
        for endpoint in self._in_turn(endpoints):
            try:
                return await self._pass_on(request, body, endpoint)
            except aiohttp.ClientConnectorError:
                continue  # it has just stopped listening; the request has not reached it
            except (aiohttp.ClientError, TimeoutError):
                text = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
                return web.Response(status=503, text=text)
        return web.Response(status=503, text="no healthy upstream")

    async def _service(self, name: str, preferred: str) -> Manifest | None:
        found = await self._services.named(name)
        return min(found, key=lambda service: service["metadata"]["namespace"] != preferred, default=None)

    def _in_turn(self, endpoints: list[Endpoint]) -> list[Endpoint]:
        """Round robin: start at another one each time, then try the others."""
        start = next(self._turn) % len(endpoints) if endpoints else 0
        return endpoints[start:] + endpoints[:start]

    async def _pass_on(self, request: web.Request, body: bytes, endpoint: Endpoint) -> web.Response:
        address, port = endpoint
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        async with self._session.request(
            request.method,
            f"http://{address}:{port}{request.rel_url.raw_path_qs}",
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=UPSTREAM_TIMEOUT,
        ) as reply:
            content = await reply.read()
            kept = [(name, value) for name, value in reply.headers.items() if name.lower() not in HOP_BY_HOP]
            response = web.Response(status=reply.status, reason=reply.reason, body=content)
        for name in {name for name, _unused in kept}:
            response.headers.popall(name, None)
        for name, value in kept:
            response.headers.add(name, value)
        return response
