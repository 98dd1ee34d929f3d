# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Following a release over a connection that breaks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.changes import Changes
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.follow import (
    PAUSES,
    UNWATCHED_SECONDS,
    Followed,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.source import main, parse_arguments
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving

DOWN, DENIED = Response(status=503, body={"message": "away"}), Response(status=401, body={"message": "no"})
CHANGED, UNWATCHED = Response(body=b'{"type":"MODIFIED"}\n'), Response(status=403, body={"message": "no"})


class Over(SystemExit):
    """The end of the script of answers."""


def listed(*numbers: int) -> Response:
    items = [revision_secret(stored_release({}, revision=number)) for number in numbers]
    for item in items:
        del item["data"]
    return Response(body={"kind": "SecretList", "metadata": {"resourceVersion": "7"}, "items": items})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


Script = Callable[..., tuple[list[dict[str, Any]], list[Request]]]


@pytest.fixture
def script(pauses: list[float]) -> Script:  # noqa: ARG001 nothing waits
    """Follow a release whose lists and watches are answered like this, until no answer is left."""

    def run(lists: list[Response], watches: Iterator[Response]) -> tuple[list[dict[str, Any]], list[Request]]:
        told: list[dict[str, Any]] = []
        seen: list[Request] = []
        over = threading.Event()

        def answer(request: Request) -> Response:
            seen.append(request)
            if request.path == "/readyz":
                return Response(body=b"ok")
            if "watch" in request.query:
                return next(watches)
            if not lists:
                over.set()
                return listed()
            return lists.pop(0)

        def end(event: dict[str, Any]) -> None:
            if over.is_set():
                raise Over
            told.append(event)

        with serving(answer) as server, pytest.raises(Over):
            Followed(
                host="east-1",
                connection=ConnectionOptions(host=server.url),
                release=ReleaseOptions(),
                changes=Changes(about={"host": "east-1"}),
                tell=end,
            ).follow()
        return told, seen

    return run


def always(answer: Response) -> Iterator[Response]:
    while True:
        yield answer


def test_only_metadata_is_ever_requested(script: Script) -> None:
    told, seen = script([listed(1), listed(1, 2)], always(CHANGED))
    assert [event["revision"] for event in told] == [2]
    assert len(seen) >= 4
    assert all("as=PartialObjectMetadata" in (request.header("Accept") or "") for request in seen)


def test_what_changed_while_the_cluster_was_away_is_reported_and_each_cause_is_logged_once(
    script: Script, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    lists = [listed(1), DENIED, DENIED, listed(1, 2), DENIED, listed(1, 2)]
    told, _seen = script(lists, always(CHANGED))
    assert [event["revision"] for event in told] == [2]
    texts = [record.getMessage() for record in caplog.records]
    assert ["cannot be read" in text for text in texts] == [True, False, True, False]
    assert "The credentials were rejected" in texts[0]
    assert texts[1] == "host east-1: the release nvcf/api can be read again."
    assert [pause for pause in pauses if pause in PAUSES] == [PAUSES[0], PAUSES[1], PAUSES[0]]


def test_without_the_right_to_watch_the_release_is_read_less_often_and_that_is_logged_once(
    script: Script, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    told, _seen = script([listed(1), listed(1), listed(1, 2)], always(UNWATCHED))
    assert [event["revision"] for event in told] == [2]
    assert pauses.count(UNWATCHED_SECONDS) == 3
    assert [record.getMessage() for record in caplog.records if "the verb watch" in record.getMessage()] != []
    assert len(caplog.records) == 1


def test_an_argument_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match="release_revisions: .*contexts"):
        asyncio.run(main(asyncio.Queue(), {"contexts": ["east-1"]}))


def test_what_a_template_leaves_empty_is_as_if_it_were_not_given() -> None:
    options = parse_arguments({"release": "", "kubeconfig": [], "report_existing": "", "eda_feedback_queue": object()})
    assert (options.release.name, options.kubeconfig, options.report_existing) == ("api", (), False)
