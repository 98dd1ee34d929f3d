# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What containers run. An image is never unpacked: its name says which program stands for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import aiohttp

from ..behavior import Behavior
from ..paths import nvcf_folder
from .child import Child, Environment, WriteLine
from .client import Manifest
from .images import Image
from .services import Services

DEFAULT_PORT = 8080
PROBE_SECONDS = 0.05
WAIT_SECONDS = 0.2

BecomeReady = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the node offers to the programs that run on it."""

    folder: Path
    services: Services
    session: aiohttp.ClientSession

    @property
    def behavior_file(self) -> Path:
        """The cluster's behavior file."""
        return self.folder / "behavior.json"

    def behavior(self) -> Behavior:
        """How the cluster behaves now."""
        return Behavior.load(self.behavior_file)

    async def start_api(self, arguments: Sequence[str], environment: Environment) -> Child:
        """Start a command of the stand-in API with the state that the cluster's pods share."""
        return await Child.start([*arguments, f"--state={nvcf_folder(self.folder)}"], environment, self.folder)

    async def healthy(self, address: str, port: int) -> bool:
        """Whether an HTTP server there answers /health with 200."""
        try:
            async with self.session.get(
                f"http://{address}:{port}/health", timeout=aiohttp.ClientTimeout(total=2)
            ) as reply:
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


class Program(Protocol):
    """One run of one container. Canceling it is its termination, within the grace period."""

    async def run(self, environment: Environment, write: WriteLine, become_ready: BecomeReady) -> int:
        """Run until it ends by itself and return the exit code."""


@dataclass(frozen=True)
class Server:
    """A child process that serves HTTP, ready when /health has answered and the probes' time has passed."""

    host: Host
    command: str
    address: str
    port: int
    grace: Callable[[], float]

    async def run(self, environment: Environment, write: WriteLine, become_ready: BecomeReady) -> int:
        """Run the child with exactly the container's environment."""
        options = f"--listen={self.address}:{self.port}", f"--behavior={self.host.behavior_file}"
        child = await self.host.start_api([self.command, *options], environment)
        copying = asyncio.create_task(child.copy_lines(write))
        try:
            async with asyncio.TaskGroup() as group:
                probing = group.create_task(self._probe(become_ready))
                await asyncio.shield(copying)  # what is written while terminating belongs to the log too
                probing.cancel()
        finally:
            await child.terminate(self.grace())
            await copying
        return await child.wait()

    async def _probe(self, become_ready: BecomeReady) -> None:
        await until(partial(self.host.healthy, self.address, self.port), PROBE_SECONDS)
        await asyncio.sleep(self.host.behavior().ready_seconds)
        await become_ready()


@dataclass(frozen=True)
class AccountBootstrap:
    """The hook's program: wait until the API answers through its Service, then create the account."""

    host: Host
    default_namespace: str

    async def run(self, environment: Environment, write: WriteLine, become_ready: BecomeReady) -> int:
        """Wait for as long as it takes; the exit code is the cluster's `job_exit_code`."""
        await become_ready()
        namespace = environment.get("API_NAMESPACE", self.default_namespace)
        name = environment.get("API_SERVICE_NAME", "api")
        write(f"waiting for http://{name}.{namespace}.svc.cluster.local:8080/health")
        await until(partial(self._api_answers, namespace, name), WAIT_SECONDS)
        behavior = self.host.behavior()
        await asyncio.sleep(behavior.job_seconds)
        if behavior.job_exit_code:
            write("account bootstrap failed")
            return behavior.job_exit_code
        child = await self.host.start_api(["bootstrap"], environment)
        try:
            await child.copy_lines(write)
            return await child.wait()
        finally:
            await child.terminate(0)

    async def _api_answers(self, namespace: str, name: str) -> bool:
        service = await self.host.services.find(namespace, name)
        endpoints = self.host.services.endpoints(service, "http") if service else []
        for address, port in endpoints:
            if await self.host.healthy(address, port):
                return True
        return False


@dataclass(frozen=True)
class Idle:
    """A program that has nothing to do with NVCF: it ends with a code after some seconds, or never."""

    seconds: float | None
    code: int = 0

    async def run(self, environment: Environment, write: WriteLine, become_ready: BecomeReady) -> int:
        """Sleep."""
        write(f"started with {len(environment)} variables")
        await become_ready()
        await asyncio.sleep(self.seconds) if self.seconds is not None else await asyncio.Event().wait()
        return self.code


@dataclass(frozen=True)
class FailingStart:
    """An API that ends before it is ready, for a reason that another start may not meet."""

    seconds: float

    async def run(self, environment: Environment, write: WriteLine, become_ready: BecomeReady) -> int:  # noqa: ARG002
        """Wait for a database, and give up."""
        write("Starting NvcfApiApplication")
        await asyncio.sleep(self.seconds)
        write("com.datastax.oss.driver.api.core.AllNodesFailedException: Could not reach any contact point")
        return 1


def program(
    container: Manifest,
    restarts: int,
    *,
    host: Host,
    namespace: str,
    address: str,
    forever: bool,
    grace: Callable[[], float],
) -> Program:
    """Choose by the image's last path component; `forever` tells whether an unknown image keeps running."""
    name = Image(container["image"]).name
    behavior = host.behavior()
    if name in ("nvcf-api", "nvct-api") and restarts < behavior.crashing_starts:
        return FailingStart(behavior.failing_start_seconds)
    if name == "nvcf-account-bootstrap":
        return AccountBootstrap(host, namespace)
    commands = {"nvcf-api": "serve", "nvct-api": "serve-tasks", "nvcf-api-keys": "tokens"}
    if name in commands:
        return Server(host, commands[name], address, http_port(container), grace)
    command = (container.get("command") or [""])[0].rpartition("/")[2]
    if command in ("true", "false"):
        return Idle(host.behavior().job_seconds, code=0 if command == "true" else 1)
    return Idle(None if forever else host.behavior().job_seconds)


def http_port(container: Manifest) -> int:
    """Return the container's port named `http`, or the usual one."""
    ports = {port.get("name"): int(port["containerPort"]) for port in container.get("ports", [])}
    return ports.get("http", DEFAULT_PORT)


async def until(probe: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Ask again and again, with pauses, until the answer is yes."""
    while True:
        if await probe():
            return
        await asyncio.sleep(seconds)
