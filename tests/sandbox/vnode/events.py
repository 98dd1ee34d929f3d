# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Events about pods."""

from __future__ import annotations

from .client import KubeClient, Manifest
from .status import timestamp


async def record_event(
    client: KubeClient,
    pod: Manifest,
    kind: str,
    reason: str,
    message: str,
    *,
    source: str,
    node: str = "",
    container: str | None = None,
) -> None:
    """Create an Event about a pod or one of its containers."""
    metadata = pod["metadata"]
    now = timestamp()
    about = {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        **({"fieldPath": f"spec.containers{{{container}}}"} if container else {}),
    }
    body = {
        "metadata": {"generateName": f"{metadata['name'][:50]}."},
        "involvedObject": about,
        "type": kind,
        "reason": reason,
        "message": message,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": source, **({"host": node} if node else {})},
    }
    await client.call("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", body)
