# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""An HTTP service at a URL."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.connection import Route
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.tls import trusting
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.transport import UrlService
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    NoAnswerError,
    NvcfApiError,
    NvcfError,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import LOST
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, reply, serving


def service(
    url: str,
    *,
    ca_cert: str | None = None,
    validate_certs: bool = True,
    host_header: str | None = None,
    timeout: float = 5,
) -> UrlService:
    tls = trusting(Path(ca_cert).read_bytes() if ca_cert else None, verify=validate_certs)
    route = Route(server=url.rstrip("/"), tls=tls if url.startswith("https:") else None)
    return UrlService(route, host_header=host_header, timeout=timeout)


def echo(request: Request) -> Response:
    answer = {"target": request.target, "host": request.header("Host"), "body": request.body.decode()}
    return Response(body=answer, headers={"X-Answer": "yes"})


def test_a_request_goes_below_the_url_and_its_answer_comes_back() -> None:
    with serving(echo) as server:
        found = service(f"{server.url}/prefix/").send("POST", "/v2", headers={"X": "y"}, body=b"text")
        [request] = server.requests
    assert found.status == 200
    assert found.document["target"] == "/prefix/v2"
    assert found.document["body"] == "text"
    assert found.headers["x-answer"] == "yes"
    assert request.header("X") == "y"


def test_a_gateway_is_told_the_host_that_it_routes_by() -> None:
    with serving(echo) as server:
        found = service(server.url, host_header="api.nvcf.example.com").send("GET", "/", headers={})
    assert found.document["host"] == "api.nvcf.example.com"


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
def test_any_answer_is_an_answer_and_is_asked_for_once(status: int) -> None:
    with serving(lambda _request: Response(status=status, headers={"Location": "/elsewhere"})) as server:
        assert service(server.url).send("POST", "/", headers={}).status == status
        assert len(server.requests) == 1


def test_an_answer_that_breaks_off_is_told_and_not_asked_for_again() -> None:
    with serving(lambda _request: LOST) as server:
        with pytest.raises(NvcfApiError, match="cannot be reached"):
            service(server.url).send("POST", "/", headers={})
        assert len(server.requests) == 1


def test_a_service_that_is_away_is_told_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NvcfApiError, match=f"the NVCF API at {url} cannot be reached"):
            service(url).send("GET", "/", headers={})


@pytest.mark.parametrize("url", ["https://", "http://[::1", "ftp://example.com"])
def test_a_url_that_leads_nowhere_is_told(url: str) -> None:
    with pytest.raises(NvcfApiError, match="Check api_url"):
        service(url).send("GET", "/", headers={})


@pytest.mark.parametrize("token", ["two\nlines", "snow\N{SNOWMAN}man"])
def test_a_token_that_is_no_header_is_told_without_the_token(token: str) -> None:
    with serving(echo) as server, pytest.raises(NvcfError) as caught:
        service(server.url).send("GET", "/", headers={"Authorization": f"Bearer {token}"})
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    "headers,host,timeout,told",
    [
        pytest.param({"Authorization": "Bearer a\nb"}, None, 5, "the token contains", id="token"),
        pytest.param({"Authorization": "Bearer a"}, "a\nb", 5, "api_host_header contains", id="host"),
        pytest.param({"X-Other": "\N{SNOWMAN}"}, None, 5, "X-Other contains", id="another header"),
        pytest.param({}, None, -1, "timeout", id="no time"),
    ],
)
def test_a_request_that_can_not_be_built_names_what_is_wrong_with_it(
    headers: dict[str, str], host: str | None, timeout: float, told: str
) -> None:
    found = UrlService(Route(server="http://127.0.0.1:1", tls=None), host_header=host, timeout=timeout)
    with pytest.raises(NoAnswerError, match=f"could not be built: .*{told}") as caught:
        found.send("GET", "/", headers=headers)
    assert ("token" in str(caught.value)) is (told == "the token contains")
    assert (caught.value.sent, caught.value.lasting) == (False, True)


def test_a_certificate_is_verified_against_the_authority_that_is_given(tmp_path: Path) -> None:
    pair = Authority.create(tmp_path, "unit tests").server("server", "api")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with serving(echo, tls=context) as server:
        trusted = service(server.url, ca_cert=str(tmp_path / "ca.crt"))
        assert trusted.send("GET", "/", headers={}).status == 200
        with pytest.raises(NvcfApiError, match="certificate verify failed"):
            service(server.url).send("GET", "/", headers={})
        with pytest.warns(match="Unverified HTTPS request"):
            assert service(server.url, validate_certs=False).send("GET", "/", headers={}).status == 200


@pytest.mark.parametrize("body,document", [(b'{"a": 1}', {"a": 1}), (b"", None), (b"<html>", None), (b"\xff", None)])
def test_a_body_that_is_no_json_has_no_document(body: bytes, document: object) -> None:
    assert reply(200, body=body).document == document


def test_neither_headers_nor_body_show_in_a_replys_repr() -> None:
    assert "canary" not in repr(reply(200, body=b"canary", set_cookie="canary"))


def refused(found: UrlService, **sent: Any) -> NoAnswerError:
    with pytest.raises(NoAnswerError) as caught:
        found.send("POST", "/", headers={}, **sent)
    return caught.value


def test_what_never_got_a_connection_was_not_sent_and_may_be_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = refused(service(f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert (error.sent, error.lasting) == (False, False)


def test_what_broke_off_may_have_been_acted_on() -> None:
    with serving(lambda _request: LOST) as server:
        error = refused(service(server.url))
    assert (error.sent, error.lasting) == (True, False)


def test_what_is_not_answered_in_time_may_have_been_acted_on() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = refused(service(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2))
    assert (error.sent, error.lasting) == (True, False)
    assert "timed out" in str(error)


def test_a_certificate_that_is_not_trusted_was_sent_nothing_and_will_not_be_trusted_later(tmp_path: Path) -> None:
    pair = Authority.create(tmp_path, "unit tests").server("server", "api")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with serving(echo, tls=context) as server:
        error = refused(service(server.url))
    assert (error.sent, error.lasting) == (False, True)


def test_a_token_that_is_no_header_will_not_be_one_later() -> None:
    with serving(echo) as server:
        with pytest.raises(NoAnswerError) as caught:
            service(server.url).send("GET", "/", headers={"Authorization": "two\nlines"})
        assert server.requests == []
    assert (caught.value.sent, caught.value.lasting) == (False, True)


def test_another_connection_is_made_with_the_same_settings(tmp_path: Path) -> None:
    pair = Authority.create(tmp_path, "unit tests").server("server", "api")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with serving(echo, tls=context) as server:
        url = f"{server.url}/prefix/"
        first = service(url, ca_cert=str(tmp_path / "ca.crt"), host_header="api.nvcf.example.com")
        other = first.another()
        first.close()
        found = other.send("GET", "/v2", headers={})
    assert found.document["host"] == "api.nvcf.example.com"
    assert found.document["target"] == "/prefix/v2"
    assert other.where == first.where == url.rstrip("/")


def test_another_connection_to_a_server_without_a_trusted_certificate_is_as_careless(tmp_path: Path) -> None:
    pair = Authority.create(tmp_path, "unit tests").server("server", "api")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with serving(echo, tls=context) as server, pytest.warns(match="Unverified HTTPS request"):
        assert service(server.url, validate_certs=False).another().send("GET", "/", headers={}).status == 200


def test_another_connection_waits_no_longer_than_the_first_one() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        first = service(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        assert "read timeout=0.2" in str(refused(first.another()))


def test_without_a_host_of_its_own_the_url_names_it() -> None:
    with serving(echo) as server:
        found = service(server.url).send("GET", "/", headers={})
    assert found.document["host"] == server.url.removeprefix("http://")


def test_a_service_may_be_asked_again_after_it_was_closed() -> None:
    with serving(echo) as server:
        found = service(server.url)
        assert found.send("GET", "/", headers={}).status == 200
        found.close()
        found.close()
        assert found.send("GET", "/", headers={}).status == 200


def test_a_query_and_bytes_that_are_no_text_pass_as_they_are() -> None:
    body = bytes(range(256))
    with serving(lambda request: Response(body=request.body)) as server:
        found = service(server.url).send("PUT", "/v2?a=%2F&b=", headers={}, body=body)
        [request] = server.requests
    assert (request.method, request.target) == ("PUT", "/v2?a=%2F&b=")
    assert found.body == body
