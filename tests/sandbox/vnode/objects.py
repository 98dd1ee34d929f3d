# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What container environments refer to, read from the cluster."""

from __future__ import annotations

from .client import KubeClient, Manifest


class ClusterObjects:
    """Reads what container environments refer to, at the moment they are put together."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    async def config(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return the `configmap` or `secret`, or None."""
        return await self._client.get(f"/api/v1/namespaces/{namespace}/{kind}s/{name}")

    async def services(self, namespace: str) -> list[Manifest]:
        """Return the namespace's Services after the API server's own, which every container gets to know."""
        own = await self._client.get("/api/v1/namespaces/default/services/kubernetes")
        listed = await self._client.call("GET", f"/api/v1/namespaces/{namespace}/services")
        return [*([own] if own else []), *listed["items"]]
