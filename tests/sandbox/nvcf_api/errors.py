# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The API's refusals: what they say, and the shapes in which different builds and front doors say it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from .matching import Outcome, Verdict


class Refusal(Exception):
    """Ends a request with `status`; `detail` is for people, None for an answer without a body."""

    def __init__(self, status: int, detail: str | None, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def unauthorized(description: str | None) -> Refusal:
    """401 as Spring's resource server gives it; without a description for a request without any token."""
    challenge = "Bearer"
    if description is not None:
        challenge += (
            f' error="invalid_token", error_description="{description}",'
            ' error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"'
        )
    return Refusal(HTTPStatus.UNAUTHORIZED, None, headers={"WWW-Authenticate": challenge})


def registry_refusal(verdict: Verdict, messages: str) -> Refusal:
    """Say why an image is not accepted, in the words of `documented` or `current` builds; `plain` is not wrapped."""
    return Refusal(HTTPStatus.BAD_REQUEST, _registry_detail(verdict, messages))


def _registry_detail(verdict: Verdict, messages: str) -> str:
    match verdict.outcome, messages:
        case Outcome.UNREADABLE, _:
            return "Failed to read request"
        case Outcome.INVALID, _:
            return f"Invalid registry URL: {verdict.subject}"
        case Outcome.CREDENTIAL_MISSING, _:
            return f"Missing CONTAINER registry credential for hostname '{verdict.subject}'"
        case Outcome.UNSUPPORTED, "documented":
            return f"Missing CONTAINER registry for hostname '{verdict.subject}'"
        case Outcome.UNSUPPORTED, "current" | "plain":
            inner = f"Unsupported registry hostname {verdict.subject} for registry type CONTAINER"
            if messages == "plain":
                return inner
            return (
                "400 BAD_REQUEST, ProblemDetail[type='about:blank', title='Bad Request', status=400, "
                f"detail='{inner}', instance='null', properties='null']"
            )
        case _:
            raise ValueError(f"no refusal for {verdict.outcome} in messages {messages!r}")


def respond(refusal: Refusal, *, path: str, form: str) -> web.Response:
    """Put a refusal into the shape `problem`, `kaizen` or `request_status`."""
    if refusal.detail is None:
        return web.Response(status=refusal.status, headers=refusal.headers)
    content_type = "application/json" if form == "request_status" else "application/problem+json"
    return web.Response(
        status=refusal.status,
        headers=refusal.headers,
        text=json.dumps(_body(refusal.status, refusal.detail, path, form)),
        content_type=content_type,
    )


def _body(status: int, detail: str, path: str, form: str) -> Mapping[str, object]:
    known = HTTPStatus(status)
    problem = {"title": known.phrase, "status": status, "detail": detail, "instance": path}
    match form:
        case "problem":
            return problem
        case "kaizen":
            kind = known.phrase.lower().replace(" ", "-")
            return {"type": f"urn:kaizen:problem-details:{kind}", **problem, "cause": detail}
        case "request_status":
            return {
                "requestStatus": {
                    "statusCode": known.name,
                    "statusDescription": detail,
                    "requestId": str(uuid.uuid4()),
                }
            }
        case _:
            raise ValueError(f"no problem form {form!r}")
