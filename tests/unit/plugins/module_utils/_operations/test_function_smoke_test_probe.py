# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The smoke test that asks: what it tells, and that nothing is ever left of it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.asking import ask_hosts
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.connect import reach_api
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.trial import Trial
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION, Options
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import parse
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import (
    ACCEPTED,
    FUNCTIONS,
    LOST,
    NOT_RECOGNIZED,
    NvcfFake,
    refusal,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Response, serving

IMAGE = "ghcr.io/my-org/app:1"
QUOTA = refusal(400, "Reached or exceeded the max limit for the number of functions allowed: 5")
CREDENTIAL = refusal(400, "Missing CONTAINER registry credential for hostname 'ghcr.io'")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def probe(nvcf: NvcfFake, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    with serving(nvcf) as server:
        options = {"api_url": server.url, "token": "t0ken", "image": IMAGE, "method": "probe", **given}
        return OPERATION.start(host(check_mode=check_mode), params_of(OPERATION, **options))


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "answer,expect,outcome",
    [(ACCEPTED, "accepted", "accepted"), (NOT_RECOGNIZED, "rejected", "not_recognized")],
)
def test_the_answer_that_is_expected_is_told_and_nothing_is_made_or_looked_for(
    check_mode: bool, answer: Response, expect: str, outcome: str
) -> None:
    nvcf = NvcfFake(probe_answers=[answer])
    nvcf.add("fleetops-nvcf-smoke-1-old")
    result = probe(nvcf, check_mode=check_mode, expect=expect)
    assert (result["outcome"], result["status"], result["changed"]) == (outcome, 400, False)
    assert (result["leftovers_removed"], result["leftovers_remaining"]) == ([], [])
    assert (nvcf.asked, len(nvcf.functions)) == ([FUNCTIONS], 1)


@pytest.mark.parametrize(
    "answer,expect,outcome",
    [
        (ACCEPTED, "rejected", "accepted"),
        (NOT_RECOGNIZED, "accepted", "not_recognized"),
        (CREDENTIAL, "accepted", "credential_missing"),
        (CREDENTIAL, "rejected", "credential_missing"),
        (refusal(403, "Access Denied"), "accepted", "unknown"),
        (refusal(403, "Access Denied"), "rejected", "unknown"),
        (refusal(400, "?"), "rejected", "unknown"),
    ],
)
def test_any_other_answer_fails_with_what_it_means(answer: Response, expect: str, outcome: str) -> None:
    with pytest.raises(NvcfError) as caught:
        probe(NvcfFake(probe_answers=[answer]), expect=expect)
    assert caught.value.facts["outcome"] == outcome
    assert caught.value.facts["explanation"] in str(caught.value)
    assert IMAGE in str(caught.value)


def test_a_full_quota_is_gone_around_by_a_version_of_a_function_that_exists() -> None:
    nvcf = NvcfFake(probe_answers=[QUOTA, NOT_RECOGNIZED])
    kept = nvcf.add("somebody's")
    assert probe(nvcf, expect="rejected")["outcome"] == "not_recognized"
    assert nvcf.asked == [FUNCTIONS, f"{FUNCTIONS}/{kept['id']}/versions"]
    assert list(nvcf.functions.values()) == [kept]


@pytest.mark.parametrize(
    "nvcf,told",
    [
        pytest.param(
            NvcfFake(probe_answers=[QUOTA]), "there is no function for which the API could be asked", id="none"
        ),
        pytest.param(
            NvcfFake(probe_answers=[QUOTA], list_answers=[refusal(403, "Access Denied")]), "scope", id="unseen"
        ),
    ],
)
def test_a_full_quota_without_such_a_function_leaves_it_unknown(nvcf: NvcfFake, told: str) -> None:
    with pytest.raises(NvcfError, match=told) as caught:
        probe(nvcf)
    assert caught.value.facts["outcome"] == "unknown"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([], id="answered"),
        pytest.param([refusal(500, "down")], id="answered the second time"),
        pytest.param([LOST], id="lost the first time"),
        pytest.param([LOST] * 4, id="never answered"),
        pytest.param([Response(body=b"<html>welcome</html>")], id="answered by something else"),
    ],
)
def test_an_api_that_creates_what_it_should_refuse_keeps_nothing_and_shows_nothing(answers: list[Response]) -> None:
    nvcf = NvcfFake(lenient=True, probe_answers=list(answers))
    kept = nvcf.add("somebody's")
    with pytest.raises(NvcfError) as caught:
        probe(nvcf)
    assert caught.value.facts["outcome"] == "unknown"
    assert list(nvcf.functions.values()) == [kept]
    if not answers:
        assert "NVCF_REGISTRIES_ARTIFACT_VALIDATION_EXCEPTION_HANDLING" in str(caught.value)


def test_what_it_could_not_delete_is_told() -> None:
    nvcf = NvcfFake(lenient=True, delete_answers=[refusal(403, "Access Denied")] * 9)
    with pytest.raises(NvcfError) as caught:
        probe(nvcf)
    assert {row["image"] for row in caught.value.facts["leftovers_remaining"]} == {IMAGE}


def test_the_operators_client_can_not_ask() -> None:
    with pytest.raises(InputError, match="can only create"):
        probe(NvcfFake(), client="nvcf_cli")


def test_of_many_hosts_what_is_true_of_all_is_asked_for_once() -> None:
    answers = [ACCEPTED, refusal(400, "Invalid registry URL: x"), refusal(403, "Access Denied"), ACCEPTED]
    nvcf = NvcfFake(probe_answers=answers)
    with serving(nvcf) as server:
        from_options = params_of(OPERATION, api_url=server.url, token="t0ken", image=IMAGE)
        found = dict(shown(from_options, ["a.test", "b.test", "c.test", "d.test"]))
    assert found == {"a.test": True, "b.test": None, "c.test": None, "d.test": None}
    assert len(nvcf.asked) == 3


def shown(params: dict[str, Any], hosts: list[str]) -> list[tuple[str, bool | None]]:
    options = parse(Options, params)
    trial = Trial(image="", expect="", warn=lambda _text: None)
    with reach_api(options.connection, options.release, options.api) as api:
        return [(name, outcome.accepted) for name, outcome in ask_hosts(api, hosts, trial)]
