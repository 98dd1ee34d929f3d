# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Kubeconfig files for one or many clusters."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pki import KeyPair


@dataclass(frozen=True, kw_only=True)
class Access:
    """One user's way into one cluster; `context` also names the cluster and user entries."""

    context: str
    server: str
    ca_file: Path
    user: KeyPair


def kubeconfig(accesses: Sequence[Access]) -> dict[str, Any]:
    """Return a configuration with every credential inside, so that the file can be moved anywhere.

    The first access is the current context. No context sets a namespace: callers have to say which one they mean.
    """
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": accesses[0].context,
        "clusters": [
            {
                "name": access.context,
                "cluster": {"server": access.server, "certificate-authority-data": _embedded(access.ca_file)},
            }
            for access in accesses
        ],
        "users": [
            {
                "name": access.context,
                "user": {
                    "client-certificate-data": _embedded(access.user.certificate),
                    "client-key-data": _embedded(access.user.key),
                },
            }
            for access in accesses
        ],
        "contexts": [
            {"name": access.context, "context": {"cluster": access.context, "user": access.context}}
            for access in accesses
        ],
    }


def write_kubeconfig(path: Path, accesses: Sequence[Access]) -> Path:
    """Write the configuration as JSON, which is YAML too, readable by the owner only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(kubeconfig(accesses), file, indent=1)
    return path


def _embedded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")
