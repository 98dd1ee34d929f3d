# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""HTTP through a port-forward."""

from __future__ import annotations

import http.client
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf import port_forward
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.port_forward import ForwardedService
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    KubernetesError,
    NoAnswerError,
    NvcfApiError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import Interrupted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.forwarding import Forwarding
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import LOST
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving


@pytest.fixture
def forwarding(monkeypatch: pytest.MonkeyPatch) -> Forwarding:
    return Forwarding().install(monkeypatch)


@contextmanager
def pod_port(*, pods: Callable[[], Sequence[str]] | None = None, **params: Any) -> Iterator[ForwardedService]:
    """Port 8080 of a pod in the cluster that `params` lead to."""
    with connect(ConnectionOptions(**{"host": "https://east-1:6443", "api_key": "k8s", **params})) as cluster:
        service = ForwardedService(cluster, namespace="nvcf", pod="api-1", port=8080, timeout=5, serving=pods)
        with closing(service):
            yield service


def whoami(request: Request) -> Response:
    return Response(body={"authorization": request.header("Authorization"), "body": request.body.decode()})


def test_a_request_reaches_the_pod_with_its_authorization(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        reply = service.send("POST", "/v2", headers={"Authorization": "Bearer nvcf"}, body=b"text")
    assert reply.status == 200
    assert reply.document == {"authorization": "Bearer nvcf", "body": "text"}
    assert "server" in reply.headers


@pytest.mark.parametrize("token", ["two\nlines", "snow\N{SNOWMAN}man"])
def test_a_token_that_is_no_header_is_told_without_the_token(forwarding: Forwarding, token: str) -> None:
    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        with pytest.raises(NvcfApiError, match="on one line") as caught:
            service.send("GET", "/", headers={"Authorization": f"Bearer {token}"})
        assert token not in str(caught.value)
        assert service.send("GET", "/", headers={}).status == 200


def test_a_connection_that_the_server_ends_is_made_again(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        assert [service.send("GET", "/", headers={}).status for _unused in range(2)] == [200, 200]
        assert len(server.requests) == 2
    assert len(forwarding.opened) == forwarding.closed == 2


def test_an_answer_that_breaks_off_is_told_in_the_api_servers_words(forwarding: Forwarding) -> None:
    forwarding.told = "lost connection to pod"
    with serving(lambda _request: LOST) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        with pytest.raises(NvcfApiError, match=r"pod nvcf/api-1 port 8080 broke: lost connection to pod\."):
            service.send("GET", "/", headers={})
    assert forwarding.closed == 1


def test_the_next_request_after_an_interrupted_one_is_answered(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_connection: http.client.HTTPConnection) -> None:
        raise Interrupted(signal.SIGTERM)

    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(http.client.HTTPConnection, "getresponse", interrupted)
            with pytest.raises(Interrupted):
                service.send("POST", "/", headers={})
        assert service.send("GET", "/", headers={}).status == 200


def test_another_connection_to_the_pod_is_in_nobodys_way(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        service.send("GET", "/", headers={})
        with closing(service.another()) as other:
            assert other.send("GET", "/", headers={}).status == 200
    assert len(forwarding.opened) == 2


AWAY = KubernetesError("the API server https://east-1 cannot be reached: timed out.", status=0)


def refused(status: int, words: str = "") -> KubernetesError:
    error = KubernetesError(f"GET /api was answered {status} : {words}.", status=status)
    error.words = words
    return error


@pytest.mark.parametrize(
    "refusal,told",
    [
        pytest.param(refused(403), "pods/portforward", id="forbidden"),
        pytest.param(refused(404), "the pod no longer exists", id="no pod"),
        pytest.param(
            refused(500, "etcd"),
            r"answered 500 : etcd\. If the NVCF API has an address that this machine reaches",
            id="other",
        ),
        pytest.param(AWAY, "cannot be reached: timed out", id="away"),
    ],
)
def test_a_forward_that_can_not_be_had_is_told_with_what_to_do(
    forwarding: Forwarding, refusal: Exception, told: str
) -> None:
    forwarding.refusal = refusal
    with pod_port() as service, pytest.raises(NvcfApiError, match=told) as caught:
        service.send("GET", "/", headers={})
    assert "port-forward to pod nvcf/api-1 port 8080 failed" in str(caught.value)


def no_forward(forwarding: Forwarding, refusal: Exception) -> NoAnswerError:
    forwarding.refusal = refusal
    with pod_port() as service, pytest.raises(NoAnswerError) as caught:
        service.send("POST", "/", headers={})
    return caught.value


@pytest.mark.parametrize(
    "refusal,lasting",
    [(refused(401), True), (refused(403), True), (refused(404), True), (refused(500), False), (AWAY, False)],
)
def test_without_a_forward_nothing_was_sent_and_only_a_refusal_or_a_missing_pod_lasts(
    forwarding: Forwarding, refusal: Exception, *, lasting: bool
) -> None:
    error = no_forward(forwarding, refusal)
    assert (error.sent, error.lasting) == (False, lasting)


def test_a_missing_right_is_told_in_the_api_servers_own_words(forwarding: Forwarding) -> None:
    words = 'pods "api-1" is forbidden: User "jane" cannot get resource "pods/portforward"'
    error = no_forward(forwarding, refused(403, words))
    assert str(error).endswith(f"failed: {words}. Grant this permission, or set api_url to an address of the NVCF API.")


@pytest.mark.parametrize("words", ["", "<html>", "no"])
def test_a_refusal_without_words_about_the_right_is_told_with_the_right_that_lacks(
    forwarding: Forwarding, words: str
) -> None:
    error = no_forward(forwarding, refused(403, words))
    right = (
        'the task\'s Kubernetes user cannot create resource "pods/portforward" in API group "" in the namespace "nvcf"'
    )
    assert f"{right}. Grant this permission, or set api_url to an address of the NVCF API." in str(error)


def test_what_broke_off_may_have_been_acted_on(forwarding: Forwarding) -> None:
    with serving(lambda _request: LOST) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        with pytest.raises(
            NoAnswerError, match=r"port 8080 broke: IncompleteRead.*Check whether the pod still exists\."
        ) as caught:
            service.send("POST", "/", headers={})
    assert (caught.value.sent, caught.value.lasting) == (True, False)


def test_a_token_that_is_no_header_was_not_sent_and_will_not_be_one_later(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port() as service:
        forwarding.routes["api-1:8080"] = server.url
        with pytest.raises(NoAnswerError) as caught:
            service.send("GET", "/", headers={"Authorization": "two\nlines"})
        assert server.requests == []
    assert (caught.value.sent, caught.value.lasting) == (False, True)


def test_a_closed_forward_may_be_closed_again_and_is_opened_by_the_next_request(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port() as service:
        service.close()
        assert forwarding.closed == 0
        forwarding.routes["api-1:8080"] = server.url
        for _unused in range(2):
            assert service.send("GET", "/", headers={}).status == 200
            service.close()
            service.close()
    assert len(forwarding.opened) == forwarding.closed == 2


def test_another_forward_leads_to_the_same_port_of_the_same_pod(forwarding: Forwarding) -> None:
    with pod_port() as service:
        other = service.another()
        assert other.where == service.where == "pod nvcf/api-1 port 8080"
        forwarding.refusal = AWAY
        for one in (service, other):
            with pytest.raises(NoAnswerError):
                one.send("GET", "/", headers={})
    assert forwarding.opened == ["/api/v1/namespaces/nvcf/pods/api-1/portforward?ports=8080"] * 2


GONE = refused(404)
NOT_RUNNING = refused(500, "unable to upgrade: pod not running")


@pytest.mark.parametrize("refusal", [GONE, NOT_RUNNING])
def test_a_request_to_a_pod_that_is_gone_goes_to_one_that_serves(forwarding: Forwarding, refusal: Exception) -> None:
    forwarding.refusals["api-1:8080"] = refusal
    with serving(whoami) as server, pod_port(pods=lambda: ["api-1", "api-2"]) as service:
        forwarding.routes["api-2:8080"] = server.url
        assert service.send("POST", "/", headers={}).status == 200
        assert service.where == "pod nvcf/api-2 port 8080"
        with closing(service.another()) as other:
            assert other.send("GET", "/", headers={}).status == 200
    assert len(server.requests) == 2


def test_a_pod_that_serves_a_moment_later_is_waited_for(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    forwarding.refusals["api-1:8080"] = GONE
    looks: list[list[str]] = [[], [], ["api-2"]]
    with serving(whoami) as server, pod_port(pods=lambda: looks.pop(0)) as service:
        forwarding.routes["api-2:8080"] = server.url
        assert service.send("POST", "/", headers={}).status == 200


@pytest.mark.parametrize("serving_now", [["api-1"], ["api-1", "api-2"]])
def test_where_no_pod_can_be_reached_each_was_tried_once(forwarding: Forwarding, serving_now: list[str]) -> None:
    forwarding.refusal = NOT_RUNNING
    with pod_port(pods=lambda: serving_now) as service, pytest.raises(NoAnswerError) as caught:
        service.send("POST", "/", headers={})
    assert len(forwarding.opened) == len(serving_now)
    assert caught.value.sent is False


def test_no_other_pod_is_tried_without_the_right_to(forwarding: Forwarding) -> None:
    forwarding.refusal = refused(403)
    with pod_port(pods=lambda: ["api-2"]) as service, pytest.raises(NoAnswerError, match="Grant this permission"):
        service.send("POST", "/", headers={})
    assert len(forwarding.opened) == 1


def test_a_look_at_the_pods_that_fails_does_not_hide_why_there_is_no_connection(
    forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[str]:
        raise KubernetesError("the API server is away", status=0)

    forwarding.refusal = AWAY
    monkeypatch.setattr(port_forward, "PAUSE_SECONDS", 9)
    with pod_port(pods=fail) as service, pytest.raises(NoAnswerError, match="timed out"):
        service.send("GET", "/", headers={})


def test_after_an_answer_that_broke_off_the_next_request_goes_to_a_pod_that_serves(forwarding: Forwarding) -> None:
    with (
        serving(lambda _request: LOST) as ending,
        serving(whoami) as server,
        pod_port(pods=lambda: ["api-2"]) as service,
    ):
        forwarding.routes |= {"api-1:8080": ending.url, "api-2:8080": server.url}
        with pytest.raises(NoAnswerError) as caught:
            service.send("POST", "/", headers={})
        assert caught.value.sent, "what may have been acted on is not sent again"
        assert server.requests == []
        assert service.send("GET", "/", headers={}).status == 200


def test_nothing_is_sent_into_a_connection_that_has_ended_meanwhile(forwarding: Forwarding) -> None:
    with serving(whoami) as server, pod_port(pods=lambda: ["api-2"]) as service:
        with socket.create_server(("127.0.0.1", 0)) as ending:
            forwarding.routes["api-1:8080"] = f"http://127.0.0.1:{ending.getsockname()[1]}"
            forwarding.routes["api-2:8080"] = server.url
            answered = threading.Thread(target=answer_and_end, args=(ending,))
            answered.start()
            assert service.send("GET", "/", headers={}).body == b"ok"
            answered.join()
        assert service.send("POST", "/", headers={}).status == 200
        assert [request.method for request in server.requests] == ["POST"]


def answer_and_end(server: socket.socket) -> None:
    """One answer that promises to go on, and the end."""
    connection, _address = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
