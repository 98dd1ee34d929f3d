# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a task gives is of the kind that its option is, before Ansible makes a text of everything."""

from __future__ import annotations

from collections import UserString
from datetime import date
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.given import prepared
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import Spec
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import MODULES, operation_of
from hypothesis import given
from hypothesis import strategies as st

SPEC = operation_of("recognized_registry").argument_spec
SPECS = [operation_of(name).argument_spec for name in sorted(MODULES)]
NO_TEXT = st.booleans() | st.integers() | st.floats() | st.lists(st.text()) | st.dictionaries(st.text(), st.text())
PARTS = "key, name, hostname, artifact_type, allow_unvalidated"


def of_type(*types: str) -> list[tuple[Spec, str]]:
    return [(spec, name) for spec in SPECS for name, one in spec.items() if one.get("type", "str") in types]


@given(st.sampled_from(of_type("str", "path")), NO_TEXT)
def test_a_text_is_never_made_of_anything_else(option: tuple[Spec, str], value: Any) -> None:
    spec, name = option
    with pytest.raises(InputError) as caught:
        prepared({name: value}, spec)
    assert str(caught.value).startswith(f"{name}: expected text, got ")
    assert len(str(caught.value)) < 400


@given(st.sampled_from(["key", "name", "hostname", "artifact_type"]), NO_TEXT)
def test_nor_is_a_part_of_a_registry(part: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        prepared({"registries": [GHCR, GHCR | {part: value}]}, SPEC)
    assert str(caught.value).startswith(f"registries[1].{part}: expected text, got ")


@pytest.mark.parametrize(
    "value,told",
    [
        ("ghcr.io", f"registries: expected a list of maps with {PARTS}, got text ('ghcr.io')."),
        ("", f"registries: expected a list of maps with {PARTS}, got text ('')."),
        (GHCR, f"registries: expected a list of maps with {PARTS}, got a map."),
        (7, f"registries: expected a list of maps with {PARTS}, got a number (7)."),
        (["ghcr.io"], f"registries[0]: expected a map with {PARTS}, got text ('ghcr.io')."),
        ([GHCR, [GHCR]], f"registries[1]: expected a map with {PARTS}, got a list."),
        ([None], f"registries[0]: expected a map with {PARTS}, got nothing."),
    ],
)
def test_registries_are_a_list_of_maps(value: Any, told: str) -> None:
    with pytest.raises(InputError) as caught:
        prepared({"registries": value}, SPEC)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    "name,value,told",
    [
        ("impersonate_groups", {"a": 1}, "impersonate_groups: expected a list of texts, got a map."),
        ("impersonate_groups", ["a", 1], "impersonate_groups[1]: expected text, got a number (1)."),
        ("proxy_headers", ["a"], "proxy_headers: expected a map, got a list."),
        ("timeout", True, "timeout: expected a number, got true or false (True)."),
    ],
)
def test_what_is_of_another_kind_is_named_with_what_was_given(name: str, value: Any, told: str) -> None:
    with pytest.raises(InputError) as caught:
        prepared({name: value}, SPEC)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("name", ["api_key", "proxy", "registry_password"])
def test_what_is_secret_is_not_quoted(name: str) -> None:
    with pytest.raises(InputError) as caught:
        prepared({name: 4711_0815}, SPEC)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("spec", SPECS)
def test_an_empty_text_is_an_option_that_was_not_given(spec: Spec) -> None:
    """As AWX sends the questions of a survey that were left open; what is required is still missing then."""
    optional = [name for name, one in spec.items() if not one.get("required") and one.get("elements") != "dict"]
    left_open = [name for name in optional if name != "context"]
    assert prepared(dict.fromkeys(left_open, ""), spec) == prepared(dict.fromkeys(left_open), spec) == {}
    aliases = [alias for one in spec.values() for alias in one.get("aliases", ()) if alias != "kube_context"]
    assert prepared(dict.fromkeys(aliases, ""), spec) == {}


def test_an_option_with_two_values_under_its_two_names_is_refused_without_quoting_them() -> None:
    told = "registry_password and its alias repo_password are both set, to different values. Keep one."
    with pytest.raises(InputError) as caught:
        prepared({"repo_password": "canary", "registry_password": "other"}, SPEC)
    assert str(caught.value) == told
    assert prepared({"kube_context": "east", "context": "east"}, SPEC)
    assert prepared({"kube_context": "east", "context": None}, SPEC) == {"kube_context": "east"}


@pytest.mark.parametrize("name", ["context", "kube_context"])
@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_context_is_not_the_current_one(name: str, blank: str | None) -> None:
    with pytest.raises(InputError, match="context is empty"):
        prepared({name: blank, "host": blank}, SPEC)
    assert prepared({"context": "" if blank == "  " else blank, "host": "https://a"}, SPEC) == {"host": "https://a"}


def test_an_empty_part_of_a_registry_was_not_given_either() -> None:
    found = prepared({"registries": [{"key": "", "name": "", "hostname": "ghcr.io"}]}, SPEC)
    assert found == {"registries": [{"hostname": "ghcr.io"}]}


def test_what_is_right_stays_as_it_is() -> None:
    right: dict[str, Any] = {"registries": [GHCR], "timeout": "60", "context": "a", "impersonate_groups": "a,b"}
    assert prepared(right | {"unknown": 1}, SPEC) == right | {"unknown": 1}


def test_what_ansible_has_encrypted_is_text_and_a_date_is_none() -> None:
    class Encrypted(UserString):
        """Of ansible-core 2.18: no text of Python's, and known by what it becomes."""

    hidden = Encrypted("secret")
    found = prepared({"api_key": hidden, "impersonate_groups": [hidden]}, SPEC)
    assert found == {"api_key": "secret", "impersonate_groups": ["secret"]}
    assert isinstance(found["api_key"], str), "Ansible's own conversion does not know the other one"
    with pytest.raises(InputError, match="expected text, got a date"):
        prepared({"registries": [{"name": date(2026, 11, 28)}]}, SPEC)


def test_a_text_stands_for_one_part_of_an_entry_where_the_operation_says_so() -> None:
    spec = {"clusters": {"type": "list", "elements": "dict", "options": {"context": {}, "host": {}}}}
    given = {"clusters": ["gpu-1", {"host": "https://a", "context": ""}]}
    assert prepared(given, spec, {"clusters": "context"}) == {"clusters": [{"context": "gpu-1"}, {"host": "https://a"}]}
    assert given["clusters"][0] == "gpu-1", "what the task says is left as it is"
    with pytest.raises(InputError, match=r"clusters\[0\]: expected a map"):
        prepared(given, spec)
    for blank in ("", "  ", None):
        entry = {"context": blank}
        with pytest.raises(InputError, match="context is empty"):
            prepared({"clusters": [entry]}, spec, {"clusters": "context"})
