# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Waiting for something to change."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.watch import wait_for_event
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Response, Server, proven


@contextmanager
def cluster_with(answer: Response) -> Iterator[tuple[Cluster, Server]]:
    with proven(lambda _request: answer) as server:
        options = ConnectionOptions(host=server.url, ca_cert=server.ca_file, api_key="t0ken")
        with connect(options) as cluster:
            yield cluster, server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def test_an_event_ends_the_wait(pauses: list[float]) -> None:
    with cluster_with(Response(body=b'{"type":"MODIFIED"}\n')) as (cluster, server):
        wait_for_event(cluster, "/api/v1/pods?labelSelector=a%3Db", resource_version="42", seconds=1.6)
    [request] = server.requests
    assert request.query == {
        "labelSelector": ["a=b"],
        "watch": ["1"],
        "resourceVersion": ["42"],
        "timeoutSeconds": ["2"],
    }
    assert request.header("Authorization") == "Bearer t0ken"
    assert (request.header("Accept") or "").startswith("application/json;as=PartialObjectMetadata;")
    assert pauses == []


def test_of_an_event_that_comes_in_pieces_the_whole_line_is_read(pauses: list[float]) -> None:
    line = b'{"type":"MODIFIED","object":{"metadata":{"name":"' + b"a" * 12_000 + b'"}}}\n'
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (line[:5], line[5:]))
    chunked = Response(body=pieces + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    with cluster_with(chunked) as (cluster, _server):
        wait_for_event(cluster, "/api/v1/pods", resource_version="42", seconds=1)
    assert pauses == []


def test_a_watch_that_breaks_is_a_pause_and_no_error(pauses: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with connect(ConnectionOptions(host=url)) as cluster:
            wait_for_event(cluster, "/api/v1/pods", resource_version="1", seconds=0.5)
    assert 0.4 < pauses[-1] <= 0.5


@pytest.mark.parametrize("status", [403, 410, 500])
def test_a_watch_that_is_refused_is_a_pause_too(pauses: list[float], status: int) -> None:
    with cluster_with(Response(status=status, body={"message": "no"})) as (cluster, _server):
        wait_for_event(cluster, "/api/v1/pods", resource_version="1", seconds=2)
    assert pauses


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="its end"),
        pytest.param(b'{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n', id="version too old"),
        pytest.param(b"<html>\n", id="something else"),
    ],
)
def test_a_watch_that_ends_at_once_is_a_pause_too(pauses: list[float], body: bytes) -> None:
    with cluster_with(Response(body=body)) as (cluster, _server):
        wait_for_event(cluster, "/api/v1/pods", resource_version="1", seconds=9)
    assert pauses == [1.0]


def test_a_watch_that_lasted_as_long_as_it_might_is_followed_by_no_pause(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=9.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with cluster_with(Response(body=b"")) as (cluster, _server):
        wait_for_event(cluster, "/api/v1/pods", resource_version="1", seconds=9)
    assert sum(pauses) == 0
