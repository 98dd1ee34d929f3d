# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the body of a create request must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
NAME_LENGTH = 128
_TAG = re.compile(r"[a-zA-Z0-9_:=-]+")
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_HEALTH_FIELDS = ("protocol", "uri", "port", "timeout", "expectedStatusCode")
_ARTIFACTS = ("models", "resources")
_PASSED_ON = ("name", "inferenceUrl", "inferencePort", "containerImage", "health", "tags", "description", *_ARTIFACTS)


class Unreadable(Exception):
    """A value of a type that the field cannot take, which ends the reading of the request."""


def function_fields(body: object) -> dict[str, Any]:
    """Return the known fields of a create request; raise ValueError naming every violated rule, or Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable
    fields = {name: body[name] for name in _PASSED_ON if body.get(name) is not None}
    _check_types(fields)
    if violations := "; ".join(_violations(fields)):
        raise ValueError(f"Invalid request content: {violations}")
    return {"tags": [], **fields}


def _check_types(fields: Mapping[str, Any]) -> None:
    health = fields.get("health", {})
    if not isinstance(health, dict):
        raise Unreadable
    texts = [fields.get(name, "") for name in ("name", "inferenceUrl", "containerImage", "description")]
    texts += [health.get(name) or "" for name in ("protocol", "uri", "timeout")]
    numbers = [fields.get("inferencePort", 0), health.get("port") or 0, health.get("expectedStatusCode") or 0]
    if not all(isinstance(text, str) for text in texts):
        raise Unreadable
    check_artifacts(fields)
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
        raise Unreadable
    timeout = health.get("timeout")
    if timeout and not DURATION.fullmatch(timeout):
        raise Unreadable


def _violations(fields: Mapping[str, Any]) -> Iterator[str]:
    name = fields.get("name", "")
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        yield f"name: must match {NAME.pattern} and have at most {NAME_LENGTH} characters"
    for required in ("inferenceUrl", "containerImage"):
        if not fields.get(required, "").strip():
            yield f"{required}: must not be blank"
    if "inferencePort" in fields and not 1 <= fields["inferencePort"] <= 65535:
        yield "inferencePort: must be between 1 and 65535"
    yield from tag_violations(fields)
    yield from artifact_violations(fields)
    if "health" in fields:
        for required in _HEALTH_FIELDS:
            if fields["health"].get(required) in (None, ""):
                yield f"health.{required}: must not be null"


def check_artifacts(fields: Mapping[str, Any]) -> None:
    """Raise Unreadable where tags, models or resources are of another type."""
    tags, artifacts = fields.get("tags", []), [fields.get(name, []) for name in _ARTIFACTS]
    if not all(isinstance(items, list) for items in (tags, *artifacts)):
        raise Unreadable
    if not all(isinstance(tag, str) for tag in tags):
        raise Unreadable
    if not all(isinstance(item, dict) and isinstance(item.get("uri"), str) for items in artifacts for item in items):
        raise Unreadable


def tag_violations(fields: Mapping[str, Any]) -> Iterator[str]:
    """Name the rule that a tag breaks."""
    for tag in fields.get("tags", []):
        if not _TAG.fullmatch(tag):
            yield f"tags: must match {_TAG.pattern}"


def artifact_violations(fields: Mapping[str, Any]) -> Iterator[str]:
    """Name what models and resources lack."""
    for kind in _ARTIFACTS:
        for artifact in fields.get(kind, []):
            for required in ("name", "version"):
                if not artifact.get(required):
                    yield f"{kind}.{required}: must not be blank"
