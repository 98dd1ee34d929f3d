# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Single options over what a kubeconfig says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Kubeconfig
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.resolve import Access, resolve
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions


def overlaid(tmp_path: Path, cluster: Any = None, user: Any = None, **params: Any) -> Kubeconfig:
    return access(tmp_path, cluster, user, **params).kubeconfig


def access(
    tmp_path: Path, cluster: Any = None, user: Any = None, environ: dict[str, str] | None = None, **params: Any
) -> Access:
    document = {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [{"name": "a", "cluster": {"server": "https://a"} | (cluster or {})}],
        "users": [{"name": "a", "user": user or {"token": "t"}}],
    }
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return resolve(ConnectionOptions(kubeconfig=str(path), **params), environ or {})


@pytest.fixture
def pem(tmp_path: Path) -> str:
    path = tmp_path / "some.pem"
    path.write_text("x", encoding="utf-8")
    return str(path)


def test_a_host_replaces_the_server_and_keeps_the_user(tmp_path: Path) -> None:
    found = overlaid(tmp_path, user={"token": "t"}, host="https://b")
    assert (found.name, found.cluster["server"], found.user) == ("a", "https://b", {"token": "t"})


def test_a_host_proves_its_own_name_and_not_that_of_the_file(tmp_path: Path) -> None:
    assert "tls-server-name" not in overlaid(tmp_path, {"tls-server-name": "a.example"}, host="https://b").cluster


def test_a_token_replaces_the_whole_user(tmp_path: Path) -> None:
    assert overlaid(tmp_path, user={"exec": {"command": "aws"}}, api_key="t").user == {"token": "t"}


def test_an_authority_replaces_the_embedded_one(tmp_path: Path, pem: str) -> None:
    found = overlaid(tmp_path, {"certificate-authority-data": "eA=="}, ca_cert=pem)
    assert found.cluster == {"server": "https://a", "certificate-authority": pem}


def test_a_client_certificate_replaces_the_embedded_one(tmp_path: Path, pem: str) -> None:
    user = {"client-certificate-data": "eA==", "client-key-data": "eA=="}
    assert overlaid(tmp_path, user=user, client_cert=pem, client_key=pem).user == {
        "client-certificate": pem,
        "client-key": pem,
    }


def test_a_login_replaces_the_whole_user(tmp_path: Path) -> None:
    found = overlaid(tmp_path, user={"exec": {"command": "aws"}}, username="jane", password="word")
    assert found.user == {"username": "jane", "password": "word"}


def test_a_login_beside_a_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConnectionOptionsError, match="api_key and username are both set"):
        overlaid(tmp_path, api_key="t", username="jane", password="word")


@pytest.mark.parametrize("option", ["client_cert", "client_key", "username", "password"])
def test_half_a_client_certificate_or_login_is_refused(tmp_path: Path, pem: str, option: str) -> None:
    with pytest.raises(ConnectionOptionsError, match="must be set together"):
        overlaid(tmp_path, **{option: pem})


@pytest.mark.parametrize("says", [True, False, None])
def test_unverified_certificates_drop_the_authority_which_client_go_refuses_beside_it(
    tmp_path: Path, says: bool | None
) -> None:
    cluster = {"certificate-authority-data": "eA=="} | ({} if says is None else {"insecure-skip-tls-verify": says})
    found = overlaid(tmp_path, cluster, validate_certs=False).cluster
    assert found == {"server": "https://a", "insecure-skip-tls-verify": True}


def test_verification_can_be_switched_on_again(tmp_path: Path) -> None:
    found = overlaid(tmp_path, {"insecure-skip-tls-verify": True}, validate_certs=True).cluster
    assert found["insecure-skip-tls-verify"] is False


def test_an_authority_given_as_option_is_used_although_the_file_switches_verification_off(
    tmp_path: Path, pem: str
) -> None:
    found = overlaid(tmp_path, {"insecure-skip-tls-verify": True}, ca_cert=pem).cluster
    assert found["certificate-authority"] == pem


def test_verification_that_is_switched_off_by_an_option_outranks_an_authority(tmp_path: Path, pem: str) -> None:
    found = overlaid(tmp_path, ca_cert=pem, validate_certs=False).cluster
    assert found == {"server": "https://a", "insecure-skip-tls-verify": True}


def test_proxy_and_impersonation_are_overlaid(tmp_path: Path) -> None:
    found = overlaid(
        tmp_path, user={"token": "t"}, proxy="http://p:3128", impersonate_user="jane", impersonate_groups=["ops", "x"]
    )
    assert found.cluster["proxy-url"] == "http://p:3128"
    assert found.user == {"token": "t", "as": "jane", "as-groups": ["ops", "x"]}


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"ca_cert": "/gone"}, id="certificate-authority"),
        pytest.param({"client_cert": "/gone", "client_key": "/gone"}, id="client-certificate"),
    ],
)
def test_a_certificate_file_that_is_not_there_is_named(
    tmp_path: Path, params: dict[str, str], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ConnectionOptionsError, match=f"{request.node.callspec.id} /gone does not exist"):
        overlaid(tmp_path, **params)


@pytest.mark.parametrize(
    "cluster,environ,params,url",
    [
        ({"proxy-url": "http://p"}, {"HTTPS_PROXY": "http://q:1"}, {}, "http://p:80"),
        ({"proxy-url": "socks5h://p"}, {"NO_PROXY": "*"}, {}, "socks5://p:1080"),
        ({"proxy-url": "http://p:1"}, {}, {"proxy": "https://j:w@r"}, "https://j:w@r:443"),
        ({}, {"HTTPS_PROXY": "q:1"}, {}, "http://q:1"),
        ({}, {"HTTPS_PROXY": "q:1"}, {"proxy_headers": {"proxy_basic_auth": "j:w@"}}, "http://j:w%40@q:1"),
        ({"proxy-url": "http://p:1"}, {}, {"no_proxy": "a"}, None),
        ({}, {"HTTPS_PROXY": "q:1", "no_proxy": "a"}, {}, None),
        ({}, {"HTTPS_PROXY": "q:1"}, {"no_proxy": ".x,a:443"}, None),
        ({}, {}, {}, None),
    ],
)
def test_helm_is_led_through_the_same_proxy_or_none(
    tmp_path: Path, cluster: Any, environ: dict[str, str], params: dict[str, Any], url: str | None
) -> None:
    found = access(tmp_path, cluster, environ=environ, **params)
    assert (found.proxy.url if found.proxy else None) == url
    assert found.cluster_for_programs().get("proxy-url") == url
    given = found.environment_for_programs(environ)
    if url is None:
        assert {given["NO_PROXY"].split(",")[-1], given["no_proxy"].split(",")[-1]} == {"a"}
    else:
        assert given == environ


def test_connections_differ_by_all_that_leads_there(tmp_path: Path) -> None:
    same = access(tmp_path).identity
    assert access(tmp_path).identity == same
    others = [
        access(tmp_path, {"proxy-url": "http://canary:canary@p"}),
        access(tmp_path, {"proxy-url": "http://p"}),
        access(tmp_path, {"tls-server-name": "b"}),
        access(tmp_path, {"certificate-authority-data": "eA=="}),
        access(tmp_path, environ={"HTTPS_PROXY": "http://q"}),
        access(tmp_path, user={"token": "u"}),
        access(tmp_path, impersonate_user="jane"),
        access(tmp_path, host="https://b"),
    ]
    assert len({same, *(other.identity for other in others)}) == 1 + len(others)
    assert not any("canary" in other.identity for other in others)
