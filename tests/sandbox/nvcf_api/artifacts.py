# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Whether the registries of what a request names are recognized: the image's first, then models' and resources'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .binding import ArtifactType
from .context import Context
from .errors import Refusal, registry_refusal
from .matching import Outcome, host_of, judge

_LISTS = {"models": ArtifactType.MODEL, "resources": ArtifactType.RESOURCE}


def image_refusal(context: Context, image: str, *, plain: bool = False) -> Refusal | None:
    """What there is to say against the image; `plain` where a current build does not wrap it in another problem."""
    verdict = judge(image, context.registries[ArtifactType.CONTAINER], context.store.credentials)
    if verdict.outcome is Outcome.ACCEPTED:
        return None
    messages = context.behavior.messages
    return registry_refusal(verdict, "plain" if plain and messages == "current" else messages)


def missing_registry(context: Context, fields: Mapping[str, Any]) -> str | None:
    """Name the first model or resource whose host is not recognized."""
    for name, kind in _LISTS.items():
        known = {registry.hostname for registry in context.registries[kind]}
        for artifact in fields.get(name, []):
            host = host_of(artifact["uri"].partition("://")[2] or artifact["uri"])
            if host is None:
                return f"Invalid registry URL: {artifact['uri']}"
            if host not in known:
                return f"Missing {kind} registry for hostname '{host}'"
    return None
