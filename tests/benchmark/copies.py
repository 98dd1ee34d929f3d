# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Many releases from one that helm has installed, without running helm for each.

A copy is what helm would have left: the storage Secret with the namespace exchanged, and the objects of its manifest
applied as helm applies them, so that the controllers make ReplicaSets and pods and helm can upgrade it. The pods of a
*live* copy run on the sandbox's node. Those of a *parked* one are on a node that runs nothing: their status is written
here, and whoever opens a port of one reaches a pod of the original (`doors`).
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.client import STRATEGIC_PATCH, KubeClient, Manifest

RELEASE = "api"
ORIGINAL = "copied-from-here"
"""Namespace of the installed release. The word occurs in it nowhere else, so it can be exchanged as text."""
STORAGE = f"sh.helm.release.v1.{RELEASE}.v1"
SELECTOR = "labelSelector=app.kubernetes.io%2Fname%3Dhelm-nvcf-api"
PARKED = "parked"
AT_ONCE = 16
APPLY = "application/apply-patch+yaml"
_PLURAL = {
    "ConfigMap": "api/v1/{}/configmaps",
    "Secret": "api/v1/{}/secrets",
    "Service": "api/v1/{}/services",
    "ServiceAccount": "api/v1/{}/serviceaccounts",
    "Deployment": "apis/apps/v1/{}/deployments",
}


@dataclass(frozen=True, kw_only=True)
class Original:
    """A release as helm stored it, with its own namespace still in it."""

    labels: dict[str, str]
    stored: str

    @classmethod
    async def read(cls, client: KubeClient) -> Original:
        """The one in the namespace ORIGINAL."""
        secret = await client.call("GET", f"/api/v1/namespaces/{ORIGINAL}/secrets/{STORAGE}")
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        return cls(labels=secret["metadata"]["labels"], stored=gzip.decompress(packed).decode())

    def secret(self, namespace: str) -> Manifest:
        """Helm's storage of the copy."""
        packed = gzip.compress(self.stored.replace(ORIGINAL, namespace).encode(), mtime=0)
        return {
            "metadata": {"name": STORAGE, "labels": self.labels},
            "type": "helm.sh/release.v1",
            "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()},
        }

    def objects(self, namespace: str, *, node: str | None) -> list[Manifest]:
        """What the manifest names, marked as helm's."""
        manifest = json.loads(self.stored.replace(ORIGINAL, namespace))["manifest"]
        found = [document for document in yaml.load_all(manifest, yaml.CSafeLoader) if document]
        for document in found:
            helms = {"meta.helm.sh/release-name": RELEASE, "meta.helm.sh/release-namespace": namespace}
            document["metadata"].setdefault("annotations", {}).update(helms)
            if node and document["kind"] == "Deployment":
                document["spec"]["template"]["spec"]["nodeName"] = node
        # Pods are refused before their ServiceAccount is there.
        return sorted(found, key=lambda document: document["kind"] == "Deployment")


async def copy(client: KubeClient, namespaces: Sequence[str], *, parked: bool) -> None:
    """Make the copies, one per namespace, and return when all their pods are ready."""
    original = await Original.read(client)
    few = asyncio.Semaphore(AT_ONCE)

    async def one(namespace: str) -> None:
        async with few:
            await _copy_one(client, original, namespace, node=PARKED if parked else None)

    async with asyncio.TaskGroup() as group:
        if parked:
            waiting = group.create_task(_play_dead_node(client, len(namespaces)))
        copying = [group.create_task(one(namespace)) for namespace in namespaces]
        await asyncio.gather(*copying)
        await waiting if parked else await _all_ready(client, set(namespaces))


async def _copy_one(client: KubeClient, original: Original, namespace: str, *, node: str | None) -> None:
    await client.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    await client.call("POST", f"/api/v1/namespaces/{namespace}/secrets", original.secret(namespace))
    for document in original.objects(namespace, node=node):
        path = _PLURAL[document["kind"]].format(f"namespaces/{namespace}")
        name = document["metadata"]["name"]
        await client.call("PATCH", f"/{path}/{name}?fieldManager=helm&force=true", document, APPLY)


async def _play_dead_node(client: KubeClient, count: int) -> None:
    """Write the status that a kubelet would, until that many pods have one."""
    done: set[str] = set()
    path = f"/api/v1/pods?{SELECTOR}&fieldSelector=spec.nodeName%3D{PARKED}"
    while len(done) < count:
        await asyncio.sleep(1)
        listed = await client.call("GET", path)
        fresh = [pod for pod in listed["items"] if pod["metadata"]["uid"] not in done]
        for start in range(0, len(fresh), AT_ONCE):
            await asyncio.gather(*(_start(client, pod) for pod in fresh[start : start + AT_ONCE]))
        done |= {pod["metadata"]["uid"] for pod in fresh}


async def _start(client: KubeClient, pod: Manifest) -> None:
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
    await client.call("PATCH", path, {"status": _running(pod)}, STRATEGIC_PATCH)


def _running(pod: Manifest) -> dict[str, Any]:
    now = datetime.now(tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    types = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "startTime": now,
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in types],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod["spec"]["containers"]
        ],
    }


async def _all_ready(client: KubeClient, namespaces: set[str]) -> None:
    while True:
        listed = await client.call("GET", f"/apis/apps/v1/deployments?{SELECTOR}")
        if namespaces <= {
            deployment["metadata"]["namespace"]
            for deployment in listed["items"]
            if (deployment.get("status") or {}).get("availableReplicas")
        }:
            return
        await asyncio.sleep(0.5)
