# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Options of modules out of a role's variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible.utils.display import Display
from ansible_collections.fleetops.nvcf.plugins.lookup.module_options import GROUPS, LookupModule
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import MODULES, operation_of


def looked_up(
    *groups: str,
    or_context: str | None = None,
    known: Sequence[str] | str = (),
    service: str | None = None,
    **variables: Any,
) -> Any:
    """What a lookup of these groups gives."""
    of = {"service": service} if service else {}
    loader = DataLoader()
    lookup = LookupModule(loader, Templar(loader, variables=variables))
    [options] = lookup.run(groups, variables, prefix="my_", or_context=or_context, known=known, **of)
    return options


def test_an_option_is_taken_from_the_variable_that_is_called_like_it() -> None:
    assert looked_up("release", my_release="other", my_namespace="nvcf-2") == {
        "release": "other",
        "namespace": "nvcf-2",
    }


def test_a_login_for_the_cluster_is_not_mistaken_for_another_one_of_the_role() -> None:
    variables = {"my_kube_username": "jane", "my_kube_password": "word", "my_username": "of a registry"}
    assert looked_up("cluster", **variables) == {"username": "jane", "password": "word"}


def test_an_option_without_a_variable_is_left_to_the_module() -> None:
    assert looked_up("cluster", my_context="east-1", kubeconfig="of another prefix") == {"context": "east-1"}
    assert looked_up("api") == {}


def test_a_variable_that_is_omitted_is_left_out_like_one_that_is_not_there() -> None:
    variables = {"my_context": trust_as_template("{{ omit }}"), "my_host": trust_as_template("https://{{ name }}:6443")}
    assert looked_up("cluster", name="east-1", **variables) == {"host": "https://east-1:6443"}


@pytest.mark.parametrize(
    "variables, found",
    [
        ({}, {"context": "east-1"}),
        ({"my_kubeconfig": "k"}, {"kubeconfig": "k", "context": "east-1"}),
        ({"my_context": "east-2"}, {"context": "east-2"}),
        ({"my_host": "https://k:6443"}, {"host": "https://k:6443"}),
        ({"my_context": trust_as_template("{{ omit }}")}, {"context": "east-1"}),
        ({"my_context": ""}, {"context": "east-1"}),
        ({"my_context": None, "my_host": "  "}, {"context": "east-1"}),
        ({"my_context": trust_as_template("{{ nothing | default('') }}")}, {"context": "east-1"}),
        ({"my_context": "", "my_host": "https://k:6443"}, {"host": "https://k:6443"}),
    ],
)
def test_the_context_is_another_one_only_where_no_variable_names_the_cluster(
    variables: dict[str, Any], found: dict[str, Any]
) -> None:
    assert looked_up("cluster", or_context="east-1", **variables) == found
    assert "context" not in looked_up("release", or_context="east-1", **variables)


OF_TASKS = {"my_tasks_release": "t", "my_release": "f", "my_namespace": "n", "my_token": "of functions"}


@pytest.mark.parametrize(
    "service, variables, found",
    [
        ("functions", OF_TASKS, {"release": "f", "namespace": "n", "token": "of functions"}),
        ("tasks", OF_TASKS, {"release": "t", "namespace": "n"}),
        ("tasks", OF_TASKS | {"my_tasks_namespace": "m"}, {"release": "t", "namespace": "m"}),
        ("tasks", {"my_tasks_token": "key", "my_api_timeout": 9}, {"token": "key", "api_timeout": 9}),
    ],
)
def test_a_service_has_variables_of_its_own_and_shares_those_that_can_be(
    service: str, variables: dict[str, Any], found: dict[str, Any]
) -> None:
    assert looked_up("release", "api", service=service, **variables) == found | {"service": service}


def test_a_service_that_there_is_not_is_refused() -> None:
    with pytest.raises(AnsibleError, match="there is no service 'task': name one of functions, tasks"):
        looked_up("release", service="task")


def test_several_groups_become_one_dictionary() -> None:
    assert looked_up("helm", "chart", my_timeout=60, my_chart_ref="oci://r/c") == {
        "timeout": 60,
        "chart_ref": "oci://r/c",
    }


def test_values_keep_their_types() -> None:
    assert looked_up("cluster", my_validate_certs=False, my_impersonate_groups=["a", "b"]) == {
        "validate_certs": False,
        "impersonate_groups": ["a", "b"],
    }


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(AnsibleError, match="no group of options 'clusters': choose from cluster, release, api"):
        looked_up("clusters")


@pytest.mark.parametrize("name", MODULES)
def test_every_option_of_a_group_is_one_of_the_modules_in_that_action_group(name: str) -> None:
    spec = operation_of(name).argument_spec
    for group in ("cluster", "release", "api"):
        options = set(GROUPS[group])
        assert options <= set(spec) or not options & set(spec), f"{name} has some options of {group} only"


def test_what_is_called_otherwise_is_given_as_it_is_and_wins() -> None:
    loader, variables = DataLoader(), {"my_namespace": "nvcf"}
    lookup = LookupModule(loader, Templar(loader, variables=variables))
    [options] = lookup.run(["release"], variables, prefix="my_", ask_api=True, namespace="other")
    assert options == {"namespace": "other", "ask_api": True}


def test_a_prefix_must_be_given() -> None:
    loader = DataLoader()
    with pytest.raises(AnsibleError, match="wants a prefix"):
        LookupModule(loader, Templar(loader, variables={})).run(["cluster"], {})


def test_what_ought_to_be_there_is_named_like_in_the_audit() -> None:
    assert set(GROUPS["wanted"]) <= set(operation_of("recognized_registry_audit").argument_spec)


KNOWN = ["registries", "on_pending", "namespace", "context"]


@pytest.mark.parametrize(
    "name, meant",
    [("regsitries", "registries"), ("registry", "registries"), ("on_pendng", "on_pending"), ("namespce", "namespace")],
)
@pytest.mark.parametrize("known", [KNOWN, ", ".join(KNOWN)], ids=["list", "text"])
def test_a_variable_that_is_misspelled_is_refused_with_the_right_name(
    name: str, meant: str, known: Sequence[str] | str
) -> None:
    with pytest.raises(AnsibleError, match=f"no variable my_{name}, .* Did you mean my_{meant}\\?"):
        looked_up("release", known=known, **{f"my_{name}": "x"})


def test_a_variable_like_none_is_warned_of_and_one_of_which_another_is_made_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text: told.append(text))
    looked_up("release", known=["registries", "context"], my_registries_base=[], my_zone="east", other_regsitries=[])
    assert told == ["there is no variable my_zone, so it changes nothing."]


def test_the_role_knows_all_its_variables() -> None:
    """Those of its argument specs, of both entries, and of its defaults."""
    role = ROOT / "roles/registry_allowlist"
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    documented = {name for entry in specs.values() for name in entry["options"]}
    documented |= set(yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8")))
    known = yaml.safe_load((role / "vars/main.yml").read_text(encoding="utf-8"))["__registry_allowlist_known"].split(
        ","
    )
    assert sorted(f"registry_allowlist_{name}" for name in known) == sorted(documented)
