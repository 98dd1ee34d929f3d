# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The smoke test: what it asks, what it tells, and that nothing of it stays behind."""

from __future__ import annotations

import re
import signal
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.bodies import TAG
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.client import NvcfApi
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.responses import Answer
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import Reply, UrlService
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.trial import LEFTOVER_SECONDS, PREFIX
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads import Function
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    InputError,
    NoAnswerError,
    NvcfError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import Interrupted
from ansible_collections.fleetops.nvcf.tests.sandbox import nvcf_cli
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import LOST, NOT_RECOGNIZED, NvcfFake, refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Response, serving

IMAGE = "ghcr.io/my-org/app:1"
WARNED: list[str] = []


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@pytest.fixture(autouse=True)
def warned() -> list[str]:
    WARNED.clear()
    return WARNED


def smoke(nvcf: NvcfFake, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    with serving(nvcf) as server:
        params = params_of(OPERATION, **{"api_url": server.url, "token": "t0ken", "image": IMAGE, **given})
        return OPERATION.start(host(check_mode=check_mode, warn=WARNED.append), params)


def refused(nvcf: NvcfFake, **given: Any) -> NvcfError:
    with pytest.raises(NvcfError) as caught:
        smoke(nvcf, **given)
    return caught.value


def test_an_accepted_image_is_reported_with_the_function_that_proved_it() -> None:
    nvcf = NvcfFake()
    result = smoke(nvcf)
    assert result["outcome"] == "accepted"
    assert result["function"]["image"] == IMAGE
    assert result["function"]["id"] == "id0"
    assert result["changed"] is False
    assert nvcf.functions == {}
    assert nvcf.tokens == {"Bearer t0ken"}


def test_an_interrupted_deletion_is_finished_before_the_interrupt_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    nvcf = NvcfFake()
    delete = NvcfApi.delete
    interrupts = [Interrupted(signal.SIGTERM)]

    def interrupted_once(api: NvcfApi, function: Function) -> Answer:
        if interrupts:
            raise interrupts.pop()
        return delete(api, function)

    monkeypatch.setattr(NvcfApi, "delete", interrupted_once)
    with pytest.raises(Interrupted):
        smoke(nvcf)
    assert nvcf.functions == {}


def test_a_rejected_image_can_be_what_is_expected() -> None:
    nvcf = NvcfFake(create_answers=[NOT_RECOGNIZED])
    result = smoke(nvcf, expect="rejected")
    assert (result["outcome"], result["status"]) == ("not_recognized", 400)
    assert "function" not in result


@pytest.mark.parametrize(
    "answer,expect,outcome",
    [
        pytest.param(NOT_RECOGNIZED, "accepted", "not_recognized", id="refused, expected to be accepted"),
        pytest.param(refusal(403, "Access Denied"), "rejected", "forbidden", id="refused for another reason"),
        pytest.param(
            refusal(400, "Missing CONTAINER registry credential for hostname 'x'"),
            "rejected",
            "credential_missing",
            id="built-in",
        ),
        pytest.param(
            refusal(400, "Reached or exceeded the max limit for the number of functions allowed"),
            "accepted",
            "quota",
            id="quota",
        ),
        pytest.param(refusal(503, "starting"), "rejected", "unavailable", id="not ready"),
    ],
)
def test_another_answer_than_expected_fails_with_its_meaning(answer: Response, expect: str, outcome: str) -> None:
    error = refused(NvcfFake(create_answers=[answer]), expect=expect)
    assert f"{IMAGE} was expected to be {expect}" in str(error)
    assert error.facts["outcome"] == outcome


def test_an_image_that_is_accepted_against_expectation_leaves_nothing_behind() -> None:
    nvcf = NvcfFake()
    error = refused(nvcf, expect="rejected")
    assert error.facts["function"]["id"] == "id0"
    assert nvcf.functions == {}


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"{}", b""])
def test_a_success_without_a_function_proves_nothing(body: bytes) -> None:
    refused(NvcfFake(create_answers=[Response(body=body)]))


@pytest.mark.parametrize("lost", [LOST, *(refusal(status, "down") for status in (500, 502, 503, 504))])
def test_a_function_that_was_made_although_its_answer_got_lost_proves_it_and_is_deleted(lost: Response) -> None:
    nvcf = NvcfFake(create_answers=[lost], makes_anyway=True)
    nvcf.add("somebody-elses")
    result = smoke(nvcf)
    assert (result["outcome"], result["function"]["id"]) == ("accepted", "id1")
    assert [function["name"] for function in nvcf.functions.values()] == ["somebody-elses"]


def test_a_function_that_was_made_against_expectation_is_told_although_its_answer_got_lost() -> None:
    error = refused(NvcfFake(create_answers=[LOST], makes_anyway=True), expect="rejected")
    told = "but the API accepts images of this registry (the answer was lost, the function was made)."
    assert told in str(error)
    assert error.facts["status"] == 0


def test_a_function_that_is_made_some_time_after_its_answer_got_lost_is_found_too(pauses: list[float]) -> None:
    nothing = Response(body={"functions": []})
    nvcf = NvcfFake(create_answers=[LOST], makes_anyway=True, list_answers=[nothing] * 3)
    assert smoke(nvcf)["outcome"] == "accepted"
    assert nvcf.functions == {}
    assert len(pauses) == 3


@pytest.mark.parametrize("lost", [LOST, refusal(502, "down"), refusal(504, "down")])
def test_a_creation_that_was_lost_and_made_nothing_is_asked_for_once_more(lost: Response, warned: list[str]) -> None:
    nvcf = NvcfFake(create_answers=[lost])
    assert smoke(nvcf)["outcome"] == "accepted"
    assert nvcf.functions == {}
    [warning] = warned
    assert re.search(rf"No function {PREFIX}-\d+-\w+ was found, so another one is requested", warning)


def test_a_creation_that_is_lost_twice_is_an_error() -> None:
    nvcf = NvcfFake(create_answers=[LOST] * 9)
    assert "cannot be reached" in str(refused(nvcf))
    assert len(nvcf.create_answers) == 7


def test_a_first_function_that_is_made_while_the_second_is_asked_for_is_deleted_too() -> None:
    class Late(NvcfFake):
        def _create(self, body: dict[str, Any]) -> Response:
            if not self.create_answers:
                self.add(late[0])
            late.append(body["name"])
            return super()._create(body)

    late: list[str] = []
    nvcf = Late(create_answers=[LOST])
    assert smoke(nvcf)["outcome"] == "accepted"
    assert nvcf.functions == {}


def test_whether_a_function_was_made_is_not_guessed_where_the_list_is_refused() -> None:
    empty = Response(body={"functions": []})
    nvcf = NvcfFake(create_answers=[LOST], list_answers=[empty, refusal(403, "Access Denied")])
    told = str(refused(nvcf))
    assert "cannot be reached" in told
    assert "was created could not be determined: the NVCF API" in told
    assert nvcf.functions == {}, "no second one was asked for"


def test_what_was_never_sent_is_not_looked_for(pauses: list[float]) -> None:
    nvcf = NvcfFake()
    error = refused(nvcf, client="nvcf_cli", cli_binary="/absent/nvcf-cli")
    assert isinstance(error, NoAnswerError)
    assert "cannot be run" in str(error)
    assert pauses == []


def test_the_operators_client_is_led_to_an_api_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, "unit tests")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = authority.server("server", "server")
    context.load_cert_chain(pair.certificate, pair.key)
    nvcf = NvcfFake()
    with serving(nvcf, tls=context) as server:
        given = {"api_url": server.url, "token": "t0ken", "image": IMAGE, "client": "nvcf_cli"}
        given |= {"cli_binary": str(nvcf_cli.install(tmp_path)), "api_ca_cert": str(tmp_path / "ca.crt")}
        assert OPERATION.start(host(), params_of(OPERATION, **given))["outcome"] == "accepted"
    assert nvcf.functions == {}
    assert nvcf.tokens == {"Bearer t0ken"}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_while_the_answer_is_awaited_leaves_nothing_behind(
    interrupt: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    nvcf = NvcfFake()
    send = UrlService.send

    def interrupted(service: UrlService, method: str, path: str, **more: Any) -> Reply:
        answer = send(service, method, path, **more)
        if method == "POST":
            raise interrupt
        return answer

    monkeypatch.setattr(UrlService, "send", interrupted)
    with pytest.raises(interrupt):
        smoke(nvcf)
    assert nvcf.functions == {}


def test_a_deletion_that_answers_500_is_asked_for_again_until_it_is_gone(pauses: list[float]) -> None:
    nvcf = NvcfFake(delete_answers=[refusal(500, "dependency down")], deletes_anyway=True)
    assert smoke(nvcf)["outcome"] == "accepted"
    assert nvcf.functions == {}
    assert pauses == [0.5]


@pytest.mark.parametrize("answer", [refusal(429, "slow down"), LOST, refusal(503, "starting")])
def test_a_deletion_that_may_work_later_is_tried_again(answer: Response) -> None:
    nvcf = NvcfFake(delete_answers=[answer, answer])
    assert smoke(nvcf)["outcome"] == "accepted"
    assert nvcf.functions == {}


@pytest.mark.parametrize(
    "answer,told", [(refusal(500, "down"), "not ready"), (Response(status=401, body=b""), "the token was rejected")]
)
def test_a_deletion_that_never_works_is_told_and_takes_nothing_back(
    answer: Response, told: str, warned: list[str]
) -> None:
    nvcf = NvcfFake(delete_answers=[answer] * 99)
    result = smoke(nvcf, context="east-1")
    assert result["outcome"] == "accepted"
    assert [function["id"] for function in result["leftovers_remaining"]] == list(nvcf.functions) == ["id0"]
    [warning] = warned
    name = nvcf.functions["id0"]["name"]
    assert warning.startswith(
        f"cluster east-1: the smoke test's function {name} (id id0, version v) could not be deleted: "
    )
    assert told in warning


def test_what_can_not_be_deleted_is_told_beside_an_expectation_that_is_not_met(warned: list[str]) -> None:
    nvcf = NvcfFake(delete_answers=[refusal(500, "down")] * 99)
    error = refused(nvcf, expect="rejected")
    assert "was expected to be rejected" in str(error)
    assert error.facts["leftovers_remaining"][0]["id"] == "id0"
    assert "could not be deleted" in warned[0]


def test_nothing_is_waited_for_after_the_last_try(pauses: list[float]) -> None:
    nvcf = NvcfFake(delete_answers=[refusal(500, "down")] * 99)
    smoke(nvcf)
    tries = 99 - len(nvcf.delete_answers)
    assert len(pauses) == tries - 1


def test_a_deletion_that_is_forbidden_is_not_tried_again(pauses: list[float], warned: list[str]) -> None:
    nvcf = NvcfFake(delete_answers=[refusal(403, "Access Denied")] * 2)
    smoke(nvcf)
    assert "lacks a scope" in warned[0]
    assert pauses == []


def leftover(age: int) -> str:
    return f"{PREFIX}-{int(time.time()) - age}-abcd"


def test_what_an_interrupted_test_has_left_is_removed_and_reported() -> None:
    nvcf = NvcfFake()
    nvcf.add(leftover(LEFTOVER_SECONDS + 60))
    assert [function["id"] for function in smoke(nvcf)["leftovers_removed"]] == ["id0"]
    assert nvcf.functions == {}


def test_a_function_with_the_tests_tag_is_removed_whatever_its_name() -> None:
    nvcf = NvcfFake()
    ages = {"old": LEFTOVER_SECONDS + 60, "young": 5}
    for name, age in ages.items():
        made = datetime.now(tz=UTC) - timedelta(seconds=age)
        nvcf.add(name, tags=[TAG])["createdAt"] = made.isoformat()
    nvcf.add("of unknown age", tags=[TAG])
    assert [function["name"] for function in smoke(nvcf)["leftovers_removed"]] == ["old"]
    assert [function["name"] for function in nvcf.functions.values()] == ["young", "of unknown age"]


def test_a_function_that_is_listed_without_its_version_does_not_stop_the_test() -> None:
    nvcf = NvcfFake()
    del nvcf.add(leftover(LEFTOVER_SECONDS + 60))["versionId"]
    assert smoke(nvcf)["leftovers_removed"] == []


def test_what_may_belong_to_somebody_else_stays() -> None:
    names = [leftover(5), "my-function", f"{PREFIX}-mine", f"x-{leftover(99999)}"]
    nvcf = NvcfFake()
    for name in names:
        nvcf.add(name)
    assert smoke(nvcf)["leftovers_removed"] == []
    assert [function["name"] for function in nvcf.functions.values()] == names


def test_a_token_that_may_not_list_functions_can_test_all_the_same() -> None:
    nvcf = NvcfFake(list_answers=[refusal(403, "Access Denied")])
    assert smoke(nvcf)["outcome"] == "accepted"


@pytest.mark.parametrize("answer", [refusal(500, "down"), Response(body=b"<html>"), Response(body={}), LOST])
def test_leftovers_that_can_not_be_listed_are_a_warning(answer: Response, warned: list[str]) -> None:
    nvcf = NvcfFake(list_answers=[answer] * 4)
    result = smoke(nvcf)
    assert (result["outcome"], result["leftovers_removed"]) == ("accepted", [])
    assert nvcf.functions == {}
    [warning] = warned
    assert "earlier smoke tests may have left were not searched for: the NVCF API" in warning


def test_a_leftover_that_can_not_be_deleted_is_a_warning(warned: list[str]) -> None:
    nvcf = NvcfFake(delete_answers=[refusal(403, "Access Denied")])
    nvcf.add(leftover(LEFTOVER_SECONDS + 60))
    result = smoke(nvcf)
    assert (result["outcome"], result["leftovers_removed"]) == ("accepted", [])
    assert [function["id"] for function in result["leftovers_remaining"]] == list(nvcf.functions) == ["id0"]
    assert "(id id0, version v) could not be deleted" in warned[0]


def test_check_mode_asks_nothing() -> None:
    nvcf = NvcfFake()
    result = smoke(nvcf, check_mode=True)
    assert result["skipped"]
    assert nvcf.tokens == set()


@pytest.mark.parametrize(
    "image,told",
    [
        ("oci://ghcr.io/chart", "a scheme belongs to Helm charts"),
        ("https://ghcr.io/a/b:1", "a scheme belongs to Helm charts"),
        ("app:1", "not of the form host/path:tag"),
        ("/app:1", "not of the form host/path:tag"),
    ],
)
def test_what_is_no_container_image_is_refused_before_the_api_is_asked(image: str, told: str) -> None:
    nvcf = NvcfFake()
    error = refused(nvcf, image=image)
    assert isinstance(error, InputError)
    assert told in str(error)
    assert nvcf.tokens == set()


def test_the_token_is_in_no_result_and_in_no_error() -> None:
    assert "t0ken" not in str(smoke(NvcfFake()))
    assert "t0ken" not in str(refused(NvcfFake(create_answers=[NOT_RECOGNIZED])).result())
