# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From a Service to the pods behind it, as endpoints and a cluster's proxy would have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from .client import KubeClient, Manifest

Endpoint = tuple[str, int]


class Backend(Protocol):
    """What has to be known of a pod to send it requests."""

    manifest: Manifest
    address: str

    @property
    def ready(self) -> bool:
        """Whether it may get requests now."""


class Services:
    """Looks Services up in the cluster and matches them with the pods of this node."""

    def __init__(self, client: KubeClient, pods: Callable[[], Iterable[Backend]]) -> None:
        self._client = client
        self._pods = pods

    async def find(self, namespace: str, name: str) -> Manifest | None:
        """Return one Service, or None."""
        return await self._client.get(f"/api/v1/namespaces/{namespace}/services/{name}")

    async def named(self, name: str) -> list[Manifest]:
        """Return the Services of that name in all namespaces."""
        found = await self._client.call("GET", f"/api/v1/services?fieldSelector=metadata.name%3D{name}")
        services: list[Manifest] = found["items"]
        return services

    def endpoints(self, service: Manifest, port_name: str) -> list[Endpoint]:
        """Return address and port of every ready pod that the Service selects and that has the port."""
        selector: dict[str, str] = service["spec"].get("selector") or {}
        port = next((port for port in service["spec"].get("ports", []) if port.get("name") == port_name), None)
        if not selector or port is None:
            return []
        found = (
            (pod.address, _container_port(pod.manifest, port.get("targetPort", port["port"])))
            for pod in self._pods()
            if pod.ready and _selects(service, selector, pod.manifest)
        )
        return [(address, number) for address, number in found if number is not None]


def _selects(service: Manifest, selector: dict[str, str], pod: Manifest) -> bool:
    labels = pod["metadata"].get("labels", {})
    same_namespace = pod["metadata"]["namespace"] == service["metadata"]["namespace"]
    return same_namespace and all(labels.get(key) == value for key, value in selector.items())


def _container_port(pod: Manifest, target: int | str) -> int | None:
    """Return the number of the port that some container declares, or None.

    A cluster would send requests to an undeclared number too; here it only means that nothing listens there.
    """
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", []):
            if target in (port.get("name"), port["containerPort"]):
                return int(port["containerPort"])
    return None
