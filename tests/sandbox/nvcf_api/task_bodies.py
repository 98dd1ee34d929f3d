# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the body of a request for a task must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .bodies import DURATION, NAME, NAME_LENGTH, Unreadable, artifact_violations, check_artifacts, tag_violations
from .errors import Refusal
from .matching import readable

_TEXTS = ("name", "containerImage", "containerArgs", "description", "resultsLocation", "helmChart")
_DURATIONS = ("maxRuntimeDuration", "maxQueuedDuration", "terminationGracePeriodDuration")
_PASSED_ON = (
    *_TEXTS,
    *_DURATIONS,
    "gpuSpecification",
    "resultHandlingStrategy",
    "tags",
    "secrets",
    "models",
    "resources",
)
_UNITS = {"D": 86400, "H": 3600, "M": 60, "S": 1}
_GRACE_SECONDS = 3600
_RESULTS = re.compile(r"[^/]+/([^/]+/)?[^/]+")


def task_fields(body: object) -> dict[str, Any]:
    """Return the known fields of a create request; raise ValueError naming every violated rule, or Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable
    fields = {name: body[name] for name in _PASSED_ON if body.get(name) is not None}
    _check_types(fields)
    if violations := "; ".join(_violations(fields)):
        raise ValueError(f"Invalid request content: {violations}")
    return {"resultHandlingStrategy": "UPLOAD", **fields}


def check_durations(fields: Mapping[str, Any]) -> None:
    """Raise ValueError for a duration of nothing, or a grace period that is longer than the whole task."""
    seconds = {name: _seconds(fields[name]) for name in _DURATIONS if name in fields}
    for name, value in seconds.items():
        if not value:
            raise ValueError(f"Invalid request: '{name}' cannot be of zero length")
    grace = seconds.get("terminationGracePeriodDuration", _GRACE_SECONDS)
    if seconds.get("maxRuntimeDuration", grace) < grace:
        raise ValueError("Invalid request: 'terminationGracePeriodDuration' cannot exceed 'maxRuntimeDuration'")


def check_secrets(fields: Mapping[str, Any]) -> None:
    """Refuse two secrets of one name."""
    names = [secret.get("name") for secret in fields.get("secrets", [])]
    if len(names) != len(set(names)):
        raise Refusal(400, "Invalid request: Duplicate secrets keys in the payload")


def check_results(fields: Mapping[str, Any]) -> None:
    """Uploading, the default, wants an NGC key and a place. The place itself is not contacted here."""
    if fields["resultHandlingStrategy"] == "NONE":
        return
    secrets = {secret.get("name") for secret in fields.get("secrets", [])}
    if not secrets:
        raise Refusal(400, "Invalid request: Missing secrets with  default or UPLOAD 'resultHandlingStrategy'")
    if "NGC_API_KEY" not in secrets:
        raise Refusal(400, "Invalid request: Missing 'NGC_API_KEY' secret key in the payload")
    if not _RESULTS.fullmatch(fields.get("resultsLocation", "")):
        raise Refusal(400, "Invalid request: Missing 'resultsLocation' property")


def _check_types(fields: Mapping[str, Any]) -> None:
    specification = fields.get("gpuSpecification", {})
    secrets = fields.get("secrets", [])
    if not isinstance(specification, dict) or not isinstance(secrets, list):
        raise Unreadable
    texts = [fields.get(name, "") for name in (*_TEXTS, *_DURATIONS)]
    texts += [specification.get(name) or "" for name in ("gpu", "instanceType", "backend")]
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(secret, dict) for secret in secrets):
        raise Unreadable
    if not all(DURATION.fullmatch(fields.get(name, "PT1S")) for name in _DURATIONS):
        raise Unreadable
    if fields.get("resultHandlingStrategy", "NONE") not in ("NONE", "UPLOAD"):
        raise Unreadable
    if not readable(fields.get("containerImage", "")):
        raise Unreadable
    check_artifacts(fields)


def _violations(fields: Mapping[str, Any]) -> Iterator[str]:
    name = fields.get("name", "")
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        yield f"name: must match {NAME.pattern} and have at most {NAME_LENGTH} characters"
    if "gpuSpecification" not in fields:
        yield "gpuSpecification: must not be null"
    else:
        for required in ("gpu", "instanceType"):
            if not (fields["gpuSpecification"].get(required) or "").strip():
                yield f"gpuSpecification.{required}: must not be blank"
    yield from tag_violations(fields)
    yield from artifact_violations(fields)


def _seconds(duration: str) -> float:
    date, _unused, time = duration.partition("T")
    parts = re.findall(r"([\d.]+)([DHMS])", f"{date}{time}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
