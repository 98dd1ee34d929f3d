# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One cluster over raw REST: what is sent, and what is told about each answer."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes import api_client
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import (
    METADATA_LIST,
    STRATEGIC_PATCH,
    Cluster,
    connect,
    path_of,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    InputError,
    KubernetesError,
    NvcfError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import (
    Answer,
    Request,
    Response,
    Server,
    proven,
    serving,
)


@contextmanager
def cluster_with(answer: Response | Answer, **params: Any) -> Iterator[tuple[Cluster, Server]]:
    def fixed(_request: Request) -> Response:
        assert isinstance(answer, Response)
        return answer

    with (
        proven(fixed if isinstance(answer, Response) else answer) as server,
        connect(
            ConnectionOptions(**{"host": server.url, "ca_cert": server.ca_file, "api_key": "t0ken", **params})
        ) as cluster,
    ):
        yield cluster, server


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


OK = Response(body={"kind": "Pod"})


@pytest.mark.parametrize(
    "parts,query,path",
    [
        pytest.param(("api/v1/namespaces", "nvcf", "pods"), {}, "/api/v1/namespaces/nvcf/pods", id="list"),
        pytest.param(("api", "a b"), {}, "/api/a%20b", id="blank"),
        pytest.param(("api", "a?b#c"), {}, "/api/a%3Fb%23c", id="signs of a URL"),
        pytest.param(("api", "../b/c"), {}, "/api/..%2Fb%2Fc", id="steps"),
        pytest.param(("api",), {"labelSelector": "a=b,c=d"}, "/api?labelSelector=a%3Db%2Cc%3Dd", id="query"),
    ],
)
def test_a_path_is_escaped(parts: tuple[str, ...], query: dict[str, str], path: str) -> None:
    assert path_of(*parts, **query) == path


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is not a valid name of a Kubernetes object"):
        path_of("api/v1/namespaces", name, "secrets")


def test_the_decoded_object_is_returned() -> None:
    with cluster_with(OK) as (cluster, server):
        assert cluster.request("GET", "/api/v1/a") == {"kind": "Pod"}
    assert server.asked == [("GET", "/api/v1/a")]


def test_an_empty_answer_is_an_empty_object() -> None:
    with cluster_with(Response(body=b"")) as (cluster, _server):
        assert cluster.request("DELETE", "/api/v1/a") == {}


def test_the_token_goes_into_the_header_and_nowhere_else() -> None:
    with cluster_with(OK) as (cluster, server):
        cluster.request("GET", "/api/v1/a", accept=METADATA_LIST)
    [request] = server.requests
    assert request.header("Authorization") == "Bearer t0ken"
    assert request.header("Accept") == METADATA_LIST
    assert "t0ken" not in request.target


def test_a_server_that_proves_nothing_is_sent_no_credential() -> None:
    with (
        serving(lambda _request: OK) as server,
        connect(ConnectionOptions(host=server.url, api_key="t0ken")) as cluster,
    ):
        cluster.request("GET", "/api/v1/a")
    assert server.requests[0].header("Authorization") is None


def test_impersonation_is_sent_with_every_group() -> None:
    with cluster_with(OK, impersonate_user="jane", impersonate_groups=["ops", "audit"]) as (cluster, server):
        cluster.request("GET", "/api/v1/a")
    assert server.requests[0].header("Impersonate-User") == "jane"
    assert server.requests[0].headers["impersonate-group"] == ["ops", "audit"]


@pytest.mark.parametrize("token", ["two\nlines", "snow\N{SNOWMAN}man"])
def test_a_token_that_is_no_header_is_told_without_the_token(token: str) -> None:
    with (
        cluster_with(OK, api_key=token) as (cluster, server),
        pytest.raises(ConnectionOptionsError, match="on one line") as caught,
    ):
        cluster.request("GET", "/api/v1/a")
    assert token not in str(caught.value)
    assert caught.value.__context__ is None
    assert server.requests == []


def test_a_patch_carries_its_kind_and_its_body() -> None:
    with cluster_with(OK) as (cluster, server):
        cluster.patch("/api/v1/a", {"spec": {}}, kind=STRATEGIC_PATCH)
    [request] = server.requests
    assert (request.method, request.header("Content-Type")) == ("PATCH", STRATEGIC_PATCH)
    assert json.loads(request.body) == {"spec": {}}


def test_what_is_not_there_is_found_to_be_none() -> None:
    with cluster_with(Response(status=404, body={"message": "gone"})) as (cluster, _server):
        assert cluster.find("/api/v1/a") is None


@pytest.mark.parametrize("status", [401, 403, 500])
def test_looking_for_something_is_no_excuse_for_another_error(status: int) -> None:
    with cluster_with(Response(status=status)) as (cluster, _server), pytest.raises(KubernetesError):
        cluster.find("/api/v1/a")


@pytest.mark.parametrize(
    "response,told",
    [
        pytest.param(
            Response(status=401, body={"message": "Unauthorized", "reason": "Unauthorized"}),
            "answered 401 Unauthorized: Unauthorized.*renew the token",
            id="unauthenticated",
        ),
        pytest.param(
            Response(status=403, body={"message": 'secrets is forbidden: User "x"', "reason": "Forbidden"}),
            'answered 403 Forbidden: secrets is forbidden: User "x".*lacks this permission',
            id="forbidden",
        ),
        pytest.param(Response(status=404, body={"message": "not found"}), "answered 404 : not found", id="absent"),
        pytest.param(Response(status=500, body={"message": "etcd"}), "answered 500 : etcd", id="server error"),
        pytest.param(Response(status=502, body=b"<html>Bad Gateway"), "answered 502 : <html>Bad Gateway", id="no JSON"),
        pytest.param(Response(status=502, body=["x"]), r'answered 502 : \["x"\]', id="no object"),
        pytest.param(Response(status=502, body=b"\xff\xfe"), "answered 502", id="no text"),
    ],
)
def test_a_refusal_tells_verb_path_answer_and_cure(response: Response, told: str) -> None:
    with cluster_with(response) as (cluster, server), pytest.raises(KubernetesError, match=told) as caught:
        cluster.request("GET", "/api/v1/a?labelSelector=x")
    assert str(caught.value).startswith("GET /api/v1/a was")
    assert caught.value.status == response.status
    assert caught.value.facts["server"] == server.url


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(Response(body=b"<html>please log in</html>"), id="a page of a proxy"),
        pytest.param(Response(status=302, headers={"Location": "/login"}, body=b""), id="a redirect"),
    ],
)
def test_an_answer_that_is_not_the_api_servers_is_told(response: Response) -> None:
    with cluster_with(response) as (cluster, _server), pytest.raises(KubernetesError):
        cluster.request("GET", "/api/v1/a")


def test_a_redirect_is_not_followed_because_the_token_would_go_along() -> None:
    with (
        cluster_with(Response(status=302, headers={"Location": "/login"}, body=b"")) as (cluster, server),
        pytest.raises(KubernetesError, match="whether a proxy answers instead"),
    ):
        cluster.request("GET", "/api/v1/a")
    assert server.asked == [("GET", "/api/v1/a")]


def test_an_api_server_that_is_away_is_told_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(KubernetesError, match="refused") as caught, connect(ConnectionOptions(host=url)) as cluster:
            cluster.request("GET", "/api")
    assert f"the API server {url} cannot be reached" in str(caught.value)
    assert caught.value.status == 0
    assert caught.value.cluster == url


def test_a_log_is_returned_as_it_came() -> None:
    with cluster_with(Response(body=b"line\n\xff")) as (cluster, server):
        assert cluster.raw("/log", accept="text/plain") == b"line\n\xff"
    assert server.requests[0].header("Accept") == "text/plain"


def test_every_error_inside_the_block_is_told_which_cluster_it_was() -> None:
    with pytest.raises(NvcfError) as caught, connect(ConnectionOptions(host="https://east-1", api_key="t")):
        raise NvcfError("broken", code=7)
    assert caught.value.result() == {
        "cluster": "https://east-1",
        "msg": "cluster https://east-1: broken.",
        "code": 7,
    }


def test_an_error_that_knows_its_cluster_keeps_it() -> None:
    error = NvcfError("broken")
    error.cluster = "west-1"
    with pytest.raises(NvcfError) as caught, connect(ConnectionOptions(host="https://east-1", api_key="t")):
        raise error
    assert caught.value.cluster == "west-1"


def test_a_missing_library_is_told_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_client, "KUBERNETES_IMPORT_ERROR", ImportError("No module named 'kubernetes'"))
    with (
        pytest.raises(ConnectionOptionsError, match="No module named 'kubernetes'"),
        connect(ConnectionOptions(kubeconfig="/gone")),
    ):
        pytest.fail("connected")


POD = {"kind": "Pod", "metadata": {"name": "a"}}
GARBLED = [
    pytest.param(b"{}", id="nothing"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="an array"),
    pytest.param(b'{"items": [{}]}', id="a list of nothing"),
    pytest.param(b'{"items": "none"}', id="no list"),
    pytest.param(b'{"items": [{"metadata": {"name": 1}}]}', id="a list of what has no name"),
    pytest.param(b'{"kind": "Pod", "metadata": {"name": "b"}}', id="another object"),
    pytest.param(b'{"kind": "Pod", "metadata"', id="cut short"),
    pytest.param(b"<html>Log in</html>", id="a page"),
]


BUSY = [*(Response(status=it) for it in (429, 500, 502, 503, 504)), Response(body=b"{}")]


@pytest.mark.parametrize("first", BUSY)
def test_what_the_api_server_can_not_answer_just_then_is_read_again(first: Response, pauses: list[float]) -> None:
    answers = [first, first, Response(body=POD)]
    with cluster_with(lambda _request: answers.pop(0)) as (cluster, server):
        assert cluster.get("/api/v1/a") == POD
    assert len(server.requests) == 3
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("body", GARBLED)
def test_what_no_api_server_answers_is_told_and_taken_for_nothing(body: bytes) -> None:
    told = r"GET /api/v1/a was answered with .*\. That is not the response of an API server"
    with cluster_with(Response(body=body)) as (cluster, _server), pytest.raises(KubernetesError, match=told):
        cluster.get("/api/v1/a?x=1")


@pytest.mark.parametrize(
    "body", [{"items": None}, {"items": [POD], "metadata": {}}, {"kind": "APIResourceList", "resources": []}]
)
def test_lists_and_what_an_api_server_says_of_itself_have_no_name(body: dict[str, Any]) -> None:
    with cluster_with(Response(body=body)) as (cluster, _server):
        assert cluster.get("/api/v1/a").get("items", []) == (body.get("items") or [])


@pytest.mark.parametrize("away", [Response(status=503), Response(body=b"{}"), None])
def test_an_api_server_that_is_away_is_waited_for_in_the_middle_of_a_change(
    away: Response | None, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    answers = [away] * 20 + [Response(body=POD)]

    def answer(_request: Request) -> Response:
        if (now := answers.pop(0)) is None:
            raise ConnectionAbortedError
        return now

    with cluster_with(answer, outage_timeout=60) as (cluster, _server):
        assert cluster.get("/api/v1/a") == POD


def test_an_api_server_that_stays_away_ends_the_wait(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    down = cluster_with(Response(status=503), outage_timeout=20)
    with down as (cluster, _server), pytest.raises(KubernetesError, match="503"):
        cluster.get("/api/v1/a")
    assert 20 <= sum(pauses) <= 22


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
@pytest.mark.parametrize("ready", [200, 404])
def test_an_answer_is_not_waited_for_twice(status: int, ready: int) -> None:
    def answer(request: Request) -> Response:
        return Response(status=ready if request.path == "/readyz" else status)

    with (
        cluster_with(answer, outage_timeout=60) as (cluster, server),
        pytest.raises(KubernetesError, match=str(status)),
    ):
        cluster.get("/api/v1/a")
    assert [path for _method, path in server.asked].count("/api/v1/a") == 1


@pytest.mark.parametrize(
    "ready,waited",
    [
        pytest.param(401, [0.5, 1.0], id="401"),
        pytest.param(403, [0.5, 1.0], id="403"),
        pytest.param(500, [0.5, 0.5], id="500"),
        pytest.param(503, [0.5, 0.5], id="503"),
        # Before each of these, urllib3 has asked again by itself.
        pytest.param(None, [0.4, 0.5, 0.4, 0.5], id="silence"),
    ],
)
def test_an_api_server_that_is_just_starting_may_refuse_what_it_allows(
    ready: int | None, waited: list[float], pauses: list[float]
) -> None:
    answers = [Response(status=403), Response(status=403), Response(body=POD)]

    def answer(request: Request) -> Response:
        if request.path != "/readyz":
            return answers.pop(0)
        if ready is None:
            raise ConnectionAbortedError
        return Response(status=ready)

    with cluster_with(answer) as (cluster, _server):
        assert cluster.get("/api/v1/a") == POD
    assert pauses == waited


@pytest.mark.parametrize("ready", [401, 403])
def test_who_one_is_is_not_asked_again_for_nothing(ready: int, pauses: list[float]) -> None:
    def answer(request: Request) -> Response:
        return Response(status=ready if request.path == "/readyz" else 401)

    with cluster_with(answer) as (cluster, _server), pytest.raises(KubernetesError, match="401"):
        cluster.get("/api/v1/a")
    assert pauses == []


@pytest.mark.parametrize("method", ["PATCH", "POST", "DELETE"])
def test_a_change_that_an_api_server_refused_while_it_was_starting_is_made_later(method: str) -> None:
    answers = [Response(status=403), Response(status=500), Response(body=POD)]
    with cluster_with(lambda _request: answers.pop(0)) as (cluster, server):
        assert cluster.request(method, "/api/v1/a", body={}) == POD
    assert server.asked == [(method, "/api/v1/a"), ("GET", "/readyz"), (method, "/api/v1/a")]


def test_an_api_server_that_does_not_say_whether_it_is_ready_is_believed_soon(pauses: list[float]) -> None:
    with cluster_with(Response(status=403)) as (cluster, _server), pytest.raises(KubernetesError, match="403"):
        cluster.get("/api/v1/a")
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("patience", [0, 20])
def test_an_api_server_that_never_gets_ready_is_believed_in_the_end(
    patience: int, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))

    def answer(request: Request) -> Response:
        return Response(status=500 if request.path == "/readyz" else 403)

    starting = cluster_with(answer, outage_timeout=patience)
    with starting as (cluster, _server), pytest.raises(KubernetesError, match="403"):
        cluster.get("/api/v1/a")
    assert sum(pauses) == patience + 10


def put_off(status: int, seconds: str = "1") -> Response:
    return Response(status=status, headers={"Retry-After": seconds}, body={"message": "too many requests"})


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_server_that_asks_for_patience_gets_it(status: int, pauses: list[float]) -> None:
    answers = [put_off(status, "3"), put_off(status, "2"), Response(body=POD)]
    with cluster_with(lambda _request: answers.pop(0)) as (cluster, _server):
        assert cluster.get("/api/v1/a") == POD
    assert pauses == [3.0, 2.0]


def test_a_change_that_was_put_off_is_repeated_as_it_was(pauses: list[float]) -> None:
    answers = [put_off(429), Response(body=POD)]
    with cluster_with(lambda _request: answers.pop(0)) as (cluster, server):
        assert cluster.patch("/api/v1/a", {"spec": {}}) == POD
    first, second = server.requests
    assert (first.method, first.body) == (second.method, second.body) == ("PATCH", b'{"spec": {}}')
    assert pauses == [1.0]


def test_a_change_that_may_have_been_made_is_not_repeated() -> None:
    with cluster_with(put_off(503)) as (cluster, server), pytest.raises(KubernetesError, match="503"):
        cluster.patch("/api/v1/a", {"spec": {}})
    assert len(server.requests) == 1


@pytest.mark.parametrize("seconds", ["1", "7", "3600"])
def test_an_api_server_that_stays_overloaded_is_told_within_about_a_minute(
    seconds: str, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    told = r"answered 429 : too many requests\. The API server is overloaded"
    with cluster_with(put_off(429, seconds)) as (cluster, server), pytest.raises(KubernetesError, match=told):
        cluster.get("/api/v1/a")
    assert sum(pauses) <= 62
    assert len(server.requests) <= 33


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_what_changes_something_is_sent_once(method: str) -> None:
    with cluster_with(Response(status=503)) as (cluster, server), pytest.raises(KubernetesError):
        cluster.request(method, "/api/v1/a", body={})
    assert len(server.requests) == 1
