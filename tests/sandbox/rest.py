# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A small synchronous client for the Kubernetes API, for tests and for starting up."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .pki import KeyPair

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiError(Exception):
    """The API server refused; `status` is the HTTP code and `body` the answer as text."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path}: {status} {body[:500]}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class RestClient:
    """Requests with one client certificate. Paths start with a slash and may hold a query."""

    server: str
    ca_file: Path
    user: KeyPair
    timeout: float = 30.0

    def get(self, path: str) -> dict[str, Any]:
        """Read one object or list."""
        return self._json("GET", path, None, JSON)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object in a collection, or call a subresource."""
        return self._json("POST", path, body, JSON)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replace an object."""
        return self._json("PUT", path, body, JSON)

    def patch(self, path: str, body: dict[str, Any], content_type: str = STRATEGIC_PATCH) -> dict[str, Any]:
        """Patch an object; resources of a CustomResourceDefinition need MERGE_PATCH."""
        return self._json("PATCH", path, body, content_type)

    def delete(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Delete an object or a collection."""
        return self._json("DELETE", path, body, JSON)

    def apply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create or update an object by server-side apply; the path names the object."""
        separator = "&" if "?" in path else "?"
        query = f"{separator}fieldManager=sandbox&force=true"
        return self._json("PATCH", path + query, body, APPLY_PATCH)

    def text(self, path: str) -> str:
        """Read something that is not JSON, such as a log."""
        return self._send("GET", path, None, JSON).decode("utf-8", errors="replace")

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.load_cert_chain(self.user.certificate, self.user.key)
        # A proxy of the environment must not see, or break, traffic on loopback.
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def _json(self, method: str, path: str, body: dict[str, Any] | None, content_type: str) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self._send(method, path, body, content_type))
        return parsed

    def _send(self, method: str, path: str, body: dict[str, Any] | None, content_type: str) -> bytes:
        request = urllib.request.Request(
            self.server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": content_type},
        )
        try:
            with self._opener.open(request, timeout=self.timeout) as reply:
                answer: bytes = reply.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                text = refusal.read().decode("utf-8", errors="replace")
            raise ApiError(method, path, refusal.code, text) from None
        return answer
