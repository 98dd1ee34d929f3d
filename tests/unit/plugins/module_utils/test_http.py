# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""An HTTP service at a URL."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import NvcfApiError, NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._http import UrlService
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import LOST
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, reply, serving


def service(url: str, **changes: Any) -> UrlService:
    given: dict[str, Any] = {"host_header": None, "ca_cert": None, "validate_certs": True, "timeout": 5}
    return UrlService(url, **given | changes)


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
        with pytest.raises(NvcfApiError, match="can't be reached"):
            service(server.url).send("POST", "/", headers={})
        assert len(server.requests) == 1


def test_a_service_that_is_away_is_told_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NvcfApiError, match=f"the NVCF API at {url} can't be reached"):
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


def test_an_authority_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NvcfApiError):
        service("https://127.0.0.1:1", ca_cert=str(tmp_path / "gone")).send("GET", "/", headers={})


@pytest.mark.parametrize("body,document", [(b'{"a": 1}', {"a": 1}), (b"", None), (b"<html>", None), (b"\xff", None)])
def test_a_body_that_is_no_json_has_no_document(body: bytes, document: object) -> None:
    assert reply(200, body=body).document == document


def test_neither_headers_nor_body_show_in_a_replys_repr() -> None:
    assert "canary" not in repr(reply(200, body=b"canary", set_cookie="canary"))
