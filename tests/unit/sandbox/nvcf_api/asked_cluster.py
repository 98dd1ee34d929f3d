# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The state of a cluster whose APIs are asked over HTTP, without a cluster."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import bind
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.context import Context
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.kinds import FUNCTIONS, Kind
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.process import api_app
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.token_service import token_app
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.text)


@dataclass
class AskedCluster:
    """The state of a cluster. Each call is answered by a process of its own, as if by a new pod every time."""

    state: Path
    env: dict[str, str] = field(default_factory=dict)
    kind: Kind = FUNCTIONS

    def behave(self, **changes: Any) -> None:
        """Change how the cluster behaves."""
        Behavior(**changes).save(self.state / "behavior.json")

    def call(self, method: str, path: str, json: object = None, *, token: str | None = "") -> Answer:
        """Send one request: with an admin token unless told otherwise, and without any for None."""
        headers = {} if token is None else {"Authorization": f"Bearer {token or mint(self.state)}"}
        return asyncio.run(self._call(method, path, json, headers))

    def keys(self, method: str, path: str, json: object, headers: dict[str, str]) -> Answer:
        """Send one request to the service of tokens and keys."""
        authorization = {"Authorization": f"Bearer {mint(self.state)}"}
        return asyncio.run(self._keys(method, path, json, authorization | headers))

    async def _keys(self, method: str, path: str, json: object, headers: dict[str, str]) -> Answer:
        app = token_app(self.state, self.state / "behavior.json")
        async with TestClient(TestServer(app)) as client:
            response = await client.request(method, path, json=json, headers=headers)
            return Answer(response.status, dict(response.headers), await response.text())

    async def _call(self, method: str, path: str, json: object, headers: dict[str, str]) -> Answer:
        context = Context(
            registries=bind(self.env, self.kind),
            state=self.state,
            behavior_file=self.state / "behavior.json",
            store=Store(self.state),
            lenient=self.env.get(self.kind.lenient_variable) == "log",
        )
        started = asyncio.Event()
        started.set()
        async with TestClient(TestServer(api_app(context, started, self.kind))) as client:
            response = await client.request(method, path, json=json, headers=headers)
            return Answer(response.status, dict(response.headers), await response.text())
