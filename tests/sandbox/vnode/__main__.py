# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Entry point of the node's process: `python -m ...vnode --folder ... --server ...`."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
from pathlib import Path

import aiohttp
from aiohttp import web

from ..slots import LOOPBACK
from .client import KubeClient
from .gateway import Gateway
from .kubelet import kubelet_application, kubelet_tls
from .node import Node
from .pod import Pod
from .programs import Host
from .services import Services


def main() -> None:
    """Parse the command line and run the node until the process is ended."""
    parser = argparse.ArgumentParser(description="virtual node of one sandbox cluster")
    parser.add_argument("--folder", type=Path, required=True, help="the cluster's certificates and behavior file")
    parser.add_argument("--server", required=True, help="URL of the API server")
    parser.add_argument("--kubelet-port", type=int, required=True)
    parser.add_argument("--gateway-port", type=int, required=True)
    parser.add_argument("--domain", required=True, help="domain below which the gateway routes")
    parser.add_argument("--pods", type=ipaddress.IPv4Network, required=True, help="network of pod addresses")
    asyncio.run(_run(parser.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    pods: dict[str, Pod] = {}
    async with KubeClient(options.server, options.folder) as client, aiohttp.ClientSession() as session:
        services = Services(client, pods.values)
        host = Host(folder=options.folder, services=services, session=session)
        node = Node(client, host, kubelet_port=options.kubelet_port, network=options.pods, pods=pods)
        gateway = Gateway(options.domain, services, session)
        async with asyncio.TaskGroup() as group:
            kubelet = kubelet_application(node.find)
            for application, port, tls in (
                (kubelet, options.kubelet_port, kubelet_tls(options.folder)),
                (gateway.application(), options.gateway_port, None),
            ):
                runner = web.AppRunner(application, access_log=None)
                await runner.setup()
                await web.TCPSite(runner, LOOPBACK, port, ssl_context=tls).start()
            group.create_task(node.run())


if __name__ == "__main__":
    main()
