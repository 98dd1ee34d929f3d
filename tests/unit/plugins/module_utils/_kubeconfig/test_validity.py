# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What client-go refuses in a kubeconfig."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Kubeconfig
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.validity import check
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError

V1 = {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never"}


def entry(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Kubeconfig:
    return Kubeconfig(
        name="east",
        cluster={"server": "https://east"} | (cluster or {}),
        user={"token": "canary"} if user is None else user,
        source="kubeconfig /c: cluster 'a' and user 'b'",
    )


@pytest.mark.parametrize(
    "cluster,user,told",
    [
        ({"server": "east:6443"}, None, "server 'east:6443' is not a URL"),
        ({"server": ""}, None, "server '' is not a URL"),
        ({"server": 6443}, None, "server is not a string. Put it in quotes"),
        ({"insecure-skip-tls-verify": "false"}, None, "insecure-skip-tls-verify is neither true nor false"),
        ({"server": "https://jane:canary@east:x"}, None, "server 'https://east:x' is not a URL"),
        ({"server": "ftp://east"}, None, "server 'ftp://east' is not a URL"),
        ({"server": "https://jane:canary@east"}, None, "server contains a login"),
        ({"proxy-url": "canary:3128"}, None, "proxy-url .* cannot be used: it is not a URL of the form"),
        ({"certificate-authority": "f", "certificate-authority-data": "eA=="}, None, "are both set"),
        ({"insecure-skip-tls-verify": True, "certificate-authority-data": "eA=="}, None, "are both set"),
        ({"certificate-authority": "/gone"}, None, "certificate-authority /gone does not exist"),
        (None, {"auth-provider": {"name": "oidc"}}, r"an auth-provider \(oidc\), which Kubernetes no longer supports"),
        (None, {"auth-provider": {"name": "gcp"}, "exec": V1}, "an auth-provider"),
        (None, {}, "requests as anonymous"),
        (None, {"as": "jane"}, "requests as anonymous"),
        (None, {"token": "canary", "username": "jane"}, "token and username are both set"),
        (None, {"token": "t", "password": "canary"}, "token and password are both set"),
        (None, {"tokenFile": "/dev/null", "username": "jane"}, "tokenFile and username are both set"),
        (None, {"password": "canary"}, "requests as anonymous"),
        (None, {"token": 4711}, "token is not a string"),
        (None, {"token": "t", "as": "jane", "as-groups": "ops"}, "as-groups is not a list of strings"),
        (None, {"token": "t", "as": "jane", "as-user-extra": {"a": "b"}}, "as-user-extra is not a map of lists"),
        (None, {"tokenFile": "/gone"}, "tokenFile /gone does not exist"),
        (None, {"client-certificate-data": "eA=="}, "client-certificate is set without client-key"),
        (None, {"client-certificate": "/f", "client-certificate-data": "eA==", "client-key-data": "eA=="}, "keep one"),
        (None, {"client-certificate": "/gone", "client-key-data": "eA=="}, "client-certificate /gone does not exist"),
        (None, {"exec": V1 | {"apiVersion": "client.authentication.k8s.io/v1alpha1"}}, "v1alpha1, but .* is required"),
        (None, {"exec": V1 | {"interactiveMode": None}}, "exec has no interactiveMode"),
        (None, {"exec": V1 | {"interactiveMode": "Often"}}, "interactiveMode 'Often'"),
        (None, {"token": "t", "as-groups": ["ops"]}, r"require as \(impersonate_user\)"),
        (None, {"token": "t", "as-user-extra": {"a": ["b"]}}, "require as"),
    ],
)
def test_what_client_go_refuses_is_refused_with_the_entries_names(
    cluster: dict[str, Any] | None, user: dict[str, Any] | None, told: str
) -> None:
    with pytest.raises(ConnectionOptionsError, match=rf"^kubeconfig /c: cluster 'a' and user 'b': .*{told}") as caught:
        check(entry(cluster, user))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "cluster,user",
    [
        (None, None),
        ({"server": "https://[::1]:6443/prefix/"}, {"exec": V1}),
        (None, {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "login"}}),
        (None, {"token": "t", "tokenFile": "/gone"}),
        ({"insecure-skip-tls-verify": True}, None),
        (None, {"username": "jane", "password": "canary"}),
        ({"proxy-url": "socks5://user:word@proxy"}, {"token": "t", "as": "jane", "as-groups": ["ops"]}),
        ({"server": "http://127.0.0.1:8001"}, {}),
    ],
)
def test_what_client_go_takes_is_taken(cluster: dict[str, Any] | None, user: dict[str, Any] | None) -> None:
    check(entry(cluster, user))


def test_files_that_are_there_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("x", encoding="utf-8")
    check(entry({"certificate-authority": str(file)}, {"client-certificate": str(file), "client-key": str(file)}))


def test_options_without_a_file_are_named_as_such() -> None:
    with pytest.raises(ConnectionOptionsError, match=r"^the connection options: the user has no credential"):
        check(Kubeconfig(name="https://a", cluster={"server": "https://a"}, user={}))
