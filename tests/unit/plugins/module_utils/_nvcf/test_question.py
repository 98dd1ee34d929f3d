# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an answer to the question that creates nothing shows, and that everything else leaves it unknown."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.question import ARTIFACTS, Verdict, outcome
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.responses import EXPLANATIONS
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import Reply
from hypothesis import given
from hypothesis import strategies as some

IMAGE = "ghcr.io/my-org/app:1"
RESOURCE = "Missing RESOURCE registry for hostname 'probe.invalid'"
FUNCTION = "Account 'a', Function 'f', Version 'v': "
TASK = "Account 'a', Task 't': "
UNSUPPORTED = "Unsupported registry hostname ghcr.io for registry type CONTAINER"
NESTED = f"400 BAD_REQUEST, ProblemDetail[type='about:empty', status=400, detail='{UNSUPPORTED}', instance='null']"


def reply(status: int, detail: str, **headers: str) -> Reply:
    body = json.dumps({"title": "x", "status": status, "detail": detail, "cause": detail}).encode() if detail else b""
    return Reply(status=status, headers=headers, body=body)


@pytest.mark.parametrize(
    "detail,verdict",
    [
        (FUNCTION + RESOURCE, "accepted"),
        (TASK + RESOURCE, "accepted"),
        (NESTED, "not_recognized"),
        (UNSUPPORTED, "not_recognized"),
        ("Missing CONTAINER registry for hostname 'ghcr.io'", "not_recognized"),
        ("Missing CONTAINER registry credential for hostname 'ghcr.io'", "credential_missing"),
    ],
)
def test_three_refusals_show_something(detail: str, verdict: Verdict) -> None:
    shown = outcome(IMAGE, reply(400, detail))
    accepted = None if verdict == "credential_missing" else verdict == "accepted"
    assert (shown.verdict, shown.accepted) == (verdict, accepted)
    assert shown.explanation.startswith(EXPLANATIONS[verdict])  # type: ignore[index]
    assert shown.facts()["outcome"] == verdict


@pytest.mark.parametrize(
    "answer,told",
    [
        pytest.param(reply(200, ""), "ARTIFACT_VALIDATION_EXCEPTION_HANDLING", id="created"),
        pytest.param(reply(400, TASK + TASK + RESOURCE), "ARTIFACT_VALIDATION_EXCEPTION_HANDLING", id="said twice"),
        pytest.param(reply(400, RESOURCE.replace("probe", "other")), "unknown answer", id="another resource"),
        pytest.param(reply(400, UNSUPPORTED.replace("ghcr", "GHCR")), "rejected a different host", id="another host"),
        pytest.param(reply(401, "", **{"www-authenticate": 'Bearer error_description="Invalid issuer"'}), "--for task"),
        pytest.param(reply(401, "Upstream response from 'ICMS' with 4xx error 401"), "behind the API", id="passed on"),
        pytest.param(reply(403, "Authorization failed"), "API key is unknown"),
        pytest.param(reply(403, "Forbidden to create task"), "account-tasks"),
        pytest.param(reply(403, "Access Denied"), "launch_task"),
        pytest.param(reply(404, "Client 'x' is not found and may not be onboarded yet"), "no account"),
        pytest.param(reply(404, "Upstream response from 'ICMS' with 4xx error 404"), "behind the API"),
        pytest.param(reply(502, "Account 'a': Missing cluster-groups in successful ICSM response"), "set gpu"),
        pytest.param(reply(400, "Invalid request: Invalid GPU 'x' specified"), "set gpu"),
        pytest.param(
            reply(400, "Invalid request content: gpuSpecification.instanceType: must not be empty"), "set gpu"
        ),
        pytest.param(reply(400, "Reached or exceeded the max limit for the number of functions allowed: 5"), "limit"),
        pytest.param(reply(400, "Failed to read request"), "cannot read the image reference"),
        pytest.param(reply(429, ""), "wait and run again"),
        pytest.param(reply(503, ""), "not ready"),
    ],
)
def test_every_other_answer_leaves_it_unknown_and_says_why(answer: Reply, told: str) -> None:
    shown = outcome(IMAGE, answer)
    assert (shown.verdict, shown.accepted) == ("unknown", None)
    assert told in shown.explanation
    assert f"HTTP {answer.status}" in shown.explanation


SAYINGS = some.sampled_from([RESOURCE, UNSUPPORTED, NESTED, TASK, FUNCTION, "x", "", "Failed to read request"])


@given(some.integers(200, 599), some.lists(SAYINGS, max_size=3).map(" ".join))
def test_whatever_is_said_only_a_400_about_the_right_host_shows_anything(status: int, detail: str) -> None:
    shown = outcome(IMAGE, reply(status, detail))
    if shown.verdict != "unknown":
        assert status == 400
        assert RESOURCE in detail if shown.accepted else "ghcr.io" in detail
    if UNSUPPORTED in detail:
        assert not shown.accepted


def test_what_is_asked_for_is_nowhere() -> None:
    (resource,) = ARTIFACTS["resources"]
    assert resource["uri"].startswith("https://probe.invalid/")


def test_every_verdict_is_in_a_result_with_the_same_keys() -> None:
    answers: dict[str, Any] = {"accepted": RESOURCE, "not_recognized": UNSUPPORTED, "unknown": "?"}
    answers["credential_missing"] = "Missing CONTAINER registry credential for hostname 'ghcr.io'"
    shown = [outcome(IMAGE, reply(400, detail)) for detail in answers.values()]
    assert [found.verdict for found in shown] == list(answers)
    assert answers.keys() == set(get_args(Verdict))
    assert {tuple(found.facts()) for found in shown} == {("outcome", "status", "detail", "explanation")}
