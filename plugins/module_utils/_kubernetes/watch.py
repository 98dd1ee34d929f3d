# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for something to change, without asking again and again."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

try:
    import urllib3
except ImportError:  # reported where a cluster is connected
    pass

from .api_client import Cluster
from .patience import retries

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
CHUNK = 1 << 16
"""Bytes."""


def wait_for_event(cluster: Cluster, path: str, *, resource_version: str, seconds: float) -> bool:
    """Returns when something at the list `path` has changed since `resource_version`, or when the time is up.

    What changed is not reported: the caller looks again, at all that it needs. False where no change was seen, also
    where the watch was refused or broke.
    """
    query = urlencode({"watch": "1", "resourceVersion": resource_version, "timeoutSeconds": max(1, round(seconds))})
    headers = cluster.headers()
    headers["Accept"] = METADATA
    begin, changed = time.monotonic(), False
    try:
        reply = cluster.route.pool.request(
            "GET",
            f"{cluster.route.server}{path}{'&' if '?' in path else '?'}{query}",
            headers=headers,
            timeout=seconds + cluster.timeout,
            redirect=False,
            retries=retries(),
            preload_content=False,
        )
        try:
            changed = reply.status == 200 and _is_change(_first_line(reply))
        finally:
            # Not back into the pool: the stream is not read to its end.
            reply.close()
    except urllib3.exceptions.HTTPError:
        pass
    if not changed:
        # A watch is a convenience; the caller's next look shows whether the API server is really away. One that
        # ends at once, because the version is too old for instance, would make it look again without a pause.
        time.sleep(max(0.0, min(1.0, seconds - (time.monotonic() - begin))))
    return changed


def _first_line(reply: urllib3.BaseHTTPResponse) -> bytes:
    """Of a watch. It comes in chunks. Reading it byte by byte costs several hundred times as much."""
    line = b""
    for chunk in reply.stream(CHUNK):
        line += chunk
        if b"\n" in chunk:
            break
    return line.partition(b"\n")[0]


def _is_change(line: bytes) -> bool:
    """Whether a line of a watch reports a change: an ERROR ends the watch, and an empty line is its end."""
    try:
        return bool(json.loads(line)["type"] != "ERROR")
    except (ValueError, LookupError, TypeError):
        return False
