# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Following a release over a connection that breaks."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._release_events.source import (
    main,
    not_of_a_cluster,
    parse_arguments,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving

DENIED = Response(status=401, body={"message": "no"})
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


Script = Callable[[list[Response], Iterator[Response]], "Seen"]


class Seen(NamedTuple):
    """What came of a script."""

    revisions: list[int]
    """Those of the events."""
    requests: list[Request]
    warnings: list[str]


@pytest.fixture
def script(pauses: list[float]) -> Script:  # noqa: ARG001 nothing waits
    """Follow a release whose lists and watches are answered like this, until no answer is left."""

    def run(lists: list[Response], watches: Iterator[Response]) -> Seen:
        result = Seen([], [], [])
        over = threading.Event()

        def answer(request: Request) -> Response:
            result.requests.append(request)
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
            result.revisions.append(event["revision"])

        with serving(answer) as server, pytest.raises(Over):
            Followed(
                host="east-1",
                connection=ConnectionOptions(host=server.url),
                release=ReleaseOptions(),
                changes=Changes(about={"host": "east-1"}),
                report=end,
                warn=result.warnings.append,
            ).follow()
        return result

    return run


def always(answer: Response) -> Iterator[Response]:
    while True:
        yield answer


def test_only_metadata_is_ever_requested(script: Script) -> None:
    seen = script([listed(1), listed(1, 2)], always(CHANGED))
    assert seen.revisions == [2]
    assert len(seen.requests) >= 4
    assert all("as=PartialObjectMetadata" in (request.header("Accept") or "") for request in seen.requests)


def test_what_changed_while_the_cluster_was_away_is_reported_and_each_cause_is_warned_of_once(
    script: Script, pauses: list[float]
) -> None:
    seen = script([listed(1), DENIED, DENIED, listed(1, 2), DENIED, listed(1, 2)], always(CHANGED))
    assert seen.revisions == [2]
    assert ["cannot be read" in text for text in seen.warnings] == [True, False, True, False]
    assert "The credentials were rejected" in seen.warnings[0]
    assert seen.warnings[1] == "host east-1: the release nvcf/api can be read again."
    assert [pause for pause in pauses if pause in PAUSES] == [PAUSES[0], PAUSES[1], PAUSES[0]]


def test_without_the_right_to_watch_the_release_is_read_less_often_and_that_is_warned_of_once(
    script: Script, pauses: list[float]
) -> None:
    seen = script([listed(1), listed(1), listed(1, 2)], always(UNWATCHED))
    assert seen.revisions == [2]
    assert pauses.count(UNWATCHED_SECONDS) == 3
    assert ["the verb watch" in text for text in seen.warnings] == [True]


def test_an_argument_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match=r"does not accept its arguments: .*contexts"):
        asyncio.run(main(asyncio.Queue(), {"contexts": ["east-1"]}))


def test_each_attempt_to_reach_a_cluster_that_is_away_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    connections = logging.getLogger("urllib3.connectionpool")
    connections.addFilter(not_of_a_cluster)
    for name in ("nvcf east-1", "another source"):
        thread = threading.Thread(target=connections.warning, args=("Retrying",), name=name)
        thread.start()
        thread.join()
    assert [record.threadName for record in caplog.records] == ["another source"]


def test_what_a_template_leaves_empty_is_as_if_it_were_not_given() -> None:
    options = parse_arguments({"release": "", "kubeconfig": [], "report_existing": "", "eda_feedback_queue": object()})
    assert (options.release.name, options.kubeconfig, options.report_existing) == ("api", (), False)
