# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a program sends to the relay is what the service gets, and the other way round."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf import cli_relay
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
            raise NvcfApiError("the pod no longer exists")
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
    assert json.loads(reply.body)["detail"] == "the pod no longer exists"


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


def raw(url: str, text: str) -> bytes:
    """What the relay answers to a request that is written out, of which nothing follows."""
    with socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "head,status",
    [
        pytest.param("Content-Length: 99999999", 401, id="without the token its body is not waited for"),
        pytest.param("Authorization: Bearer token\nContent-Length: 1048577", 413, id="too large"),
        pytest.param(f"Authorization: Bearer token\nContent-Length: {'9' * 5000}", 413, id="absurdly large"),
        pytest.param("Authorization: Bearer token\nContent-Length: -1", 400, id="negative"),
        pytest.param("Authorization: Bearer token\nContent-Length: many", 400, id="no number"),
        pytest.param("Authorization: Bearer token\nContent-Length:", 400, id="empty"),
        pytest.param("Authorization: Bearer token\nContent-Length: 1\nContent-Length: 2", 400, id="two lengths"),
        pytest.param("Authorization: Bearer token\nTransfer-Encoding: chunked", 411, id="of no length"),
        pytest.param("Authorization: B\N{LATIN SMALL LETTER E WITH ACUTE}arer token", 401, id="token is not an ASCII"),
    ],
)
def test_a_request_that_is_refused_by_its_head_is_not_read_and_ends_its_connection(head: str, status: int) -> None:
    service = Recorder()
    with relay(service, "token") as url:
        answer = raw(url, f"POST / HTTP/1.1\nHost: {urlsplit(url).netloc}\n{head}\n\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert service.sent == []


@pytest.mark.parametrize(
    "target,host", [("/", "evil.example"), ("/", "localhost"), ("http://evil.example/", ""), ("@evil.example/", "")]
)
def test_the_relay_answers_under_its_own_address_only(target: str, host: str) -> None:
    service = Recorder()
    with relay(service, "token") as url:
        where = host or urlsplit(url).netloc
        answer = raw(url, f"GET {target} HTTP/1.1\nHost: {where}\nAuthorization: Bearer token\n\n")
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert service.sent == []


def test_a_client_that_says_nothing_more_is_in_nobodys_way_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_relay._Handler, "timeout", 0.3)
    service = Recorder()
    with relay(service, "token") as url:
        slow = f"POST / HTTP/1.1\nHost: {urlsplit(url).netloc}\nAuthorization: Bearer token\nContent-Length: 5\n\nab"
        with ThreadPoolExecutor() as pool:
            silent = pool.submit(raw, url, slow)
            assert ask(url, "GET", "/", TOKEN).status == 201
            assert silent.result() == b""
    assert [method for method, _path, _headers, _body in service.sent] == ["GET"]


def test_headers_of_one_connection_and_compression_stay_on_it() -> None:
    service = Recorder()
    mine = {"Connection": "X-Hop, keep-alive", "X-Hop": "1", "TE": "gzip", "Upgrade": "h2c", "Accept-Encoding": "gzip"}
    with relay(service, "token") as url:
        ask(url, "GET", "/", TOKEN | mine)
    [(_method, _path, headers, _body)] = service.sent
    assert set(headers) == {"authorization"}


def test_a_connection_takes_one_request_after_the_other() -> None:
    service = Recorder()
    with relay(service, "token") as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        for _unused in range(2):
            connection.request("POST", "/", body=b"text", headers=TOKEN)
            answer = connection.getresponse()
            assert (answer.status, answer.read(), answer.will_close) == (201, b"made", False)
        connection.close()


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
