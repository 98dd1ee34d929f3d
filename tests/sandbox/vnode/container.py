# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The life of one container: pull, configure, run, and again after a back-off."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from ..behavior import Behavior
from .child import TERMINATED
from .client import Manifest
from .environment import ConfigError
from .images import Image
from .logs import ContainerLog
from .programs import Program
from .status import ContainerStatus

FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 300.0
FORGIVEN_AFTER = 600.0  # a container that ran this long starts again with the first back-off


class Surroundings(Protocol):
    """What a container needs from its pod."""

    @property
    def description(self) -> str:
        """The pod in the kubelet's messages: `name_namespace(uid)`."""

    def behavior(self) -> Behavior:
        """How the cluster behaves now."""

    async def publish(self) -> None:
        """Report the pod's status."""

    async def event(self, kind: str, reason: str, message: str, container: str) -> None:
        """Record an event about the container."""

    async def environment(self, container: Manifest) -> dict[str, str]:
        """Resolve the container's environment; ConfigError when something is missing."""


class Container:
    """Runs one container of a pod until it may not be restarted, or until it is canceled."""

    def __init__(
        self,
        spec: Manifest,
        status: ContainerStatus,
        pod: Surroundings,
        *,
        restart_policy: str,
        program: Callable[[int], Program],
        started: Callable[[], Awaitable[None]],
    ) -> None:
        self._spec = spec
        self._status = status
        self._pod = pod
        self._restart_policy = restart_policy
        self._program = program
        self._started = started
        self._pulled = False
        self.log = ContainerLog()

    async def run(self) -> int:
        """Return the exit code of the last run."""
        crashes = 0
        while True:
            await self._pull()
            environment = await self._configure()
            begin = time.monotonic()
            code = await self._execute(environment)
            await self._pod.publish()
            if self._restart_policy == "Never" or (self._restart_policy == "OnFailure" and code == 0):
                return code
            scale = self._pod.behavior().backoff_scale
            crashes = 1 if time.monotonic() - begin > FORGIVEN_AFTER * scale else crashes + 1
            if crashes > 1:  # the kubelet restarts at once after the first exit
                await self._back_off(backoff_seconds(crashes - 1), scale)

    async def _pull(self) -> None:
        """Return when the image is there; fails and backs off for as long as it cannot be pulled."""
        image = Image(self._spec["image"])
        if self._pulled and self._spec.get("imagePullPolicy") != "Always":
            await self._event("Normal", "Pulled", f'Container image "{image.reference}" already present on machine')
            return
        for attempt in itertools.count(1):
            behavior = self._pod.behavior()
            await self._event("Normal", "Pulling", f'Pulling image "{image.reference}"')
            failure = image.pull_failure(behavior.pull_failures)
            if failure is None:
                break
            await self._wait("ErrImagePull", failure)
            await self._event("Warning", "Failed", f'Failed to pull image "{image.reference}": {failure}')
            await self._event("Warning", "Failed", "Error: ErrImagePull")
            message = f'Back-off pulling image "{image.reference}"'
            await self._event("Normal", "BackOff", message)
            await self._event("Warning", "Failed", "Error: ImagePullBackOff")
            await self._wait("ImagePullBackOff", f"{message}: ErrImagePull: {failure}")
            await asyncio.sleep(backoff_seconds(attempt) * behavior.backoff_scale)
        self._pulled = True
        await self._event("Normal", "Pulled", f'Successfully pulled image "{image.reference}"')

    async def _configure(self) -> dict[str, str]:
        """Return the environment; reports and tries again for as long as something is missing."""
        while True:
            try:
                return await self._pod.environment(self._spec)
            except ConfigError as error:
                await self._wait("CreateContainerConfigError", str(error))
                await self._event("Warning", "Failed", f"Error: {error}")
            await asyncio.sleep(FIRST_BACKOFF * self._pod.behavior().backoff_scale)

    async def _execute(self, environment: dict[str, str]) -> int:
        self.log.begin()
        await self._event("Normal", "Created", f"Created container: {self._status.name}")
        self._status.run()
        await self._started()
        await self._event("Normal", "Started", f"Started container {self._status.name}")
        try:
            program = self._program(self._status.restarts)
            code = await program.run(environment, self.log.write, self._become_ready)
        except asyncio.CancelledError:
            self._status.end(TERMINATED)
            raise
        self._status.end(code)
        return code

    async def _become_ready(self) -> None:
        self._status.ready = True
        await self._pod.publish()

    async def _back_off(self, seconds: float, scale: float) -> None:
        where = f"container={self._status.name} pod={self._pod.description}"
        await self._wait("CrashLoopBackOff", f"back-off {describe_seconds(seconds)} restarting failed {where}")
        message = f"Back-off restarting failed container {self._status.name} in pod {self._pod.description}"
        await self._event("Warning", "BackOff", message)
        await asyncio.sleep(seconds * scale)

    async def _wait(self, reason: str, message: str) -> None:
        self._status.wait(reason, message)
        await self._pod.publish()

    async def _event(self, kind: str, reason: str, message: str) -> None:
        await self._pod.event(kind, reason, message, self._status.name)


def backoff_seconds(failures: int) -> float:
    """Return the kubelet's back-off after that many failures in a row: 10, 20, 40 ... 300 seconds."""
    return min(FIRST_BACKOFF * 2.0 ** min(failures - 1, 10), LONGEST_BACKOFF)


def describe_seconds(seconds: float) -> str:
    """Write a duration as Go does: `10s`, `1m20s`, `5m0s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
