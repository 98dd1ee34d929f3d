# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a program sends to the relay is what the service gets, and the other way round."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.cli_relay import relay
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import Reply
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfApiError

TOKEN = {"Authorization": "Bearer token"}


@dataclass
class Recorder:
    """A service that remembers what it is sent."""

    where: str = "here"
    down: bool = False
    sent: list[tuple[str, str, dict[str, str], bytes | None]] = field(default_factory=list)

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        if self.down:
            raise NvcfApiError("the pod is gone")
        self.sent.append((method, path, dict(headers), body))
        headers = {"content-type": "text/plain", "x-more": "1", "transfer-encoding": "chunked"}
        return Reply(status=201, headers=headers, body=b"made")

    def another(self) -> Recorder:
        return Borrowed(where=self.where, down=self.down, sent=self.sent)

    def close(self) -> None:
        raise AssertionError("the service belongs to who opened it")


class Borrowed(Recorder):
    """The relay's own, which it closes."""

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Closing(Recorder):
    """Tells which of the connections are used and closed."""

    used: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        self.used.append(self.where)
        return super().send(method, path, headers=headers, body=body)

    def another(self) -> Closing:
        return Closing(where="own", used=self.used, closed=self.closed)

    def close(self) -> None:
        self.closed.append(self.where)


def ask(url: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(method, path, body=body, headers=dict(headers))
    answer = connection.getresponse()
    reply = Reply(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()}, body=answer.read())
    connection.close()
    return reply


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_request_and_its_answer_pass_unchanged(method: str) -> None:
    service = Recorder()
    with relay(service, "token") as url:
        reply = ask(url, method, "/v2/nvcf/functions?x=1", TOKEN | {"X-Mine": "yes"}, b'{"name": "f"}')
    [(sent_method, path, headers, body)] = service.sent
    assert (sent_method, path, body) == (method, "/v2/nvcf/functions?x=1", b'{"name": "f"}')
    assert headers["authorization"] == "Bearer token"
    assert headers["x-mine"] == "yes"
    assert not {"host", "connection", "content-length"} & set(headers)
    assert (reply.status, reply.body, reply.headers["x-more"]) == (201, b"made", "1")
    assert "transfer-encoding" not in reply.headers


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
def test_who_does_not_have_the_token_gets_no_further(headers: dict[str, str]) -> None:
    service = Recorder()
    with relay(service, "token") as url:
        assert ask(url, "GET", "/", headers).status == 401
    assert service.sent == []


def test_a_service_that_is_down_is_an_answer_of_the_relay() -> None:
    with relay(Recorder(down=True), "token") as url:
        reply = ask(url, "GET", "/", TOKEN)
    assert reply.status == 502
    assert json.loads(reply.body)["detail"] == "the pod is gone"


def test_nothing_listens_afterwards() -> None:
    with relay(Recorder(), "token") as url:
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(url, "GET", "/", TOKEN)


def test_a_request_without_a_body_is_passed_on_without_one() -> None:
    service = Recorder()
    with relay(service, "token") as url:
        ask(url, "GET", "/", TOKEN)
        ask(url, "POST", "/", TOKEN, b"")
    assert [body for _method, _path, _headers, body in service.sent] == [None, None]


def test_who_is_refused_learns_why_and_not_what_the_token_is() -> None:
    with relay(Recorder(), "s3cret") as url:
        reply = ask(url, "GET", "/", {"Authorization": "Bearer other"})
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.document == {"status": 401, "detail": "the relay passes on requests with the test's own token only"}


@pytest.mark.parametrize("given", ["token", "bearer token", "Bearer  token", "Basic token", "Bearer tokens", "Bearer "])
def test_only_the_very_token_opens_the_relay(given: str) -> None:
    service = Recorder()
    with relay(service, "token") as url:
        assert ask(url, "GET", "/", {"Authorization": given}).status == 401
    assert service.sent == []


def test_after_a_refusal_the_same_connection_takes_the_next_request() -> None:
    service = Recorder()
    with relay(service, "token") as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        found = []
        for headers in ({}, TOKEN):
            connection.request("POST", "/", body=b"text", headers=headers)
            answer = connection.getresponse()
            found.append((answer.status, len(answer.read())))
        connection.close()
    assert [status for status, _length in found] == [401, 201]
    assert found[1] == (201, len(b"made"))
    assert [body for _method, _path, _headers, body in service.sent] == [b"text"]


def test_the_relay_uses_and_closes_its_own_connections_and_no_others() -> None:
    theirs = Closing(where="theirs")
    with relay(theirs, "token") as url:
        ask(url, "GET", "/", TOKEN)
        assert theirs.closed == []
    assert theirs.used == theirs.closed == ["own"]


def test_an_error_inside_the_block_ends_the_relay_too() -> None:
    urls: list[str] = []

    def fail() -> None:
        with relay(Recorder(), "token") as url:
            urls.append(url)
            raise RuntimeError("the program was ended")

    with pytest.raises(RuntimeError, match="the program was ended"):
        fail()
    with pytest.raises(ConnectionRefusedError):
        ask(urls[0], "GET", "/", TOKEN)


def test_two_requests_at_once_reach_the_service_one_after_the_other() -> None:
    at_work, most, both = 0, 0, threading.Barrier(2)

    class Slow(Recorder):
        def another(self) -> Self:
            return self

        def close(self) -> None:
            """Nothing is held open."""

        def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            time.sleep(0.05)
            at_work -= 1
            return super().send(method, path, headers=headers, body=body)

    service = Slow()
    statuses: list[int] = []

    def client(url: str) -> None:
        both.wait()
        statuses.append(ask(url, "GET", "/", TOKEN).status)

    with relay(service, "token") as url:
        clients = [threading.Thread(target=client, args=(url,)) for _unused in range(2)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
    assert statuses == [201, 201]
    assert most == 1


def test_nobody_but_this_machine_can_connect() -> None:
    with relay(Recorder(), "token") as url:
        assert urlsplit(url).hostname == "127.0.0.1"
