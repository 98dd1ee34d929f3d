# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The options that several modules share, as a task gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ModuleArgumentSpecValidator
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import ChangeOptions, JudgeOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ApiOptions,
    ChartOptions,
    ConnectionOptions,
    HelmOptions,
    ReleaseOptions,
    RolloutOptions,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import Spec, argument_spec

EVERYTHING: Mapping[str, Mapping[str, Any]] = {
    **argument_spec(ConnectionOptions),
    **argument_spec(ReleaseOptions),
    **argument_spec(ApiOptions),
    **argument_spec(HelmOptions),
    **argument_spec(RolloutOptions),
    **argument_spec(ChartOptions),
}
CHANGE, JUDGE = argument_spec(ChangeOptions), argument_spec(JudgeOptions)
SECRETS = frozenset({"api_key", "password", "proxy", "token", "registry_password"})


def validated(spec: Spec, **given: Any) -> dict[str, Any]:
    found = ArgumentSpecValidator(dict(spec)).validate(given)
    assert not found.error_messages, found.error_messages
    return dict(found.validated_parameters)


def refused(spec: Spec, **given: Any) -> str:
    messages: list[str] = ArgumentSpecValidator(dict(spec)).validate(given).error_messages
    [message] = messages
    return message


def test_secrets_and_nothing_else_are_hidden_by_ansible() -> None:
    """Of a word that is hidden every occurrence is masked, a context's name among them: so no more than these."""
    assert {name for name, option in EVERYTHING.items() if option.get("no_log")} == SECRETS


def test_no_option_is_taken_for_a_secret_because_of_its_name() -> None:
    """Ansible warns at each run about an option like `key_file` that says nothing of `no_log`."""
    given = {name: "x" for name, option in EVERYTHING.items() if option.get("type", "str") in ("str", "path")}
    given["chart_source"] = "release"
    spec = {**EVERYTHING, **JUDGE}
    entry = {"key": "GHCR", "name": "GitHub", "hostname": "ghcr.io"}
    found = ModuleArgumentSpecValidator(spec).validate({**given, "registries": [entry]})
    assert not found._warnings
    assert found._no_log_values == {"x"}


@pytest.mark.parametrize(
    "alias,option,value",
    [
        ("kubeconfig_path", "kubeconfig", "/config"),
        ("kube_context", "context", "east"),
        ("binary_path", "helm_binary", "/helm"),
        ("plain_http", "chart_plain_http", True),
        ("repo_username", "registry_username", "jane"),
        ("repo_password", "registry_password", "word"),
        ("verify_ssl", "validate_certs", False),
        ("ssl_ca_cert", "ca_cert", "/ca.crt"),
        ("cert_file", "client_cert", "/c.crt"),
        ("key_file", "client_key", "/c.key"),
        ("release_name", "release", "mine"),
        ("release_namespace", "namespace", "mine"),
    ],
)
def test_options_may_be_called_as_in_the_collections_that_people_know(alias: str, option: str, value: Any) -> None:
    assert validated(EVERYTHING, **{alias: value})[option] == value


def test_whether_certificates_are_verified_is_left_open_for_the_kubeconfig_to_say() -> None:
    assert validated(argument_spec(ConnectionOptions))["validate_certs"] is None


@pytest.mark.parametrize("option", ["chart_validate_certs", "api_validate_certs"])
def test_certificates_of_registries_and_of_the_api_are_verified_unless_told(option: str) -> None:
    assert validated(EVERYTHING)[option] is True


def test_a_chart_comes_from_a_reference_unless_told_and_from_nowhere_else_than_the_release() -> None:
    assert validated(argument_spec(ChartOptions))["chart_source"] == "reference"
    assert validated(argument_spec(ChartOptions), chart_source="release")["chart_source"] == "release"
    assert "reference, release" in refused(argument_spec(ChartOptions), chart_source="elsewhere")


@pytest.mark.parametrize("option", ["request_timeout", "timeout", "rollout_timeout", "api_timeout", "pending_min_age"])
def test_a_time_is_a_number_of_seconds(option: str) -> None:
    assert validated(EVERYTHING, **{option: "30"})[option] == 30
    assert option in refused(EVERYTHING, **{option: "soon"})


def test_the_age_of_a_dead_operation_has_no_default_because_it_depends_on_the_timeout() -> None:
    assert validated(argument_spec(HelmOptions))["pending_min_age"] is None


def test_an_entry_of_registries_is_a_container_registry_unless_told() -> None:
    entry = {"key": "GHCR", "name": "GitHub", "hostname": "ghcr.io"}
    [found] = validated(CHANGE, registries=[entry])["registries"]
    assert found == {**entry, "artifact_type": "CONTAINER", "allow_unvalidated": False}


def test_a_half_given_entry_is_left_for_the_plan_to_judge_which_knows_the_state() -> None:
    [found] = validated(CHANGE, registries=[{"key": "GHCR"}])["registries"]
    assert found == {
        "key": "GHCR",
        "name": None,
        "hostname": None,
        "artifact_type": "CONTAINER",
        "allow_unvalidated": False,
    }


def test_registries_must_be_given_where_they_are_required() -> None:
    assert "registries" in refused(CHANGE)
    assert validated(JUDGE)["registries"] is None


def test_a_word_that_no_registry_has_is_refused_by_name() -> None:
    entry = {"key": "GHCR", "host": "ghcr.io"}
    assert "host" in refused(CHANGE, registries=[entry])


def test_an_unknown_state_is_refused_with_those_that_there_are() -> None:
    assert "present, absent, exact" in refused(JUDGE, state="latest")
    assert validated(JUDGE)["state"] == "present"
