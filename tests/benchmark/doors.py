# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Ways to the API that the sandbox does not have, in a process of their own so that nobody is charged for them.

The front door is the gateway that the hand procedure and the plain playbook need: it routes `api.<cluster>` and
`api-keys.<cluster>` by Host header to a ready pod of that cluster's namespace. The kubelet of the node `parked` lets a
port-forward to any of its pods end at a pod of the original release, so that the collection's own way, a port-forward
for each cluster, costs what it costs.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import signal
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.benchmark.copies import ORIGINAL, PARKED, SELECTOR
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import API_KEYS
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox
from ansible_collections.fleetops.nvcf.tests.sandbox.slots import LOOPBACK
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.client import STRATEGIC_PATCH, KubeClient
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.kubelet import kubelet_tls
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.port_forward import PROTOCOL, forward

PORT = 8080
PR_SET_PDEATHSIG = 1


async def ready_pod(client: KubeClient, namespace: str, query: str) -> str | None:
    """The address of a pod that requests may be sent to."""
    listed = await client.call("GET", f"/api/v1/namespaces/{namespace}/pods?{query}")
    for pod in listed["items"]:
        conditions = pod["status"].get("conditions") or []
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        if ready and "deletionTimestamp" not in pod["metadata"]:
            return str(pod["status"]["podIP"])
    return None


class FrontDoor:
    """A gateway in front of all clusters."""

    def __init__(self, clients: Mapping[str, KubeClient], planes: Mapping[str, str]) -> None:
        self._clients = clients
        self._planes = planes
        """The sandbox's cluster that a cluster of the fleet is on."""
        self._session = aiohttp.ClientSession()

    async def handle(self, request: web.Request) -> web.Response:
        """Pass a request on."""
        label, _unused, cluster = request.host.partition(":")[0].partition(".")
        client = self._clients[self._planes[cluster]]
        namespace, query = (API_KEYS, "") if label == "api-keys" else (cluster, SELECTOR)
        address = await ready_pod(client, namespace, query)
        if address is None:
            return web.Response(status=503, text="no healthy upstream")
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = f"http://{address}:{PORT}{request.rel_url}"
        async with self._session.request(request.method, url, headers=headers, data=await request.read()) as reply:
            kind = reply.headers.get("Content-Type", "application/json")
            return web.Response(status=reply.status, body=await reply.read(), headers={"Content-Type": kind})

    async def close(self) -> None:
        """Drop the connections."""
        await self._session.close()


async def parked_port_forward(client: KubeClient, request: web.Request) -> web.StreamResponse:
    """A port-forward to any parked pod."""
    address = await ready_pod(client, ORIGINAL, SELECTOR)
    if address is None:
        raise web.HTTPNotFound(text="no pod of the original is ready")
    stream = web.WebSocketResponse(protocols=(PROTOCOL,), compress=False, max_msg_size=0)
    await stream.prepare(request)
    await forward(stream, address, [int(port) for port in request.query["port"].split(",")])
    return stream


async def serve(application: web.Application, **options: Any) -> int:
    """Listen on a free port of loopback; returns the port."""
    listener = socket.create_server((LOOPBACK, 0))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, **options).start()
    return int(listener.getsockname()[1])


async def register(client: KubeClient, kubelet_port: int) -> None:
    """Make the node that parked pods are on."""
    await client.call("POST", "/api/v1/nodes", {"metadata": {"name": PARKED}})
    status = {
        "addresses": [{"type": "InternalIP", "address": LOOPBACK}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
    }
    await client.call("PATCH", f"/api/v1/nodes/{PARKED}/status", {"status": status}, STRATEGIC_PATCH)


async def open_doors(clusters: Mapping[str, Cluster], planes: Mapping[str, str], address: Path) -> None:
    """Serve until the process is ended; the front door's URL is in `address` once all doors are open."""
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(KubeClient(cluster.server, cluster.folder))
            for name, cluster in clusters.items()
        }
        for name, cluster in clusters.items():
            kubelet = web.Application()
            kubelet.router.add_route("*", "/portForward/{namespace}/{pod}", partial(parked_port_forward, clients[name]))
            await register(clients[name], await serve(kubelet, ssl_context=kubelet_tls(cluster.folder)))
        door = FrontDoor(clients, planes)
        stack.push_async_callback(door.close)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", door.handle)
        port = await serve(application)
        partial_file = address.with_suffix(".partial")
        partial_file.write_text(f"http://{LOOPBACK}:{port}", encoding="utf-8")
        partial_file.rename(address)
        await asyncio.Event().wait()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sandbox")
    parser.add_argument("planes", type=Path, help="JSON: the sandbox's cluster of each cluster of the fleet")
    parser.add_argument("address", type=Path, help="where to write the front door's URL")
    options = parser.parse_args()
    # Not even a benchmark that is killed leaves them open.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    clusters = {cluster.name: cluster for cluster in Sandbox.open(options.sandbox).clusters}
    planes = json.loads(options.planes.read_text(encoding="utf-8"))
    asyncio.run(open_doors(clusters, planes, options.address))


if __name__ == "__main__":
    main()
