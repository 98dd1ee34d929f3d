# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the environment may add to the options of a task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Kubeconfig
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.environment import (
    refuse_another_context,
    refuse_another_user,
    with_environment,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions

WEST = {"K8S_AUTH_HOST": "https://west", "K8S_AUTH_API_KEY": "west", "K8S_AUTH_VERIFY_SSL": "no"}
"""As AWX sets them for a credential of its type OpenShift or Kubernetes API Bearer Token."""


@pytest.mark.parametrize(
    "variable,option,text,value",
    [
        ("K8S_AUTH_KUBECONFIG", "kubeconfig", "/etc/kubeconfig", "/etc/kubeconfig"),
        ("K8S_AUTH_CONTEXT", "context", "east-1", "east-1"),
        ("K8S_AUTH_HOST", "host", "https://east-1", "https://east-1"),
        ("K8S_AUTH_API_KEY", "api_key", "t0ken", "t0ken"),
        ("K8S_AUTH_USERNAME", "username", "jane", "jane"),
        ("K8S_AUTH_PASSWORD", "password", "word", "word"),
        ("K8S_AUTH_VERIFY_SSL", "validate_certs", "no", False),
        ("K8S_AUTH_SSL_CA_CERT", "ca_cert", "/ca.crt", "/ca.crt"),
        ("K8S_AUTH_CERT_FILE", "client_cert", "/c.crt", "/c.crt"),
        ("K8S_AUTH_KEY_FILE", "client_key", "/c.key", "/c.key"),
        ("K8S_AUTH_PROXY", "proxy", "http://proxy:3128", "http://proxy:3128"),
        ("K8S_AUTH_NO_PROXY", "no_proxy", "a,b", "a,b"),
        ("K8S_AUTH_IMPERSONATE_USER", "impersonate_user", "jane", "jane"),
        ("K8S_AUTH_IMPERSONATE_GROUPS", "impersonate_groups", "a,b", ("a", "b")),
    ],
)
def test_the_variables_of_kubernetes_core_count_and_a_task_outranks_them(
    variable: str, option: str, text: str, value: Any
) -> None:
    assert getattr(with_environment(ConnectionOptions(), {variable: text}), option) == value
    given: dict[str, Any] = {
        option: True if option == "validate_certs" else ("own",) if isinstance(value, tuple) else "own"
    }
    assert getattr(with_environment(ConnectionOptions(**given), {variable: text}), option) == given[option]


def test_headers_for_a_proxy_come_from_variables_too() -> None:
    environ = {"K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": "a:b", "K8S_AUTH_PROXY_HEADERS_USER_AGENT": "me"}
    found = with_environment(ConnectionOptions(), environ).proxy_headers or {}
    assert (found["proxy_basic_auth"], found["user_agent"], found["basic_auth"]) == ("a:b", "me", None)


@pytest.mark.parametrize("given", [{"context": "east"}, {"kubeconfig": "/east"}, {"host": "https://east"}])
def test_a_host_that_names_its_cluster_is_not_taken_to_that_of_the_environment(given: dict[str, Any]) -> None:
    assert with_environment(ConnectionOptions(**given), WEST) == ConnectionOptions(**given)


def test_a_credential_without_a_server_of_its_own_goes_with_the_server_of_the_task() -> None:
    found = with_environment(ConnectionOptions(host="https://east"), {"K8S_AUTH_API_KEY": "t", "K8S_AUTH_CONTEXT": "w"})
    assert found == ConnectionOptions(host="https://east", api_key="t")


def test_the_same_server_in_both_takes_the_credential_of_the_environment() -> None:
    for host in ("https://west", "https://WEST/", "west"):
        found = with_environment(ConnectionOptions(host=host), WEST)
        assert (found.host, found.api_key, found.validate_certs) == (host, "west", False)


def test_a_credential_of_the_task_is_the_only_one() -> None:
    environ = {"K8S_AUTH_CERT_FILE": "/c", "K8S_AUTH_KEY_FILE": "/k"}
    for given in (ConnectionOptions(api_key="t"), ConnectionOptions(username="jane", password="word")):
        assert with_environment(given, environ | {"K8S_AUTH_PASSWORD": "other"}) == given


def test_without_a_cluster_in_the_task_the_environment_names_it() -> None:
    found = with_environment(ConnectionOptions(), WEST)
    assert (found.host, found.api_key, found.validate_certs) == ("https://west", "west", False)


def test_a_variable_of_another_kind_is_told() -> None:
    with pytest.raises(ConnectionOptionsError, match=r"variable K8S_AUTH_\* has an invalid value: .*validate_certs"):
        with_environment(ConnectionOptions(), {"K8S_AUTH_VERIFY_SSL": "perhaps"})


def test_only_a_task_leads_away_from_the_current_context_of_the_file_that_it_names() -> None:
    given, effective = ConnectionOptions(kubeconfig="/f"), ConnectionOptions(kubeconfig="/f", context="west")
    with pytest.raises(ConnectionOptionsError, match="K8S_AUTH_CONTEXT asks for context 'west'"):
        refuse_another_context(given, effective, "east")
    refuse_another_context(given, effective, "west")
    refuse_another_context(effective, effective, "east")
    refuse_another_context(ConnectionOptions(), effective, "east")


def test_a_credential_of_the_environment_beside_that_of_a_named_context_is_a_contradiction() -> None:
    given = ConnectionOptions(context="east")
    effective = ConnectionOptions(context="east", api_key="west")
    own = Kubeconfig(name="east", cluster={}, user={"token": "canary"}, source="kubeconfig /c: user 'b'")
    told = r"^kubeconfig /c: user 'b': the variable K8S_AUTH_API_KEY is a different credential .* \(token\)"
    with pytest.raises(ConnectionOptionsError, match=told) as caught:
        refuse_another_user(given, effective, own)
    assert "canary" not in str(caught.value)
    refuse_another_user(given, effective, replace(own, user={}))
    refuse_another_user(effective, effective, own)
    refuse_another_user(ConnectionOptions(), effective, own)
