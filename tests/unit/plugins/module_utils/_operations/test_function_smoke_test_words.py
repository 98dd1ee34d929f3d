# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a smoke test says about each answer of the API, word by word, through both clients."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.responses import understand
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.sandbox import nvcf_cli
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.errors import registry_refusal, respond
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.matching import Outcome, Verdict
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import FUNCTIONS, NvcfFake, refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import reply, serving

IMAGE = "ghcr.io/my-org/app:1"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture(params=["api", "nvcf_cli"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The options that choose a client."""
    if request.param == "api":
        return {"client": "api"}
    return {"client": "nvcf_cli", "cli_binary": str(nvcf_cli.install(tmp_path))}


def smoke(nvcf: NvcfFake, client: dict[str, str], **given: Any) -> tuple[str, dict[str, Any]]:
    """The API's address, and the result or that of the failure, with its warnings."""
    warnings: list[str] = []
    with serving(nvcf) as server:
        params = params_of(OPERATION, api_url=server.url, token="t0ken", image=IMAGE, **client, **given)
        try:
            result = OPERATION.start(host(warn=warnings.append), params)
        except NvcfError as error:
            result = error.result()
        return server.url, result | {"warnings": warnings}


@pytest.mark.parametrize("messages", ["current", "documented"])
@pytest.mark.parametrize("form", ["problem", "kaizen", "request_status"])
def test_a_host_that_is_not_recognized_is_understood_in_the_words_and_form_of_every_build(
    messages: str, form: str
) -> None:
    told = respond(registry_refusal(Verdict(Outcome.UNSUPPORTED, "ghcr.io"), messages), path=FUNCTIONS, form=form)
    answer = understand(reply(told.status, json.loads(told.text or "")))
    assert (answer.kind, answer.status) == ("not_recognized", 400)
    assert "ghcr.io" in answer.detail


EXPECTED = f"{IMAGE} was expected to be accepted by the NVCF API at {{url}}, but "
DOWN = "the API is not ready or a service behind it is down: check its pods and its log"
CREATED: list[Any] = [
    pytest.param(503, f"{DOWN} (HTTP 503: Injected failure 503).", id="down"),
    pytest.param(
        429,
        "the API limits the request rate: wait and run again (HTTP 429: Injected failure 429).",
        id="too many",
    ),
]


@pytest.mark.parametrize("status, told", CREATED)
def test_an_api_that_creates_nothing_for_now_is_told(client: dict[str, str], status: int, told: str) -> None:
    nvcf = NvcfFake(create_answers=[refusal(status, f"Injected failure {status}")])
    url, result = smoke(nvcf, client)
    assert result["msg"] == EXPECTED.format(url=url) + told


def test_an_api_that_lists_nothing_is_told(client: dict[str, str]) -> None:
    nvcf = NvcfFake(list_answers=[refusal(500, "Injected failure 500")] * 9)
    url, result = smoke(nvcf, client)
    assert result["warnings"] == [
        (
            "functions that earlier smoke tests may have left were not searched for: "
            f"the NVCF API at {url} did not list functions: {DOWN} (HTTP 500: Injected failure 500)."
        )
    ]


MEANINGS: list[Any] = [
    pytest.param(
        "Missing CONTAINER registry credential for hostname 'docker.io'",
        "credential_missing",
        "allowlisting does not apply: register a credential",
        id="built-in",
    ),
    pytest.param("Invalid registry URL: a_b/x:1", "bad_image", "cannot read the image reference", id="bad image"),
    pytest.param("Unknown client_id nvcf", "no_account", "has no account for this token's client yet", id="no account"),
    pytest.param("Access Denied", "forbidden", "the token lacks a scope", id="scope"),
    pytest.param("x", "unauthenticated", "the token was rejected", id="token"),
]
STATUS = {"no_account": 404, "forbidden": 403, "unauthenticated": 401}


@pytest.mark.parametrize("detail, outcome, told", MEANINGS)
def test_a_refusal_of_another_kind_is_told_as_what_it_is_and_shows_no_token(
    client: dict[str, str], detail: str, outcome: str, told: str
) -> None:
    nvcf = NvcfFake(create_answers=[refusal(STATUS.get(outcome, 400), detail)])
    _url, result = smoke(nvcf, client)
    assert (result["outcome"], told in result["msg"]) == (outcome, True)
    assert "t0ken" not in json.dumps(result)


def test_a_function_that_can_not_be_deleted_is_named(client: dict[str, str]) -> None:
    words = "Failed to delete the secrets of the function"
    nvcf = NvcfFake(delete_answers=[refusal(500, words)] * 99)
    _url, result = smoke(nvcf, client)
    left = nvcf.functions["id0"]
    assert result["warnings"] == [
        (
            f"the smoke test's function {left['name']} (id {left['id']}, version v) could not be deleted: {DOWN} "
            f"(HTTP 500: {words}). Delete it; a later smoke test tries again."
        )
    ]


FULL = "Reached or exceeded the max limit for the number of functions allowed"


def test_a_full_quota_is_told_as_such_and_not_as_a_refusal(client: dict[str, str]) -> None:
    def full(*hosts: str) -> NvcfFake:
        recognized = [{"name": name, "hostname": name} for name in hosts]
        return NvcfFake(create_answers=[refusal(400, FULL)], recognized=recognized)

    _url, result = smoke(full(), client, expect="rejected")
    assert (result["outcome"], "function limit is reached" in result["msg"]) == ("quota", True)
    _url, result = smoke(full("ghcr.io"), client, on_quota="recognized")
    assert (result["outcome"], result["recognized"]) == ("quota", True)
    _url, result = smoke(full(), client, on_quota="recognized")
    assert "the API's own list does not contain ghcr.io" in result["msg"]
