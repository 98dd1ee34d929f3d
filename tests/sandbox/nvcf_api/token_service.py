# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The service that hands out admin tokens to whoever reaches it."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from ansible_collections.fleetops.nvcf.tests.sandbox.behaviour import Behaviour

from .errors import Refusal
from .middleware import BEHAVIOUR_FILE, access_log, injected_failures, refusals
from .tokens import ADMIN_LIFETIME, ADMIN_SCOPES, mint


def token_app(state: Path, behaviour_file: Path) -> web.Application:
    """Build the service for the cluster whose state folder is `state`."""

    asked = itertools.count()

    async def create_key(_request: web.Request) -> web.Response:
        if next(asked) < Behaviour.load(behaviour_file).cold_tokens:
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

    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"status": "UP"})

    app = web.Application(middlewares=[access_log, refusals, injected_failures])
    app[BEHAVIOUR_FILE] = behaviour_file
    app.add_routes([web.post("/v1/admin/keys", create_key), web.get("/health", health)])
    return app
