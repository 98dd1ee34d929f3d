# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The services that hand out admin tokens to whoever reaches them, and API keys to whoever has such a token."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior

from . import api_keys
from .common import ROUTES, json_body
from .context import bearer
from .errors import Refusal, unauthorized
from .middleware import BEHAVIOR_FILE, access_log, injected_failures, refusals
from .store import Store
from .tokens import ADMIN_LIFETIME, ADMIN_SCOPES, Rejected, claims_of, mint


def token_app(state: Path, behavior_file: Path) -> web.Application:
    """Build the service for the cluster whose state folder is `state`."""

    asked = itertools.count()

    async def create_key(_request: web.Request) -> web.Response:
        if next(asked) < Behavior.load(behavior_file).cold_tokens:
            raise Refusal(503, "The signing key is being loaded")
        key_id, now = str(uuid.uuid4()), datetime.now(UTC)
        key = {
            "id": key_id,
            "value": mint(state, token_id=key_id),
            "scopes": sorted(ADMIN_SCOPES),
            "created_at": now.isoformat(timespec="seconds"),
            "expires_at": (now + ADMIN_LIFETIME).isoformat(timespec="seconds"),
        }
        return web.json_response(key)

    async def create_api_key(request: web.Request) -> web.Response:
        check_token(request)
        return web.json_response(api_keys.create(Store(state), request.headers, await json_body(request)))

    async def list_api_keys(request: web.Request) -> web.Response:
        check_token(request)
        return web.json_response({"keys": api_keys.listed(Store(state), request.headers)})

    async def delete_api_key(request: web.Request) -> web.Response:
        check_token(request)
        api_keys.delete(Store(state), request.headers, request.match_info["key_id"])
        return web.Response(status=204)

    def check_token(request: web.Request) -> None:
        try:
            claims_of(state, bearer(request))
        except Rejected as rejection:
            raise unauthorized(str(rejection)) from rejection

    app = web.Application(middlewares=[access_log, refusals, injected_failures])
    app[BEHAVIOR_FILE] = behavior_file
    app.add_routes(ROUTES)
    app.add_routes([web.post("/v1/admin/keys", create_key)])
    app.add_routes([web.post("/v1/keys", create_api_key), web.get("/v1/keys", list_api_keys)])
    app.add_routes([web.delete("/v1/keys/{key_id}", delete_api_key)])
    return app
