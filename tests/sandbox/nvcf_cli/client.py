# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The HTTP side of the program."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """An answer that is no success; the text is what the program shows of it."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """One service at one address."""

    base_url: str
    host: str = ""
    token: str = ""

    def call(self, method: str, path: str, body: object = None, more: Mapping[str, str] | None = None) -> Any:
        """Return the parsed answer, None for an empty one."""
        headers = {"Content-Type": "application/json", **(more or {})}
        if self.host:
            headers["Host"] = self.host
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url.rstrip("/") + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                one_line = " ".join(error.read().decode().splitlines())
            raise ApiError(f"API error {error.code}: {one_line}") from error
        except urllib.error.URLError as error:
            raise ApiError(f"failed to execute request: {error.reason}") from error
        # The real program leaves this line in, whether or not --debug is given.
        print(f"DEBUG: {method} {path} answered {status}", file=sys.stderr)
        return json.loads(text) if text else None
