# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the body of a create request must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_NAME_LENGTH = 128
_TAG = re.compile(r"[a-zA-Z0-9_:=-]+")
_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_HEALTH_FIELDS = ("protocol", "uri", "port", "timeout", "expectedStatusCode")
_PASSED_ON = ("name", "inferenceUrl", "inferencePort", "containerImage", "health", "tags", "description")


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
    tags = fields.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(text, str) for text in [*texts, *tags]):
        raise Unreadable
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
        raise Unreadable
    timeout = health.get("timeout")
    if timeout and not _DURATION.fullmatch(timeout):
        raise Unreadable


def _violations(fields: Mapping[str, Any]) -> Iterator[str]:
    name = fields.get("name", "")
    if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH:
        yield f"name: must match {_NAME.pattern} and have at most {_NAME_LENGTH} characters"
    for required in ("inferenceUrl", "containerImage"):
        if not fields.get(required, "").strip():
            yield f"{required}: must not be blank"
    if "inferencePort" in fields and not 1 <= fields["inferencePort"] <= 65535:
        yield "inferencePort: must be between 1 and 65535"
    for tag in fields.get("tags", []):
        if not _TAG.fullmatch(tag):
            yield f"tags: must match {_TAG.pattern}"
    if "health" in fields:
        for required in _HEALTH_FIELDS:
            if fields["health"].get(required) in (None, ""):
                yield f"health.{required}: must not be null"
