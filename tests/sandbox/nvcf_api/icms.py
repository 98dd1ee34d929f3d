# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the APIs get to know from ICMS, which keeps the GPU clusters: behavior, and no service of its own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .context import Context
from .errors import Refusal
from .store import ACCOUNT

GROUP = "ncp"
"""Name of the only cluster group."""


def cluster_groups(context: Context, *, spelling: str) -> list[dict[str, Any]]:
    """Return the cluster groups; `spelling` is how the asking API writes the name of ICMS where there is none."""
    behavior = context.behavior
    _pass_on(behavior.icms_lookup)
    if not behavior.gpus:
        raise Refusal(502, f"Account '{ACCOUNT}': Missing cluster-groups in successful {spelling} response")
    gpus = [
        {
            "name": name,
            "instanceTypes": [{"name": kind, "description": kind, "default": kind == kinds[0]} for kind in kinds],
        }
        for name, kinds in behavior.gpus.items()
    ]
    return [
        {"id": "9f1d1b52-6a3c-4f0e-8f58-0d3c1f6f3a11", "name": GROUP, "ncaId": ACCOUNT, "gpus": gpus, "clusters": []}
    ]


def check_gpu(context: Context, specification: Mapping[str, Any]) -> None:
    """Refuse a specification that names something which ICMS does not know. Names match in any case."""
    groups = cluster_groups(context, spelling="ICSM")
    backend, name = specification.get("backend") or GROUP, specification["gpu"]
    if backend.lower() != GROUP:
        raise Refusal(400, f"Invalid request: Invalid Backend '{backend}' specified")
    gpus = [gpu for group in groups for gpu in group["gpus"] if gpu["name"].lower() == name.lower()]
    if not gpus:
        raise Refusal(400, f"Invalid request: Invalid GPU '{name}' specified")
    wanted = specification["instanceType"]
    if all(kind["name"].lower() != wanted.lower() for gpu in gpus for kind in gpu["instanceTypes"]):
        raise Refusal(400, f"Invalid request: Invalid InstanceType '{wanted}' specified")


def change_instances(context: Context) -> None:
    """Ask ICMS for an instance, or to end one."""
    _pass_on(context.behavior.icms_instances)


def _pass_on(status: int) -> None:
    """An error of the client comes out as if it were the API's own; any other is one of the gateway."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Refusal(502, "Failed to get response from 'ICMS' after retries.")
    if status >= HTTPStatus.BAD_REQUEST:
        raise Refusal(status, f"Upstream response from 'ICMS' with 4xx error {status}")
