# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The kubelet's HTTPS endpoints that the API server calls: container logs and port-forwarding."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from .pod import Pod
from .port_forward import PROTOCOL, forward

FindPod = Callable[[str, str], Pod | None]


def kubelet_application(find: FindPod) -> web.Application:
    """Return the application; `find` looks a pod up by namespace and name."""

    def pod_of(request: web.Request) -> Pod:
        namespace, name = request.match_info["namespace"], request.match_info["pod"]
        pod = find(namespace, name)
        if pod is None:
            raise web.HTTPNotFound(text=f'pod "{name}" not found')
        return pod

    async def container_logs(request: web.Request) -> web.Response:
        pod, name = pod_of(request), request.match_info["container"]
        if name not in pod.containers:
            raise web.HTTPNotFound(text=f'container "{name}" not found in pod "{pod.name}"')
        previous = request.query.get("previous") == "true"
        text = pod.containers[name].log.read(
            previous=previous,
            tail=int(request.query["tailLines"]) if "tailLines" in request.query else None,
            timestamps=request.query.get("timestamps") == "true",
        )
        if text is not None:
            return web.Response(text=text)
        if previous:
            raise web.HTTPBadRequest(text=f'previous terminated container "{name}" in pod "{pod.name}" not found')
        reason = pod.waiting_reason(name)
        raise web.HTTPBadRequest(text=f'container "{name}" in pod "{pod.name}" is waiting to start: {reason}')

    async def port_forward(request: web.Request) -> web.StreamResponse:
        pod = pod_of(request)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise web.HTTPBadRequest(text="this kubelet forwards ports over WebSocket only")
        ports = [int(port) for value in request.query.getall("port", []) for port in value.split(",")]
        if not ports:
            raise web.HTTPBadRequest(text='query parameter "port" is required')
        socket = web.WebSocketResponse(protocols=(PROTOCOL,), compress=False, max_msg_size=0)
        await socket.prepare(request)
        await forward(socket, pod.address, ports)
        return socket

    application = web.Application()
    application.router.add_get("/containerLogs/{namespace}/{pod}/{container}", container_logs)
    application.router.add_route("*", "/portForward/{namespace}/{pod}", port_forward)
    return application


def kubelet_tls(folder: Path) -> ssl.SSLContext:
    """Return the server side of TLS that lets only the cluster's API server in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "kubelet.crt", folder / "kubelet.key")
    return context
