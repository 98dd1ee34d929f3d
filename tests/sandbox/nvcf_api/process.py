# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The life of a process: slow to start, in the way while it does, and polite when it has to end."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior

from . import common, functions, log, tasks
from .binding import BindingFailure, Registries, bind
from .context import CONTEXT, Context
from .kinds import FUNCTIONS, TASKS, Kind
from .middleware import BEHAVIOR_FILE, access_log, injected_failures, refusals, unavailable_until
from .store import Store
from .token_service import token_app

EXIT_TERMINATED = 128 + signal.SIGTERM
"""Exit status of a Java process that has shut down because of TERM."""


@dataclass(frozen=True)
class Address:
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read HOST:PORT."""
        host, _unused, port = text.rpartition(":")
        return cls(host, int(port))


async def serve_api(
    address: Address, state: Path, behavior_file: Path, env: Mapping[str, str], kind: Kind = FUNCTIONS
) -> int:
    """Run that API until it is told to end; return the exit status."""
    told_to_end = _told_to_end()
    behavior = Behavior.load(behavior_file)
    log.info(kind.application, f"Starting {kind.application} {kind.version} using Java 21 with PID 1")
    try:
        registries = _in_some_order(bind(env, kind))
    except BindingFailure as failure:
        return await _fail(address, failure, behavior, told_to_end)
    context = Context(
        registries=registries,
        state=state,
        behavior_file=behavior_file,
        store=Store(state),
        lenient=env.get(kind.lenient_variable) == "log",
    )
    if await _ends_within(behavior.start_seconds - behavior.open_seconds, told_to_end):
        return EXIT_TERMINATED
    started = asyncio.Event()
    runner = await _listen(api_app(context, started, kind), address)
    await _ends_within(min(behavior.open_seconds, behavior.start_seconds), told_to_end)
    started.set()
    log.info(kind.application, f"Started {kind.application}")
    return await _serve_until_end(runner, behavior_file, told_to_end)


async def serve_tokens(address: Address, state: Path, behavior_file: Path) -> int:
    """Run the service that hands out tokens until it is told to end; return the exit status."""
    told_to_end = _told_to_end()
    runner = await _listen(token_app(state, behavior_file), address)
    return await _serve_until_end(runner, behavior_file, told_to_end)


def api_app(context: Context, started: asyncio.Event, kind: Kind = FUNCTIONS) -> web.Application:
    """Build the API; it answers 500 to everything until `started` is set."""
    app = web.Application(middlewares=[access_log, unavailable_until(started), refusals, injected_failures])
    app[CONTEXT] = context
    app[BEHAVIOR_FILE] = context.behavior_file
    app.add_routes(common.ROUTES)
    app.add_routes(tasks.ROUTES if kind is TASKS else functions.ROUTES)
    return app


def _in_some_order(registries: Registries) -> Registries:
    """Shuffle types and entries: Java's hash maps order them differently in each process."""
    order = random.SystemRandom()
    types = order.sample(list(registries), k=len(registries))
    return {kind: tuple(order.sample(registries[kind], k=len(registries[kind]))) for kind in types}


def _told_to_end() -> asyncio.Event:
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


async def _ends_within(seconds: float, told_to_end: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(told_to_end.wait(), max(seconds, 0))
    except TimeoutError:
        return False
    return True


async def _fail(address: Address, failure: BindingFailure, behavior: Behavior, told_to_end: asyncio.Event) -> int:
    seconds = behavior.failing_start_seconds
    if await _ends_within(seconds - behavior.open_seconds, told_to_end):
        return EXIT_TERMINATED
    runner = await _listen(web.Application(middlewares=[access_log, unavailable_until(asyncio.Event())]), address)
    await _ends_within(min(behavior.open_seconds, seconds), told_to_end)
    await runner.cleanup()
    log.error("SpringApplication", "\n".join(failure.report))
    return 1


async def _listen(app: web.Application, address: Address) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, address.host, address.port).start()
    host, port = runner.addresses[0][:2]
    log.info("TomcatWebServer", f"Tomcat started on {host}:{port}")
    return runner


async def _serve_until_end(runner: web.AppRunner, behavior_file: Path, told_to_end: asyncio.Event) -> int:
    await told_to_end.wait()
    log.info("GracefulShutdown", "Commencing graceful shutdown. Waiting for active requests to complete")
    await asyncio.sleep(Behavior.load(behavior_file).stop_seconds)
    await runner.cleanup()
    log.info("GracefulShutdown", "Graceful shutdown complete")
    return EXIT_TERMINATED
