# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The life of one pod on the node, from being placed to being removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from ..behavior import Behavior
from .client import STRATEGIC_PATCH, KubeClient, KubeError, Manifest
from .container import Container
from .environment import EnvironmentBuilder, Objects
from .events import record_event
from .programs import Host, program
from .status import Phase, PodStatus

GONE = (404, 409)  # deleted meanwhile, or replaced by one of the same name
HOST_IP = "127.0.0.1"


class Pod:
    """Drives one pod. `run` is its only task; `delete` and `forget` tell it that it has to end."""

    def __init__(
        self, manifest: Manifest, *, node: str, address: str, client: KubeClient, objects: Objects, host: Host
    ) -> None:
        self.manifest = manifest
        self.address = address
        self._node = node
        self._client = client
        self._host = host
        self._metadata, spec = manifest["metadata"], manifest["spec"]
        self._path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        init = spec.get("initContainers", [])
        self._status = PodStatus(spec["containers"], init, host_ip=HOST_IP, pod_ip=address)
        self._environment = EnvironmentBuilder(
            objects=objects, pod=manifest, node=node, host_ip=HOST_IP, pod_ip=address
        )
        self._grace = float(spec.get("terminationGracePeriodSeconds", 30))
        self._doomed = asyncio.Event()
        self._publishing = asyncio.Lock()
        policy = spec.get("restartPolicy", "Always")
        once = "Never" if policy == "Never" else "OnFailure"
        self._init = [self._container(it, once, self.publish) for it in init]
        self._main = [self._container(it, policy, self._container_started) for it in spec["containers"]]
        names = (container["name"] for container in [*init, *spec["containers"]])
        self.containers = dict(zip(names, [*self._init, *self._main], strict=True))

    def _container(self, spec: Manifest, restart_policy: str, started: Callable[[], Awaitable[None]]) -> Container:
        return Container(
            spec,
            self._status.every[spec["name"]],
            self,
            restart_policy=restart_policy,
            program=partial(
                program,
                spec,
                host=self._host,
                namespace=self.namespace,
                address=self.address,
                forever=restart_policy == "Always",
                grace=lambda: self._grace,
            ),
            started=started,
        )

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self._metadata["name"])

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return str(self._metadata["namespace"])

    @property
    def description(self) -> str:
        """The pod in the kubelet's messages."""
        return f"{self.name}_{self.namespace}({self._metadata['uid']})"

    @property
    def ready(self) -> bool:
        """Whether the pod may get requests."""
        return self._status.phase == Phase.RUNNING and self._status.ready

    @property
    def finished(self) -> bool:
        """Whether all containers have ended for good, so that the pod holds nothing of the node any more."""
        return self._status.phase in (Phase.SUCCEEDED, Phase.FAILED)

    def waiting_reason(self, container: str) -> str:
        """Return why a container that never ran is waiting."""
        return str(self._status.every[container].state.get("waiting", {}).get("reason", "ContainerCreating"))

    def behavior(self) -> Behavior:
        """How the cluster behaves now."""
        return self._host.behavior()

    def delete(self, grace: float) -> None:
        """Somebody asked for the pod's deletion, with that many seconds to end."""
        self._grace = grace
        self._doomed.set()

    def forget(self) -> None:
        """The pod object is gone, so nothing may go on running for it."""
        self.delete(0)

    async def run(self) -> None:
        """Run the containers, and end them and remove the pod when it is deleted."""
        life = asyncio.create_task(self._live())
        doomed = asyncio.create_task(self._doomed.wait())
        await asyncio.wait({life, doomed}, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            life.result()
            await doomed
        else:
            self._status.terminating = True  # no new requests from now on, while the processes still answer
            await self.publish()
            life.cancel()
            await asyncio.wait({life})
            await self.publish()
        await self._remove()

    async def publish(self) -> None:
        """Report the status as it is when the report is sent."""
        async with self._publishing:
            body = {"metadata": {"uid": self._metadata["uid"]}, "status": self._status.manifest()}
            try:
                await self._client.call("PATCH", f"{self._path}/status", body, STRATEGIC_PATCH)
            except KubeError as error:
                if error.status not in GONE:
                    raise

    async def event(self, kind: str, reason: str, message: str, container: str) -> None:
        """Record an event; one that is refused, as in a namespace that is being deleted, is dropped."""
        try:
            await record_event(
                self._client,
                self.manifest,
                kind,
                reason,
                message,
                source="kubelet",
                node=self._node,
                container=container,
            )
        except KubeError as error:
            print(f"event dropped: {error}", flush=True)

    async def environment(self, container: Manifest) -> dict[str, str]:
        """Resolve a container's environment from what the cluster holds now."""
        return await self._environment.build(container)

    async def _live(self) -> None:
        await self.publish()
        for container in self._init:
            if await container.run() != 0:
                self._status.phase = Phase.FAILED
                await self.publish()
                return
        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(container.run()) for container in self._main]
        succeeded = all(run.result() == 0 for run in runs)
        self._status.phase = Phase.SUCCEEDED if succeeded else Phase.FAILED
        await self.publish()

    async def _container_started(self) -> None:
        self._status.phase = Phase.RUNNING
        await self.publish()

    async def _remove(self) -> None:
        """Take the pod object away for good, as a kubelet does when nothing of the pod runs any more."""
        body = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "gracePeriodSeconds": 0,
            "preconditions": {"uid": self._metadata["uid"]},
        }
        try:
            await self._client.call("DELETE", self._path, body)
        except KubeError as error:
            if error.status not in GONE:
                raise
