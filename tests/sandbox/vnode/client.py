# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Asynchronous access to the Kubernetes API, patient with a server that is away for a while."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

LONGEST_LINE = 2**22  # one watch event is one line, and an object may have up to 1.5 MiB
RETRY_SECONDS = 0.5
PASSING = {429, 503}
"""Answers of a server that begins, or has too much to do."""

Manifest = dict[str, Any]


class KubeError(Exception):
    """The API server refused a request; `status` is the HTTP code."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path}: {status} {body[:300]}")
        self.status = status


class KubeClient:
    """Requests and watches with the administrator's certificate. Use as an asynchronous context manager."""

    def __init__(self, server: str, folder: Path) -> None:
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
        self._session = aiohttp.ClientSession(
            base_url=server,
            connector=aiohttp.TCPConnector(ssl=context, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            read_bufsize=LONGEST_LINE,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def call(self, method: str, path: str, body: Manifest | None = None, content_type: str = JSON) -> Manifest:
        """Send one request, again and again while the server is away or not up yet. KubeError when it refuses."""
        data = None if body is None else json.dumps(body)
        while True:
            try:
                async with self._session.request(
                    method, path, data=data, headers={"Content-Type": content_type}
                ) as reply:
                    text = await reply.text()
                if reply.status not in PASSING:
                    break
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
                pass
            await asyncio.sleep(RETRY_SECONDS)
        if reply.status >= 400:
            raise KubeError(method, path, reply.status, text)
        answer: Manifest = json.loads(text)
        return answer

    async def get(self, path: str) -> Manifest | None:
        """Read one object; None when it does not exist."""
        try:
            return await self.call("GET", path)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    async def watch(self, path: str, version: str) -> AsyncIterator[tuple[str, Manifest]]:
        """Yield event type and object from a resource version on, until the server ends the watch."""
        query = {"watch": "true", "resourceVersion": version}
        async with self._session.get(path, params=query) as reply:
            if reply.status >= 400:
                raise KubeError("WATCH", path, reply.status, await reply.text())
            async for line in reply.content:
                event = json.loads(line)
                yield event["type"], event["object"]
