# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the API's answers mean, in every form in which builds and front doors give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.responses import EXPLANATIONS, Kind, understand
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import Reply
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import reply

MEANINGS = [
    pytest.param(400, "Missing CONTAINER registry for hostname 'ghcr.io'", "not_recognized", id="documented builds"),
    pytest.param(
        400,
        "Unsupported registry hostname ghcr.io for registry type CONTAINER",
        "not_recognized",
        id="current builds",
    ),
    pytest.param(
        400,
        "400 BAD_REQUEST, ProblemDetail[type='about:empty', title='Bad Request', status=400, detail='Unsupported "
        "registry hostname ghcr.io for registry type CONTAINER', instance='null', properties='null']",
        "not_recognized",
        id="current builds, wrapped",
    ),
    pytest.param(
        400,
        "Missing CONTAINER registry credential for hostname 'nvcr.io'",
        "credential_missing",
        id="built-in without credential",
    ),
    pytest.param(
        400, "Reached or exceeded the max limit for the number of functions allowed", "quota", id="full quota"
    ),
    pytest.param(400, "Invalid registry URL: my_reg/x:1", "bad_image", id="underscore"),
    pytest.param(400, "Failed to read request", "bad_image", id="IPv4 with a port"),
    pytest.param(404, "Unknown client_id nvcf", "no_account", id="before the bootstrap"),
    pytest.param(404, "Client 'x' is not found and may not be onboarded yet", "no_account", id="task client"),
    pytest.param(401, "Invalid issuer", "other_issuer", id="admin token for tasks"),
    pytest.param(403, "Authorization failed", "key_refused", id="key denied"),
    pytest.param(403, "Forbidden to create task", "key_refused", id="key without the resource"),
    pytest.param(400, "Invalid request: Invalid GPU 'x' specified", "no_gpu", id="unknown GPU"),
    pytest.param(502, "Account 'a': Missing cluster-groups in successful ICSM response", "no_gpu", id="no GPU cluster"),
    pytest.param(403, "Upstream response from 'ICMS' with 4xx error 403", "upstream", id="passed on"),
    pytest.param(403, "Access Denied", "forbidden", id="scope missing"),
    pytest.param(429, "Too many requests", "rate_limited", id="rate limit"),
    pytest.param(500, "Internal Server Error", "unavailable", id="starting"),
    pytest.param(503, "upstream connect error", "unavailable", id="gateway"),
    pytest.param(404, "No static resource", "other", id="unknown path"),
    pytest.param(409, "Conflict", "other", id="something else"),
]


def problem(status: int, detail: str) -> Reply:
    return reply(status, {"title": "Bad Request", "status": status, "detail": detail, "instance": "/v2/nvcf/functions"})


def kaizen(status: int, detail: str) -> Reply:
    return reply(status, {"type": "urn:kaizen:problem-details:bad-request", "title": "Bad Request", "cause": detail})


def request_status(status: int, detail: str) -> Reply:
    body = {"statusCode": "BAD_REQUEST", "statusDescription": detail, "requestId": "7f"}
    return reply(status, {"requestStatus": body})


def plain(status: int, detail: str) -> Reply:
    return reply(status, body=detail.encode())


@pytest.mark.parametrize("form", [problem, kaizen, request_status, plain])
@pytest.mark.parametrize("status,detail,kind", MEANINGS)
def test_an_answer_is_understood_in_every_form(
    form: Callable[[int, str], Reply], status: int, detail: str, kind: Kind
) -> None:
    answer = understand(form(status, detail))
    assert (answer.kind, answer.status, answer.detail) == (kind, status, detail)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_accepted(status: int) -> None:
    assert understand(reply(status, {"function": {}})).facts() == {
        "outcome": "accepted",
        "status": status,
        "detail": "",
    }


def test_a_refused_token_is_told_by_its_header_because_the_body_is_empty() -> None:
    challenge = 'Bearer error="invalid_token", error_description="Jwt expired at 2026-11-23T12:00:00Z"'
    answer = understand(reply(401, www_authenticate=challenge))
    assert answer.kind == "unauthenticated"
    assert "Jwt expired" in answer.explanation


def test_a_missing_credential_is_not_taken_for_a_registry_that_is_not_recognized() -> None:
    answer = understand(problem(400, "Missing CONTAINER registry credential for hostname 'nvcr.io'"))
    assert "allowlisting does not apply" in answer.explanation


def test_the_detail_is_one_line_of_bounded_length() -> None:
    answer = understand(problem(500, "a\n  b\r\n" + "c" * 9000))
    assert answer.detail.startswith("a b ccc")
    assert len(answer.detail) <= 500


def test_the_meaning_is_found_in_all_text_however_long() -> None:
    body: dict[str, Any] = {"detail": "x" * 600, "cause": "Missing CONTAINER registry for hostname 'ghcr.io'"}
    assert understand(reply(400, body)).kind == "not_recognized"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"{"])
def test_a_body_of_no_known_shape_is_understood_by_its_status(body: bytes) -> None:
    assert understand(reply(502, body=body)).kind == "unavailable"
    assert understand(reply(418, body=body)).kind == "other"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_explained_to_a_person(kind: Kind) -> None:
    assert len(EXPLANATIONS[kind].split()) > 3


def test_an_explanation_gives_meaning_and_evidence() -> None:
    assert understand(problem(403, "Access Denied")).explanation.endswith("(HTTP 403: Access Denied)")
    assert understand(reply(200)).explanation == "the API accepts images of this registry (HTTP 200)"


@pytest.mark.parametrize(
    "status, kind", [(199, "other"), (200, "accepted"), (299, "accepted"), (300, "other"), (302, "other")]
)
def test_only_a_status_of_success_is_one(status: int, kind: Kind) -> None:
    assert understand(reply(status, {"function": {}})).kind == kind


@pytest.mark.parametrize("status, kind", [(499, "other"), (500, "unavailable"), (599, "unavailable")])
def test_a_service_that_is_down_is_told_from_a_request_that_is_refused(status: int, kind: Kind) -> None:
    assert understand(reply(status, {})).kind == kind


def test_words_mean_more_than_the_status() -> None:
    assert understand(problem(500, "Missing CONTAINER registry for hostname 'ghcr.io'")).kind == "not_recognized"
    assert understand(problem(401, "Unknown client_id nvcf")).kind == "no_account"


def test_ids_types_and_paths_are_no_words() -> None:
    body = {"type": "urn:x", "instance": "/v2", "requestId": "7", "detail": "a", "error": {"message": "b", "id": "c"}}
    assert understand(reply(418, body)).detail == "a b"
