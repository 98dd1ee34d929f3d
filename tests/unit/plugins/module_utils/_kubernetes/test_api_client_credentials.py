# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How one proves who one is to a cluster, and how the cluster proves it."""

from __future__ import annotations

import base64
import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    KubernetesError,
    NvcfError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import Authority, KeyPair
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, Server, proven, serving


def kubeconfig(
    path: Path, server: str, *, cluster: dict[str, Any] | None = None, user: Any = None
) -> ConnectionOptions:
    """The options for a kubeconfig with this server and user."""
    document = {
        "current-context": "east-1",
        "contexts": [{"name": "east-1", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server} | (cluster or {})}],
        "users": [{"name": "u", "user": user or {}}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return ConnectionOptions(kubeconfig=str(path))


def embedded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority.create(folder, "unit tests")


@pytest.fixture(scope="module")
def client(authority: Authority) -> KeyPair:
    return authority.client("client", "jane")


@pytest.fixture
def server(folder: Path, authority: Authority) -> Iterator[Server]:
    """Answers only those who show a certificate of the authority."""
    pair = authority.server("server", "kube-apiserver")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
    context.load_cert_chain(pair.certificate, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(lambda _request: Response(body={"kind": "Pod"}), tls=context) as running:
        yield running


def test_embedded_certificates_are_used_and_leave_no_file_behind(
    tmp_path: Path, folder: Path, client: KeyPair, server: Server
) -> None:
    options = kubeconfig(
        tmp_path / "config",
        server.url,
        cluster={"certificate-authority-data": embedded(folder / "ca.crt")},
        user={"client-certificate-data": embedded(client.certificate), "client-key-data": embedded(client.key)},
    )
    with connect(options) as cluster:
        assert cluster.request("GET", "/api") == {"kind": "Pod"}
        assert cluster.name == "east-1"
        # No key that is only in a kubeconfig gets into a file of its own.
        assert list(cluster.workspace.path.iterdir()) == []


def test_certificates_given_as_options_are_used(folder: Path, client: KeyPair, server: Server) -> None:
    options = ConnectionOptions(
        host=server.url,
        ca_cert=str(folder / "ca.crt"),
        client_cert=str(client.certificate),
        client_key=str(client.key),
    )
    with connect(options) as cluster:
        assert cluster.request("GET", "/api") == {"kind": "Pod"}


def test_a_server_of_an_unknown_authority_is_not_talked_to(client: KeyPair, server: Server) -> None:
    certificate: dict[str, Any] = {"client_cert": str(client.certificate), "client_key": str(client.key)}
    with (
        pytest.raises(KubernetesError, match=r"cannot be reached: .*certificate"),
        connect(ConnectionOptions(host=server.url, **certificate)) as cluster,
    ):
        cluster.request("GET", "/api")
    assert server.requests == []


def test_without_verification_any_server_is_talked_to(client: KeyPair, server: Server) -> None:
    certificate: dict[str, Any] = {"client_cert": str(client.certificate), "client_key": str(client.key)}
    with (
        connect(ConnectionOptions(host=server.url, validate_certs=False, **certificate)) as cluster,
        pytest.warns(match="Unverified HTTPS request"),
    ):
        assert cluster.request("GET", "/api") == {"kind": "Pod"}


@pytest.mark.parametrize("entry", ["certificate-authority-data", "client-key-data"])
def test_embedded_data_that_is_no_base64_is_told(tmp_path: Path, entry: str) -> None:
    part = "cluster" if entry.startswith("certificate") else "user"
    options = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", **{part: {entry: "x"}})
    with pytest.raises(NvcfError), connect(options) as cluster:
        cluster.request("GET", "/api")


def whoami(request: Request) -> Response:
    return Response(body={"authorization": request.header("Authorization")})


def proven_by(server: Server) -> dict[str, Any]:
    return {"certificate-authority": server.ca_file}


def test_a_token_file_is_read_anew_and_trimmed_and_comes_before_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" from-a-file\n", encoding="utf-8")
    with proven(whoami) as server:
        user = {"tokenFile": "token", "token": "beside"}
        options = kubeconfig(tmp_path / "config", server.url, cluster=proven_by(server), user=user)
        with connect(options) as cluster:
            assert cluster.request("GET", "/api") == {"authorization": "Bearer from-a-file"}
            (tmp_path / "token").write_text("renewed", encoding="utf-8")
            assert cluster.request("GET", "/api") == {"authorization": "Bearer renewed"}
            (tmp_path / "token").unlink()
            assert cluster.request("GET", "/api") == {"authorization": "Bearer beside"}


def test_a_token_file_that_goes_away_is_told_where_nothing_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t", encoding="utf-8")
    options = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user={"tokenFile": "token"})
    with connect(options) as cluster:
        (tmp_path / "token").unlink()
        with pytest.raises(ConnectionOptionsError, match=r"tokenFile .* cannot be read"):
            cluster.request("GET", "/api")


@pytest.mark.parametrize("content", ["", " \n"])
def test_a_token_file_with_nothing_in_it_makes_nobody_anonymous(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8")
    options = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user={"tokenFile": "token"})
    with pytest.raises(ConnectionOptionsError, match=r"tokenFile .* is empty"), connect(options) as cluster:
        cluster.request("GET", "/api")


def test_a_login_is_sent_as_client_go_sends_it(tmp_path: Path) -> None:
    with proven(whoami) as server:
        user = {"username": "jane", "password": "wörd:"}
        with connect(kubeconfig(tmp_path / "config", server.url, cluster=proven_by(server), user=user)) as cluster:
            login = base64.b64encode("jane:wörd:".encode()).decode()
            assert cluster.request("GET", "/api") == {"authorization": f"Basic {login}"}


@pytest.mark.parametrize(
    "status,message,told",
    [
        (401, "Unauthorized", True),
        (403, 'User "system:anonymous" cannot get path "/api"', True),
        (403, 'User "jane" cannot get path "/api"', False),
    ],
)
def test_a_login_that_no_one_has_looked_at_is_reported_as_such(
    tmp_path: Path, status: int, message: str, told: bool
) -> None:
    with proven(lambda _request: Response(status=status, body={"message": message})) as server:
        user = {"username": "jane", "password": "canary"}
        options = kubeconfig(tmp_path / "config", server.url, cluster=proven_by(server), user=user)
        with connect(options) as cluster, pytest.raises(KubernetesError) as caught:
            cluster.request("GET", "/api")
    assert ("an authenticating proxy in front of one does" in str(caught.value)) is told
    assert "canary" not in str(caught.value)


def headers_of(request: Request) -> Response:
    return Response(body=dict(request.headers))


def test_uid_and_extra_fields_are_impersonated_too(tmp_path: Path) -> None:
    extra = {"scopes": ["view", "dev"], "example.com/team": ["a%b"]}
    user = {"as": "jane", "as-uid": "42", "as-groups": ["ops"], "as-user-extra": extra}
    with (
        serving(headers_of) as server,
        connect(kubeconfig(tmp_path / "config", server.url, user=user)) as cluster,
    ):
        sent = cluster.request("GET", "/api")
    assert {name: value for name, value in sent.items() if name.startswith("impersonate")} == {
        "impersonate-user": ["jane"],
        "impersonate-uid": ["42"],
        "impersonate-group": ["ops"],
        "impersonate-extra-scopes": ["view", "dev"],
        "impersonate-extra-example.com%2fteam": ["a%b"],
    }


def plugin(path: Path, program: str) -> dict[str, Any]:
    path.write_text(f"#!{sys.executable}\n{program}\n", encoding="utf-8")
    path.chmod(0o700)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": f"./{path.name}",
            "interactiveMode": "Never",
        }
    }


def test_a_credential_plugin_is_asked_for_the_token(tmp_path: Path) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-a-plugin"},
    }
    user = plugin(tmp_path / "login", f"print({json.dumps(credential)!r})")
    with (
        proven(whoami) as server,
        connect(kubeconfig(tmp_path / "config", server.url, cluster=proven_by(server), user=user)) as cluster,
    ):
        assert cluster.request("GET", "/api") == {"authorization": "Bearer from-a-plugin"}


def test_a_credential_plugin_that_fails_is_named(tmp_path: Path) -> None:
    user = plugin(tmp_path / "login", "raise SystemExit(3)")
    options = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user=user)
    with (
        pytest.raises(ConnectionOptionsError, match=r"/login' .* returned no credential") as caught,
        connect(options) as c,
    ):
        c.request("GET", "/api")
    assert caught.value.cluster == "east-1"


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"exec": {"command": "login"}}, id="plugin without a version"),
        pytest.param({"tokenFile": "gone"}, id="token file that is not there"),
        pytest.param(
            {"auth-provider": {"name": "gcp", "config": {"access-token": "x", "expiry": "soon"}}},
            id="provider with a broken date",
        ),
    ],
)
def test_a_user_that_gives_no_credential_is_told(tmp_path: Path, user: dict[str, Any]) -> None:
    options = kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user=user)
    with pytest.raises(ConnectionOptionsError), connect(options) as cluster:
        cluster.request("GET", "/api")


def test_a_proxy_that_is_away_is_told_without_its_password() -> None:
    options = ConnectionOptions(host="https://127.0.0.1:1", api_key="t", proxy="http://user:canary@127.0.0.1:1")
    with (
        pytest.raises(KubernetesError, match="cannot be reached") as caught,
        connect(options) as cluster,
    ):
        cluster.request("GET", "/api")
    assert "canary" not in str(caught.value.result())
