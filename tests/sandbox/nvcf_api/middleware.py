# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What happens to every request around its handler."""

from __future__ import annotations

from asyncio import Event, sleep
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior

from . import log
from .errors import Refusal, respond, unauthorized

BEHAVIOR_FILE = web.AppKey("behavior_file", Path)
"""Every application here has it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log method, path and status; headers hold tokens and stay out."""
    response = await handler(request)
    log.info("access", f"{request.method} {request.path} {response.status}")
    return response


def unavailable_until(started: Event) -> Middleware:
    """Answer 500, whatever is asked: the port opens before the application behind it is complete."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if started.is_set():
            return await handler(request)
        body = {"status": 500, "error": "Internal Server Error", "path": request.path}
        return web.json_response(body, status=500)

    return middleware


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the form that the behavior asks for."""
    try:
        return await handler(request)
    except Refusal as raised:
        refusal = raised
    except web.HTTPNotFound:
        refusal = Refusal(404, f"No static resource {request.path.lstrip('/')}.")
    except web.HTTPMethodNotAllowed as error:
        refusal = Refusal(
            405, f"Method '{request.method}' is not supported.", headers={"Allow": error.headers["Allow"]}
        )
    return respond(refusal, path=request.path, form=_behavior(request).problem_form)


@web.middleware
async def injected_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Fail the requests that the behavior singles out, without handling them; let others wait."""
    asked, behavior = f"{request.method} {request.path}", _behavior(request)
    if seconds := behavior.hold_requests.get(asked):
        # All of it: what becomes of a request does not depend on whether its sender is still there.
        await request.read()
        log.info("held", asked)
        await sleep(seconds)
    status = behavior.fail_requests.get(asked)
    if status is None:
        return await handler(request)
    raise unauthorized(None) if status == 401 else Refusal(status, f"Injected failure {status}")


def _behavior(request: web.Request) -> Behavior:
    return Behavior.load(request.app[BEHAVIOR_FILE])
