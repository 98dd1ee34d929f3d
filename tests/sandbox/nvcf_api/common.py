# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What both APIs answer in the same way."""

from __future__ import annotations

import json

from aiohttp import web

from .errors import Refusal

ROUTES = web.RouteTableDef()


@ROUTES.get("/health")
@ROUTES.get("/actuator/health/readiness")
@ROUTES.get("/actuator/health/liveness")
async def health(_request: web.Request) -> web.Response:
    """Answer that the process is up."""
    return web.json_response({"status": "UP"})


async def json_body(request: web.Request) -> object:
    """Return the parsed body; raise the Refusal for one that is no JSON."""
    try:
        return json.loads(await request.text())
    except ValueError:
        raise Refusal(400, "Failed to read request") from None
