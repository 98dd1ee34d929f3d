# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A cluster's credential over the time of an operation: reused, renewed, refused, handed to helm."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Kubeconfig
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.resolve import Access
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.session import Session
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    KubernetesError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority
from ansible_collections.fleetops.nvcf.tests.unit.plugins.login_fake import LoginFake, exec_credential, moment
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, Server, proven, serving


class Door:
    """An API server that knows some tokens."""

    def __init__(self, *tokens: str) -> None:
        self.good = {f"Bearer {token}" for token in tokens}

    def __call__(self, request: Request) -> Response:
        if request.path == "/readyz":
            return Response(body=b"ok")
        token = request.header("Authorization")
        return Response(body={"as": token}) if token in self.good else Response(status=401, body={"message": "no"})


@pytest.fixture
def door() -> Door:
    return Door("one", "two")


@pytest.fixture
def server(door: Door) -> Iterator[Server]:
    with proven(door) as running:
        yield running


@pytest.fixture
def login(tmp_path: Path) -> LoginFake:
    return LoginFake.made(tmp_path / "plugin", token="one", expirationTimestamp=moment(3600))


Options = Callable[..., dict[str, Any]]


@pytest.fixture
def options(tmp_path: Path, server: Server, login: LoginFake) -> Options:
    """The options that lead to the server with the plugin's credential."""

    def make(**section: Any) -> dict[str, Any]:
        document = {
            "current-context": "east-1",
            "contexts": [{"name": "east-1", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server.url, "certificate-authority": server.ca_file}}],
            "users": [{"name": "u", "user": login.user(**section) | {"as": "jane"}}],
        }
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return {"kubeconfig": str(path)}

    return make


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""

    def wait(seconds: float) -> None:
        now = time.time() + seconds
        monkeypatch.setattr(time, "time", lambda: now)

    return wait


def test_the_plugin_is_run_once_for_many_requests(options: Options, login: LoginFake) -> None:
    with connect(ConnectionOptions(**options())) as cluster:
        assert [cluster.request("GET", "/api") for _turn in range(3)] == [{"as": "Bearer one"}] * 3
    assert len(login.calls) == 1


def test_the_plugin_is_run_once_for_many_operations_of_a_run(
    options: Options, login: LoginFake, tmp_path: Path
) -> None:
    with sharing(str(tmp_path)):
        for _task in range(3):
            with connect(ConnectionOptions(**options())) as cluster:
                assert cluster.request("GET", "/api") == {"as": "Bearer one"}
    assert len(login.calls) == 1


def test_a_token_that_runs_out_in_the_middle_is_renewed(
    options: Options, login: LoginFake, later: Callable[[float], None]
) -> None:
    with connect(ConnectionOptions(**options())) as cluster:
        cluster.request("GET", "/api")
        login.gives(token="two", expirationTimestamp=moment(7200))
        later(3550)
        assert cluster.request("GET", "/api") == {"as": "Bearer two"}
        assert cluster.request("GET", "/api") == {"as": "Bearer two"}
    assert len(login.calls) == 2


def test_a_plugin_that_fails_before_the_token_has_run_out_is_no_error(
    options: Options, login: LoginFake, later: Callable[[float], None]
) -> None:
    with connect(ConnectionOptions(**options())) as cluster:
        cluster.request("GET", "/api")
        login.prints("", code=1)
        later(3550)
        assert cluster.request("GET", "/api") == {"as": "Bearer one"}
        login.gives(token="two")
        assert cluster.request("GET", "/api") == {"as": "Bearer two"}


def test_a_plugin_that_fails_after_the_token_has_run_out_is_one(
    options: Options, login: LoginFake, later: Callable[[float], None]
) -> None:
    with connect(ConnectionOptions(**options())) as cluster:
        cluster.request("GET", "/api")
        login.prints("", code=1)
        later(3700)
        with pytest.raises(ConnectionOptionsError, match="exit code 1"):
            cluster.request("GET", "/api")


def test_a_token_that_is_refused_is_renewed_and_the_request_made_again(
    options: Options, login: LoginFake, door: Door, server: Server, tmp_path: Path
) -> None:
    with sharing(str(tmp_path)):
        with connect(ConnectionOptions(**options())) as cluster:
            cluster.request("GET", "/api")
            door.good = {"Bearer two"}
            login.gives(token="two", expirationTimestamp=moment(3600))
            assert cluster.request("PATCH", "/api", body={"a": 1}) == {"as": "Bearer two"}
        with connect(ConnectionOptions(**options())) as cluster:
            assert cluster.request("GET", "/api") == {"as": "Bearer two"}
    assert len(login.calls) == 2
    assert [(request.method, request.body) for request in server.requests[1:3]] == [("PATCH", b'{"a": 1}')] * 2


def test_a_second_refusal_is_the_answer(options: Options, login: LoginFake, door: Door, server: Server) -> None:
    door.good = set()
    with connect(ConnectionOptions(**options())) as cluster:
        cluster.route  # noqa: B018 - lets the plugin give the token that is refused
        login.gives(token="two")
        with pytest.raises(KubernetesError, match="answered 401"):
            cluster.request("GET", "/api")
    assert (len(login.calls), [path for _method, path in server.asked]) == (2, ["/api", "/api", "/readyz"])


def test_the_same_token_is_not_tried_twice(options: Options, login: LoginFake, door: Door, server: Server) -> None:
    door.good = set()
    with connect(ConnectionOptions(**options())) as cluster, pytest.raises(KubernetesError, match="answered 401"):
        cluster.request("GET", "/api")
    assert (len(login.calls), [path for _method, path in server.asked]) == (2, ["/api", "/readyz"])


def test_a_refusal_without_a_plugin_is_the_answer(server: Server) -> None:
    with (
        connect(ConnectionOptions(host=server.url, ca_cert=server.ca_file, api_key="wrong")) as cluster,
        pytest.raises(KubernetesError),
    ):
        cluster.request("GET", "/api")
    assert [path for _method, path in server.asked] == ["/api", "/readyz"]


def test_helm_is_given_a_token_that_outlives_its_work(options: Options, login: LoginFake) -> None:
    with connect(ConnectionOptions(**options())) as cluster:
        document = cluster.document(lasting=1800)
    assert document["users"][0]["user"] == {"as": "jane", "token": "one"}
    assert len(login.calls) == 1


@pytest.mark.parametrize("status", [{"expirationTimestamp": moment(600)}, {}], ids=["too short", "no one knows"])
def test_helm_is_given_the_plugin_if_the_token_may_not_outlive_its_work(
    options: Options, login: LoginFake, status: dict[str, str]
) -> None:
    login.gives(token="one", **status)
    with connect(ConnectionOptions(**options(args=["a"]))) as cluster:
        document = cluster.document(lasting=1800)
    assert document["users"][0]["user"] == login.user(args=["a"]) | {"as": "jane"}


def test_helm_is_given_everybody_else_as_the_kubeconfig_has_them() -> None:
    with connect(ConnectionOptions(host="https://a", api_key="t")) as cluster:
        document = cluster.document(lasting=10**9)
    assert document["clusters"][0]["cluster"] == {"server": "https://a"}
    assert document["users"][0]["user"] == {"token": "t"}


def test_a_plugin_may_give_a_certificate_which_helm_gets_too(tmp_path: Path, login: LoginFake) -> None:
    authority = Authority.create(tmp_path, "plugin")
    client, pair = authority.client("client", "jane"), authority.server("server", "kube-apiserver")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.crt"))
    context.load_cert_chain(pair.certificate, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = client.certificate.read_text(encoding="utf-8"), client.key.read_text(encoding="utf-8")
    login.gives(clientCertificateData=certificate, clientKeyData=key, expirationTimestamp=moment(3600))
    with serving(lambda _request: Response(body={"kind": "Pod"}), tls=context) as server:
        document = {
            "current-context": "east-1",
            "contexts": [{"name": "east-1", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [
                {"name": "c", "cluster": {"server": server.url, "certificate-authority": str(tmp_path / "ca.crt")}}
            ],
            "users": [{"name": "u", "user": login.user()}],
        }
        (tmp_path / "config").write_text(json.dumps(document), encoding="utf-8")
        with connect(ConnectionOptions(kubeconfig=str(tmp_path / "config"))) as cluster:
            assert cluster.request("GET", "/api") == {"kind": "Pod"}
            helm = cluster.document(lasting=60)["users"][0]["user"]
    assert base64.b64decode(helm["client-key-data"]).decode() == key
    assert base64.b64decode(helm["client-certificate-data"]).decode() == certificate


@pytest.mark.parametrize("code", [0, 1])
def test_no_secret_of_a_plugin_gets_into_an_error(options: Options, login: LoginFake, code: int) -> None:
    login.prints(exec_credential(token="canary"), stderr="canary-from-env", code=code)
    env = [{"name": "SECRET", "value": "canary-from-env"}]
    with (
        pytest.raises((ConnectionOptionsError, KubernetesError)) as caught,
        connect(ConnectionOptions(**options(env=env))) as cluster,
    ):
        cluster.request("GET", "/api")
    assert "canary" not in str(caught.value.result())
    assert caught.value.cluster == "east-1"


@pytest.mark.parametrize(
    "user,told",
    [({"token": "a\nb"}, "the token contains"), ({"token": "a", "as": "a\nb"}, "an impersonated name contains")],
)
def test_what_can_not_be_sent_is_told_as_what_it_is(user: dict[str, str], told: str) -> None:
    own = Kubeconfig(name="a", cluster={"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True}, user=user)
    access = Access(kubeconfig=own, options=ConnectionOptions(), proxy=None)
    with pytest.raises(ConnectionOptionsError, match=f"could not be built: {told}"):
        Session(access).headers()


def test_a_login_in_the_servers_address_is_refused_and_gets_into_no_error() -> None:
    with (
        pytest.raises(ConnectionOptionsError, match="server contains a login") as caught,
        connect(ConnectionOptions(host="https://jane:canary@127.0.0.1:1", api_key="t")),
    ):
        pytest.fail("connected")
    assert "canary" not in str(caught.value.result())
