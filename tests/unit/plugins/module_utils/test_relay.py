# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a program sends to the relay is what the service gets, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import NvcfApiError
from ansible_collections.fleetops.nvcf.plugins.module_utils._http import Reply
from ansible_collections.fleetops.nvcf.plugins.module_utils._relay import relay

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
