# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The node itself: registers, keeps its lease, places pods and hands them to their own tasks."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import traceback
from collections.abc import Coroutine, Iterator

import aiohttp

from ..slots import can_bind
from .client import MERGE_PATCH, STRATEGIC_PATCH, KubeClient, KubeError, Manifest
from .events import record_event
from .objects import ClusterObjects
from .pod import GONE, HOST_IP, Pod
from .programs import Host, http_port
from .scheduling import unschedulable
from .status import timestamp

NAME = "sandbox"
SIZE = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "250"}
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LEASE_SECONDS = 40
RENEW_SECONDS = 10
RESCHEDULE_SECONDS = 0.5


class Node:
    """All pods of the cluster."""

    def __init__(
        self, client: KubeClient, host: Host, *, kubelet_port: int, network: ipaddress.IPv4Network, pods: dict[str, Pod]
    ) -> None:
        self._client = client
        self._host = host
        self._kubelet_port = kubelet_port
        self._objects = ClusterObjects(client)
        self._addresses = _endless(network)
        self._pods = pods
        self._placing: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, namespace: str, name: str) -> Pod | None:
        """Return the pod of that name."""
        return next((pod for pod in self._pods.values() if (pod.namespace, pod.name) == (namespace, name)), None)

    async def run(self) -> None:
        """Register, then follow the cluster's pods for ever."""
        await self._register()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._renew_lease())
            group.create_task(self._follow())

    async def _register(self) -> None:
        labels = {"kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        node = {"metadata": {"name": NAME, "labels": labels}}
        try:
            await self._client.call("POST", "/api/v1/nodes", node)
        except KubeError as error:
            if error.status != 409:
                raise
        now = timestamp()
        condition = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "sandbox node is ready"}
        unknown = ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "kubeProxyVersion")
        status = {
            "capacity": SIZE,
            "allocatable": SIZE,
            "conditions": [condition | {"lastHeartbeatTime": now, "lastTransitionTime": now}],
            "addresses": [{"type": "InternalIP", "address": HOST_IP}, {"type": "Hostname", "address": NAME}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._kubelet_port}},
            "nodeInfo": dict.fromkeys(unknown, "")
            | {
                "kubeletVersion": "v1.37.2",
                "containerRuntimeVersion": "sandbox://1",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        }
        await self._client.call("PATCH", f"/api/v1/nodes/{NAME}/status", {"status": status}, STRATEGIC_PATCH)

    async def _renew_lease(self) -> None:
        while True:
            now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            spec = {"holderIdentity": NAME, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now}
            try:
                await self._client.call("PATCH", f"{LEASES}/{NAME}", {"spec": spec}, MERGE_PATCH)
            except KubeError as error:
                if error.status != 404:
                    raise
                await self._create_lease({"metadata": {"name": NAME}, "spec": spec})
            await asyncio.sleep(RENEW_SECONDS)

    async def _create_lease(self, lease: Manifest) -> None:
        try:
            await self._client.call("POST", LEASES, lease)
        except KubeError as error:
            if error.status != 404:  # the namespace of leases is created by the API server a moment after it is ready
                raise

    async def _follow(self) -> None:
        while True:
            listed = await self._client.call("GET", "/api/v1/pods")
            for manifest in listed["items"]:
                self._saw(manifest)
            present = {manifest["metadata"]["uid"] for manifest in listed["items"]}
            for uid in set(self._pods) - present:
                self._lost(uid)
            try:
                async for kind, manifest in self._client.watch("/api/v1/pods", listed["metadata"]["resourceVersion"]):
                    if kind == "ERROR":  # the version is too old to continue from
                        break
                    self._lost(manifest["metadata"]["uid"]) if kind == "DELETED" else self._saw(manifest)
            except (KubeError, aiohttp.ClientError) as error:
                print(f"watch ended: {error}", flush=True)
                await asyncio.sleep(RESCHEDULE_SECONDS)

    def _saw(self, manifest: Manifest) -> None:
        metadata, spec = manifest["metadata"], manifest["spec"]
        uid = metadata["uid"]
        if pod := self._pods.get(uid):
            if "deletionTimestamp" in metadata:
                pod.delete(float(metadata.get("deletionGracePeriodSeconds", 0)))
        elif spec.get("nodeName", NAME) == NAME and not spec.get("schedulingGates") and uid not in self._placing:
            self._placing[uid] = task = self._start(self._place(manifest))
            task.add_done_callback(lambda _task: self._placing.pop(uid, None))

    def _lost(self, uid: str) -> None:
        if task := self._placing.pop(uid, None):
            task.cancel()
        if pod := self._pods.pop(uid, None):
            pod.forget()

    async def _place(self, manifest: Manifest) -> None:
        """Bind the pod as soon as it fits, then let it live."""
        metadata = manifest["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        told = ""
        while (obstacle := await self._obstacle(manifest)) is not None:
            if obstacle != told:
                await self._report_unschedulable(manifest, path, obstacle)
                told = obstacle
            await asyncio.sleep(RESCHEDULE_SECONDS)
        pod = Pod(
            manifest,
            node=NAME,
            address=self._free_address(manifest),
            client=self._client,
            objects=self._objects,
            host=self._host,
        )
        self._pods[metadata["uid"]] = pod  # from now on the pod's share of the node is taken
        if "nodeName" not in manifest["spec"]:
            binding = {
                "metadata": {"name": metadata["name"], "uid": metadata["uid"]},
                "target": {"kind": "Node", "name": NAME},
            }
            try:
                await self._client.call("POST", f"{path}/binding", binding)
            except KubeError as error:
                if error.status not in GONE:
                    raise
                self._pods.pop(metadata["uid"], None)
                return
        self._start(pod.run())

    async def _obstacle(self, manifest: Manifest) -> str | None:
        if "nodeName" in manifest["spec"]:
            return None
        node = await self._client.call("GET", f"/api/v1/nodes/{NAME}")
        return unschedulable(manifest, node, [pod.manifest for pod in self._pods.values() if not pod.finished])

    async def _report_unschedulable(self, manifest: Manifest, path: str, message: str) -> None:
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        try:
            await self._client.call("PATCH", f"{path}/status", {"status": {"conditions": [condition]}}, STRATEGIC_PATCH)
            await record_event(
                self._client, manifest, "Warning", "FailedScheduling", message, source="default-scheduler"
            )
        except KubeError as error:
            if error.status not in GONE:
                raise

    def _free_address(self, manifest: Manifest) -> str:
        """Return the next address on which the pod's servers can listen; something else may have the port."""
        ports = {http_port(container) for container in manifest["spec"]["containers"]}
        return next(address for address in self._addresses if all(can_bind(address, port) for port in ports))

    def _start(self, life: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(life)
        self._tasks.add(task)  # the event loop itself keeps weak references only
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            traceback.print_exception(error)


def _endless(network: ipaddress.IPv4Network) -> Iterator[str]:
    """Yield the network's addresses over and over: by the time one comes again its pod is long gone."""
    while True:
        yield from map(str, network.hosts())
