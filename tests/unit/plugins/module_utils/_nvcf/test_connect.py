# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""From options to the NVCF API of a cluster and a token for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf import token_issuer
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.client import NvcfApi
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.connect import reach_api
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    InputError,
    KubernetesError,
    NvcfApiError,
    NvcfError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import options_of, pod_object
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import cluster_objects
from ansible_collections.fleetops.nvcf.tests.unit.plugins.forwarding import Forwarding
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import NvcfFake, refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving

ISSUER_PODS = "/api/v1/namespaces/api-keys/pods"
SERVICE = "/api/v1/namespaces/api-keys/services/admin-token-issuer-proxy"
TOKEN = Response(body={"id": "1", "value": "minted", "expires_at": "2026-11-24T00:00:00Z"})


def issuer_pod(name: str = "issuer-1", **changes: Any) -> dict[str, Any]:
    pod = pod_object(name, **changes)
    pod["metadata"]["labels"] = {"app": "issuer"}
    pod["spec"]["containers"] = [{"name": "issuer", "ports": [{"name": "http", "containerPort": 9000}]}]
    return pod


def issuer(**port: Any) -> dict[str, Any]:
    """The token issuer's Service and pod."""
    spec = {"selector": {"app": "issuer"}, "ports": [{"port": 8080, **port}]}
    return {
        SERVICE: {"metadata": {"name": "admin-token-issuer-proxy"}, "spec": spec},
        f"{ISSUER_PODS}/issuer-1": issuer_pod(),
    }


class Clock:
    """The time module of the issuer's client. Only pauses take time; what happens in one is up to the test."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


class World:
    """A cluster with an API pod and a token issuer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kubernetes = KubernetesFake(cluster_objects({}) | issuer(targetPort=9000))
        self.nvcf = NvcfFake()
        self.token = TOKEN
        self.cold: list[Response] = []
        """What the issuer answers first."""
        self.issued: list[Request] = []
        self.forwarding = Forwarding().install(monkeypatch)
        self.clock = Clock()
        monkeypatch.setattr(token_issuer, "time", self.clock)

    def issue(self, request: Request) -> Response:
        self.issued.append(request)
        return self.cold.pop(0) if self.cold else self.token

    @contextmanager
    def reach(self, *, by_url: bool = False, **given: Any) -> Iterator[NvcfApi]:
        with serving(self.kubernetes) as kubernetes, serving(self.nvcf) as nvcf, serving(self.issue) as issuing:
            self.forwarding.routes |= {
                "api-1:8080": nvcf.url,
                "issuer-1:9000": issuing.url,
                "issuer-1:8080": issuing.url,
            }
            url = {"api_url": nvcf.url} if by_url else {}
            options = options_of(OPERATION, host=kubernetes.url, image="ghcr.io/a/b:1", **url, **given)
            with ExitStack() as stack:
                yield stack.enter_context(reach_api(options.connection, options.release, options.api))

    def refused(self, **given: Any) -> NvcfError:
        with pytest.raises(NvcfError) as caught, self.reach(**given):
            pytest.fail("reached")
        return caught.value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_with_url_and_token_no_cluster_is_asked(world: World) -> None:
    with world.reach(by_url=True, token="given") as api:
        assert api.functions() == []
    assert world.nvcf.tokens == {"Bearer given"}
    assert world.forwarding.opened == []
    assert world.issued == []


def test_a_token_file_is_read_without_the_line_break_at_its_end(world: World, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("from-a-file\n", encoding="utf-8")
    with world.reach(by_url=True, token_file=str(path)) as api:
        api.functions()
    assert world.nvcf.tokens == {"Bearer from-a-file"}


@pytest.mark.parametrize(
    "content,told", [(None, "cannot be read: No such file"), ("", "is empty"), (" \n", "is empty")]
)
def test_a_token_file_without_a_token_is_told(world: World, tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    error = world.refused(by_url=True, token_file=str(path))
    assert isinstance(error, InputError)
    assert f"token_file {path} {told}" in str(error)


def test_a_token_file_that_is_no_text_is_told_without_what_is_in_it(world: World, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"canary\xff\xfe")
    error = world.refused(by_url=True, token_file=str(path))
    assert str(error) == f"token_file {path} cannot be read: it is not UTF-8 text."
    assert error.__suppress_context__, "Python's own error holds the bytes"


def test_a_token_file_below_the_home_of_an_unknown_user_is_told(world: World) -> None:
    error = world.refused(by_url=True, token_file="~no-such-user/token")
    assert str(error) == "token_file ~no-such-user/token cannot be read: No such file or directory."


def test_a_token_file_may_be_below_the_users_own_home(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("from-home", encoding="utf-8")
    with world.reach(by_url=True, token_file="~/token") as api:
        assert api.token == "from-home"


def test_without_a_token_one_is_minted_in_the_cluster(world: World) -> None:
    with world.reach(by_url=True) as api:
        api.functions()
    assert world.nvcf.tokens == {"Bearer minted"}
    [request] = world.issued
    assert (request.method, request.path, request.body) == ("POST", "/v1/admin/keys", b"{}")
    assert request.header("Authorization") is None


def test_without_a_url_the_api_is_reached_in_its_newest_ready_pod(world: World) -> None:
    pods = "/api/v1/namespaces/nvcf/pods"
    for name, owner in (("api-0", "old"), ("api-00", "new")):
        pod = pod_object(name, owner=owner, ready=owner == "old")
        pod["metadata"]["labels"] = {"app": "api"}
        world.kubernetes.objects[f"{pods}/{name}"] = pod
    with world.reach(token="given") as api:
        assert api.functions() == []
        assert api.service.where == "pod nvcf/api-1 port 8080"
    assert world.forwarding.closed == len(world.forwarding.opened) == 1


def test_a_pod_that_is_replaced_meanwhile_is_followed_to_the_one_that_serves_then(world: World) -> None:
    with world.reach(token="given") as api:
        pods = world.kubernetes.objects
        successor = pod_object("api-2")
        successor["metadata"]["labels"] = pods["/api/v1/namespaces/nvcf/pods/api-1"]["metadata"]["labels"]
        del pods["/api/v1/namespaces/nvcf/pods/api-1"]
        pods["/api/v1/namespaces/nvcf/pods/api-2"] = successor
        world.forwarding.routes["api-2:8080"] = world.forwarding.routes["api-1:8080"]
        world.forwarding.refusals["api-1:8080"] = KubernetesError("x", status=404)
        assert api.functions() == []
        assert api.service.where == "pod nvcf/api-2 port 8080"


def test_an_api_without_a_ready_pod_is_told(world: World) -> None:
    world.kubernetes.objects["/api/v1/namespaces/nvcf/pods/api-1"]["status"]["conditions"] = []
    error = world.refused(token="given")
    assert "no pod of Deployment nvcf/nvcf-api is ready" in str(error)
    assert error.cluster is not None


@pytest.mark.parametrize(
    "port,target",
    [
        pytest.param({"targetPort": 9000}, 9000, id="number"),
        pytest.param({"targetPort": "http"}, 9000, id="name"),
        pytest.param({}, 8080, id="none"),
        pytest.param({"targetPort": "other"}, 8080, id="name that no container has"),
    ],
)
def test_the_issuers_port_is_the_one_behind_its_service(world: World, port: dict[str, Any], target: int) -> None:
    world.kubernetes.objects |= issuer(**port)
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert world.forwarding.opened[0].endswith(f"/pods/issuer-1/portforward?ports={target}")


@pytest.mark.parametrize(
    "ports,target",
    [
        pytest.param([("metrics", 9464), ("http", 9000)], 9000, id="http is last"),
        pytest.param([("http", 9000), ("metrics", 9464)], 9000, id="http is first"),
        pytest.param([("web", 9000), ("metrics", 9464)], 9000, id="none is http"),
    ],
)
def test_of_several_ports_the_one_named_http_is_the_issuers(
    world: World, ports: list[tuple[str, int]], target: int
) -> None:
    spec = world.kubernetes.objects[SERVICE]["spec"]
    spec["ports"] = [{"name": name, "port": number, "targetPort": number} for name, number in ports]
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert world.forwarding.opened[0].endswith(f"/pods/issuer-1/portforward?ports={target}")


def test_a_missing_issuer_is_told_with_the_options_that_name_it(world: World) -> None:
    del world.kubernetes.objects[SERVICE]
    assert "no Service api-keys/admin-token-issuer-proxy" in str(world.refused(by_url=True))
    assert "no Service keys/issuer" in str(
        world.refused(by_url=True, api_keys_namespace="keys", api_keys_service="issuer")
    )


@pytest.mark.parametrize("ready,ending", [(False, False), (True, True)])
def test_an_issuer_without_a_ready_pod_is_told(world: World, *, ready: bool, ending: bool) -> None:
    pod = issuer_pod(ready=ready)
    if ending:
        pod["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    world.kubernetes.objects[f"{ISSUER_PODS}/issuer-1"] = pod
    assert "no pod behind Service api-keys/admin-token-issuer-proxy is ready" in str(world.refused(by_url=True))


@pytest.mark.parametrize("timeout,waited", [(5, 5), (30, 30), (120, 30)])
def test_an_issuer_without_a_ready_pod_is_waited_for_as_long_as_a_request_but_not_longer_than_half_a_minute(
    world: World, timeout: int, waited: float
) -> None:
    world.kubernetes.objects[f"{ISSUER_PODS}/issuer-1"] = issuer_pod(ready=False)
    world.refused(by_url=True, api_timeout=timeout)
    assert world.clock.now == waited


def test_an_issuer_that_is_just_starting_gives_its_token_when_it_is_ready(world: World) -> None:
    del world.kubernetes.objects[f"{ISSUER_PODS}/issuer-1"]

    def starts() -> None:
        if world.clock.now == 7:
            world.kubernetes.objects[f"{ISSUER_PODS}/issuer-1"] = issuer_pod()

    world.clock.meanwhile = starts
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert world.clock.now == 7


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_issuer_that_is_ready_too_early_is_asked_again(world: World, status: int) -> None:
    world.cold = [refusal(status, "loading the signing key")] * 3
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert (len(world.issued), world.clock.now) == (4, 3.5)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_an_issuer_that_refuses_for_good_is_asked_once(world: World, status: int) -> None:
    world.token = refusal(status, "no")
    world.refused(by_url=True)
    assert (len(world.issued), world.clock.now) == (1, 0)


def test_an_issuer_is_asked_again_only_while_there_is_time(world: World) -> None:
    world.token = refusal(503, "loading the signing key")
    assert "returned no token: the API is not ready" in str(world.refused(by_url=True, api_timeout=2))
    assert (len(world.issued), world.clock.now) == (3, 1.5)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(KubernetesError("x", status=500), id="no port-forward"),
        pytest.param(KubernetesError("x", status=0), id="reset"),
    ],
)
def test_an_issuer_to_which_no_port_forward_leads_is_tried_again(world: World, broken: Exception) -> None:
    world.forwarding.refusals["issuer-1:9000"] = broken
    world.clock.meanwhile = world.forwarding.refusals.clear
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert world.clock.now == 0.5


def test_an_issuer_whose_answer_was_lost_is_asked_again(world: World) -> None:
    world.cold = [Response(body={}, headers={"Content-Length": "99"})] * 2
    with world.reach(by_url=True) as api:
        assert api.token == "minted"
    assert world.clock.now == 1.5


def test_a_port_forward_that_is_forbidden_is_not_tried_again(world: World) -> None:
    world.forwarding.refusal = KubernetesError("x", status=403)
    assert "the task's Kubernetes user cannot create" in str(world.refused(by_url=True))
    assert (len(world.forwarding.opened), world.clock.now) == (1, 0)


def test_the_last_failure_of_an_issuer_that_stays_away_is_told(world: World) -> None:
    world.forwarding.refusal = KubernetesError("peer", status=0)
    assert "port-forward to pod api-keys/issuer-1 port 9000 failed: peer" in str(world.refused(by_url=True))
    assert (len(world.forwarding.opened), world.clock.now) == (4, 3.5)


def test_an_issuer_without_a_port_is_told(world: World) -> None:
    world.kubernetes.objects[SERVICE]["spec"]["ports"] = None
    assert "Service api-keys/admin-token-issuer-proxy has no port" in str(world.refused(by_url=True))


def test_an_issuer_without_a_selector_is_not_any_pod_of_the_namespace(world: World) -> None:
    del world.kubernetes.objects[SERVICE]["spec"]["selector"]
    assert isinstance(world.refused(by_url=True), NvcfApiError)


@pytest.mark.parametrize(
    "answer,told",
    [
        pytest.param(refusal(503, "starting"), "not ready", id="refused"),
        pytest.param(Response(body={"id": "1"}), "returned no token: its answer contains no token.", id="no value"),
        pytest.param(Response(body=b"<html>"), "returned no token: its answer contains no token.", id="no JSON"),
        pytest.param(Response(body=[]), "returned no token: its answer contains no token.", id="no object"),
        pytest.param(
            Response(body={"value": {"jwt": "x"}}), "returned no token: its answer contains no token.", id="no text"
        ),
    ],
)
def test_an_issuer_that_gives_no_token_is_told(world: World, answer: Response, told: str) -> None:
    world.token = answer
    error = world.refused(by_url=True)
    assert told in str(error)
    assert "Set token or token_file" in str(error)


def test_the_steps_of_a_run_share_an_issued_token(world: World, tmp_path: Path) -> None:
    with serving(world.kubernetes) as kubernetes, serving(world.issue) as issuing:
        world.forwarding.routes |= {"api-1:8080": issuing.url, "issuer-1:9000": issuing.url}
        options = options_of(OPERATION, host=kubernetes.url, image="ghcr.io/a/b:1")
        mine, whole = options.connection, (options.release, options.api)
        with sharing(str(tmp_path)):
            for _step in range(3):
                with reach_api(mine, *whole) as api:
                    assert api.token == "minted"
            assert len(world.issued) == 1
            with reach_api(replace(mine, api_key="of another user"), *whole):
                assert len(world.issued) == 2, "who may not ask the issuer gets no token by another's right"
        with reach_api(mine, *whole):
            assert len(world.issued) == 3, "without a run there is no one to share with"


def test_no_file_holds_an_issued_token(world: World, tmp_path: Path) -> None:
    with sharing(str(tmp_path)), world.reach():
        assert [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes()] == []


@pytest.mark.parametrize("content,told", [(None, "No such file"), ("x", "contains no readable PEM content")])
def test_an_authority_that_can_not_be_used_is_told(tmp_path: Path, content: str | None, told: str) -> None:
    if content:
        (tmp_path / "ca.crt").write_text(content, encoding="utf-8")
    options = options_of(OPERATION, image="a/b", api_url="https://a", token="t", api_ca_cert=str(tmp_path / "ca.crt"))
    with (
        pytest.raises(InputError, match=rf"api_ca_cert {tmp_path}/ca\.crt cannot be used: .*{told}"),
        reach_api(options.connection, options.release, options.api),
    ):
        pytest.fail("reached")


def test_the_api_at_a_url_is_asked_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(f"{request.target} as {request.header('Proxy-Authorization')}")
        return Response(status=502)

    options = options_of(OPERATION, image="a/b", api_url="http://api.nvcf.example", token="t")
    with serving(answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//jane:p%40ss@"))
        with reach_api(options.connection, options.release, options.api) as api:
            assert api.service.send("GET", "/v2", headers={}).status == 502
        monkeypatch.setenv("NO_PROXY", ".nvcf.example")
        with (
            reach_api(options.connection, options.release, options.api) as api,
            pytest.raises(NvcfError, match="cannot be reached"),
        ):
            api.service.send("GET", "/v2", headers={})
    assert asked == ["http://api.nvcf.example/v2 as Basic amFuZTpwQHNz"]


def test_a_proxy_of_the_environment_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_of(OPERATION, image="a/b", api_url="https://api.nvcf.example", token="t")
    monkeypatch.setenv("HTTPS_PROXY", "ftp://user:canary@proxy")
    with (
        pytest.raises(InputError, match="the variable HTTPS_PROXY is not a usable proxy") as caught,
        reach_api(options.connection, options.release, options.api),
    ):
        pytest.fail("reached")
    assert "canary" not in str(caught.value)
