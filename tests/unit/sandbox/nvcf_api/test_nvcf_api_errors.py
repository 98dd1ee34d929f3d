# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What refusals say, in every generation and shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.errors import (
    Refusal,
    registry_refusal,
    respond,
    unauthorized,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.matching import Outcome, Verdict

WRAPPED = (
    "400 BAD_REQUEST, ProblemDetail[type='about:blank', title='Bad Request', status=400, "
    "detail='Unsupported registry hostname ghcr.io for registry type CONTAINER', instance='null', properties='null']"
)


@pytest.mark.parametrize(
    "outcome,messages,detail",
    [
        (Outcome.UNSUPPORTED, "current", WRAPPED),
        (Outcome.UNSUPPORTED, "documented", "Missing CONTAINER registry for hostname 'ghcr.io'"),
        (Outcome.CREDENTIAL_MISSING, "current", "Missing CONTAINER registry credential for hostname 'ghcr.io'"),
        (Outcome.CREDENTIAL_MISSING, "documented", "Missing CONTAINER registry credential for hostname 'ghcr.io'"),
        (Outcome.INVALID, "current", "Invalid registry URL: ghcr.io"),
        (Outcome.UNREADABLE, "current", "Failed to read request"),
    ],
)
def test_each_outcome_has_its_text(outcome: Outcome, messages: str, detail: str) -> None:
    refusal = registry_refusal(Verdict(outcome, "ghcr.io"), messages)
    assert (refusal.status, refusal.detail) == (400, detail)


def test_a_message_generation_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="misspelled"):
        registry_refusal(Verdict(Outcome.UNSUPPORTED, "ghcr.io"), "misspelled")


def body(form: str) -> tuple[str, dict[str, Any]]:
    response = respond(Refusal(404, "Gone"), path="/here", form=form)
    assert response.status == 404
    return response.content_type, json.loads(response.text or "")


def test_a_problem_has_no_type() -> None:
    expected = {"title": "Not Found", "status": 404, "detail": "Gone", "instance": "/here"}
    assert body("problem") == ("application/problem+json", expected)


def test_the_older_problem_has_a_type_and_a_cause() -> None:
    content_type, problem = body("kaizen")
    assert content_type == "application/problem+json"
    assert problem["type"].startswith("urn:kaizen:")
    assert problem["detail"] == problem["cause"] == "Gone"


def test_the_other_front_door_answers_with_a_request_status() -> None:
    content_type, answer = body("request_status")
    assert content_type == "application/json"
    status = answer["requestStatus"]
    assert (status["statusCode"], status["statusDescription"]) == ("NOT_FOUND", "Gone")
    assert status["requestId"]


def test_a_form_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="misspelled"):
        body("misspelled")


@pytest.mark.parametrize("form", ["problem", "kaizen", "request_status"])
def test_401_has_an_empty_body_and_says_why_in_a_header(form: str) -> None:
    response = respond(unauthorized("Jwt expired"), path="/", form=form)
    assert response.body is None
    assert response.headers["WWW-Authenticate"].startswith(
        'Bearer error="invalid_token", error_description="Jwt expired"'
    )
