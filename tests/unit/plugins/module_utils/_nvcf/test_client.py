# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The calls of the NVCF API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.client import NvcfApi
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.workloads import Function
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NoAnswerError, NvcfApiError
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import ScriptedService, reply

ROW = {"id": "f", "versionId": "v", "name": "n", "containerImage": "ghcr.io/a/b:1", "tags": ["t"]}
PAIR = {"name": "GitHub", "hostname": "ghcr.io"}
FUNCTION = Function(id="f", version_id="v", name="n", image="ghcr.io/a/b:1", tags=("t",))


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def api(*script: Any) -> tuple[NvcfApi, ScriptedService]:
    service = ScriptedService(list(script))
    return NvcfApi(service=service, token="t0ken"), service


def test_a_function_is_created_with_a_body_that_the_api_takes() -> None:
    nvcf, service = api(reply(200, {"function": ROW}))
    answer, made = nvcf.create(name="smoke-1", image="ghcr.io/a/b:1")
    assert (answer.kind, made) == ("accepted", FUNCTION)
    assert service.sent == [("POST", "/v2/nvcf/functions")]
    [body] = service.bodies
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}", body["name"])
    assert body["containerImage"] == "ghcr.io/a/b:1"
    assert {"inferenceUrl", "inferencePort"} <= body.keys()
    assert set(body["health"]) == {"protocol", "uri", "port", "timeout", "expectedStatusCode"}


def test_every_request_carries_the_token() -> None:
    nvcf, service = api(reply(200, {"functions": []}), reply(204))
    nvcf.functions()
    nvcf.delete(FUNCTION)
    assert {headers["Authorization"] for headers in service.headers} == {"Bearer t0ken"}
    assert "t0ken" not in repr(nvcf)


def test_a_refused_creation_is_an_answer_and_no_error() -> None:
    nvcf, _service = api(reply(400, {"detail": "Missing CONTAINER registry for hostname 'ghcr.io'"}))
    answer, made = nvcf.create(name="a", image="ghcr.io/a/b:1")
    assert (answer.kind, made) == ("not_recognized", None)


def test_a_deletion_names_function_and_version() -> None:
    nvcf, service = api(reply(204))
    assert nvcf.delete(FUNCTION).kind == "accepted"
    assert service.sent == [("DELETE", "/v2/nvcf/functions/f/versions/v")]


@pytest.mark.parametrize(
    "document,found", [({"functions": [ROW]}, [FUNCTION]), ({"functions": None}, []), ({"functions": []}, [])]
)
def test_the_functions_of_the_account_are_listed(document: dict[str, Any], found: list[Function]) -> None:
    nvcf, _service = api(reply(200, document))
    assert nvcf.functions() == found


def test_a_function_without_an_image_is_listed_too() -> None:
    nvcf, _service = api(reply(200, {"functions": [{"id": "f", "versionId": "v", "containerImage": None}]}))
    assert nvcf.functions()[0].facts() == {"id": "f", "version_id": "v", "name": "", "image": ""}


def test_when_a_function_was_made_is_known_where_the_api_tells() -> None:
    told = ["2026-11-25T12:00:00.000Z", "2026-11-25T12:00:00", "once", None]
    nvcf, _service = api(reply(200, {"functions": [{**ROW, "createdAt": text} for text in told]}))
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert [function.created for function in nvcf.functions()] == [noon, noon, None, None]


def test_a_function_that_is_listed_without_its_version_keeps_no_other_from_being_listed() -> None:
    nvcf, _service = api(reply(200, {"functions": [{"id": "half"}, ROW]}))
    assert [(function.id, function.version_id) for function in nvcf.functions()] == [("half", ""), ("f", "v")]


BROKEN = NoAnswerError("broke", sent=True)


@pytest.mark.parametrize("answer", [reply(429), reply(500), reply(503), BROKEN])
def test_a_question_is_asked_again_while_the_api_is_away(answer: Any, pauses: list[float]) -> None:
    nvcf, service = api(answer, answer, reply(200, {"functions": [ROW]}))
    assert nvcf.functions() == [FUNCTION]
    assert len(service.sent) == 3
    assert pauses == [0.5, 1.0]


def test_an_api_that_stays_away_is_told_after_a_few_times() -> None:
    nvcf, service = api(*[BROKEN] * 4)
    with pytest.raises(NoAnswerError, match="broke"):
        nvcf.recognized()
    assert len(service.sent) == 4


@pytest.mark.parametrize("asked,waited", [("7", 7.0), ("0", 0.5), ("Wed, 25 Nov 2026 12:00:00 GMT", 0.5), ("-1", 0.5)])
def test_the_api_says_when_to_ask_again(asked: str, waited: float, pauses: list[float]) -> None:
    nvcf, _service = api(reply(429, retry_after=asked), reply(200, {"functions": []}))
    assert nvcf.functions() == []
    assert pauses == [waited]


def test_who_is_told_to_come_back_much_later_does_not_wait(pauses: list[float]) -> None:
    nvcf, _service = api(reply(429, retry_after="3600"))
    with pytest.raises(NvcfApiError, match="the API limits the request rate"):
        nvcf.functions()
    assert pauses == []


def test_what_asking_again_can_not_help_is_told_at_once() -> None:
    nvcf, service = api(NoAnswerError("no right", sent=False, lasting=True))
    with pytest.raises(NoAnswerError, match="no right"):
        nvcf.functions()
    assert len(service.sent) == 1


@pytest.mark.parametrize("answer", [reply(429), reply(503), BROKEN])
def test_a_creation_is_never_asked_for_twice(answer: Any) -> None:
    nvcf, service = api(answer)
    try:
        nvcf.create(name="a", image="ghcr.io/a/b:1")
    except NoAnswerError:
        assert answer is BROKEN
    assert len(service.sent) == 1


def test_the_container_registries_are_listed_by_host() -> None:
    rows = [{"name": "B", "hostname": "b.example.com"}, {"name": "A", "hostname": "a.example.com", "extra": 1}]
    document = {"recognizedRegistries": {"HELM": [{"name": "H", "hostname": "h"}], "CONTAINER": rows}}
    nvcf, _service = api(reply(200, document))
    assert [row["hostname"] for row in nvcf.recognized()] == ["a.example.com", "b.example.com"]


@pytest.mark.parametrize(
    "status,outcome",
    [(401, "unauthenticated"), (403, "forbidden"), (404, "other"), (429, "rate_limited"), (500, "unavailable")],
)
def test_a_list_that_is_refused_is_told_with_its_meaning(status: int, outcome: str) -> None:
    nvcf, _service = api(*[reply(status)] * 8)
    for call, what in ((nvcf.functions, "list functions"), (nvcf.recognized, "list the recognized registries")):
        with pytest.raises(NvcfApiError, match=f"at the scripted service did not {what}: ") as caught:
            call()
        assert caught.value.facts["outcome"] == outcome


# Whatever may stand in the place of a value.
SHAPES: list[Any] = [None, True, 7, "canary", [], ["canary"], [None], {}, {"canary": "canary"}, [[]]]
PAGES = [b"", b"<html>canary</html>", b"\xff\xfe", b"[" * 100_000]
CALLS = [
    pytest.param(lambda nvcf: nvcf.recognized(), {"recognizedRegistries": {"CONTAINER": [PAIR]}}, id="recognized"),
    pytest.param(lambda nvcf: nvcf.functions(), {"functions": [ROW]}, id="functions"),
    pytest.param(lambda nvcf: nvcf.create(name="a", image="h/a:1"), {"function": ROW}, id="create"),
]


def replacements(document: Any) -> Iterator[Any]:
    """The document with one value after the other, at any depth, replaced by each shape or left out."""
    yield from SHAPES
    if isinstance(document, dict):
        for key, value in document.items():
            yield {name: it for name, it in document.items() if name != key}
            yield from ({**document, key: other} for other in replacements(value))
    elif isinstance(document, list):
        yield from ([*document, other] for other in replacements(document[0]))


def failure(call: Callable[[NvcfApi], Any], answer: Any) -> str:
    try:
        call(api(answer)[0])
    except NvcfApiError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("call,good", CALLS)
def test_a_success_of_any_other_shape_is_understood_or_told_without_what_is_in_it(
    call: Callable[[NvcfApi], Any], good: dict[str, Any]
) -> None:
    answers = [reply(200, document) for document in replacements(good)] + [reply(200, body=page) for page in PAGES]
    told = [text for answer in answers if (text := failure(call, answer))]
    assert len(told) > len(answers) / 2
    for text in told:
        assert re.search(r"NVCF API document: .+ is .+, not (an object|a list|a text)\.", text)
        assert "canary" not in text


@pytest.mark.parametrize(
    "call,document,told",
    [
        (lambda nvcf: nvcf.recognized(), {}, "recognizedRegistries is null or missing, not an object"),
        (lambda nvcf: nvcf.recognized(), {"recognizedRegistries": {}}, "CONTAINER is null or missing, not a list"),
        (lambda nvcf: nvcf.functions(), {}, "functions is null or missing, not a list"),
        (lambda nvcf: nvcf.functions(), [], "the document is a list, not an object"),
        (lambda nvcf: nvcf.create(name="a", image="h/a:1"), {"function": {**ROW, "id": ""}}, "id is empty, not a text"),
        (lambda nvcf: nvcf.delete(FUNCTION), "welcome", "the document is a text, not an object"),
    ],
)
def test_what_came_instead_is_named(call: Callable[[NvcfApi], Any], document: Any, told: str) -> None:
    nvcf, _service = api(reply(200, document))
    with pytest.raises(NvcfApiError, match=f"NVCF API document: {told}. Check api_url"):
        call(nvcf)


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_page_that_answers_a_deletion_does_not_say_that_the_function_is_gone(page: bytes) -> None:
    nvcf, _service = api(reply(200, body=page))
    with pytest.raises(NvcfApiError, match="did not delete a function"):
        nvcf.delete(FUNCTION)
