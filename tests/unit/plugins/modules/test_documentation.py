# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the documentation says is what the argument spec does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.environment import VARIABLES
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.given import prepared
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import ranges
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._in_process_action import OPTIONS_FROM
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import ACTIONS, MODULES, operation_of

FRAGMENTS = "ansible_collections.fleetops.nvcf.plugins.doc_fragments"


def fragment(name: str) -> dict[str, Any]:
    """`fleetops.nvcf.release.helm` is the attribute HELM of the fragment in release.py."""
    file, _dot, attribute = name.removeprefix("fleetops.nvcf.").partition(".")
    text = getattr(import_module(f"{FRAGMENTS}.{file}").ModuleDocFragment, (attribute or "documentation").upper())
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def documentation(name: str) -> dict[str, Any]:
    """The module's own documentation with its fragments."""
    document: dict[str, Any] = yaml.safe_load(MODULES[name].DOCUMENTATION)
    options, attributes = dict(document.get("options") or {}), dict(document["attributes"])
    for used in document.get("extends_documentation_fragment") or []:
        inherited = fragment(used).get("options") or {}
        assert not options.keys() & inherited.keys()
        options |= inherited
        for attribute, common in (fragment(used).get("attributes") or {}).items():
            attributes[attribute] = common | attributes.get(attribute, {})
    return document | {"options": options, "attributes": attributes}


ROLE = Path(__file__).resolve().parents[4] / "roles" / "registry_allowlist" / "meta" / "argument_specs.yml"
OTHERWISE = {"pull_check_timeout": "probe_timeout", "rollback_revision": "revision"}
"""Variables of the role that are called otherwise than the option that they are given to."""


def role_options(entry: str) -> dict[str, Any]:
    """The variables of one of the role's entries, without their prefix."""
    options = yaml.safe_load(ROLE.read_text(encoding="utf-8"))["argument_specs"][entry]["options"]
    return {name.removeprefix("registry_allowlist_"): option for name, option in options.items()}


def described(option: Mapping[str, Any]) -> dict[str, Any]:
    """What a documented option says about its values."""
    inner = option.get("suboptions") or {}
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "choices": option.get("choices"),
        "aliases": sorted(option.get("aliases") or []),
        "options": {name: described(one) for name, one in inner.items()},
    }


def specified(option: Mapping[str, Any]) -> dict[str, Any]:
    """The same of the argument spec."""
    inner = option.get("options") or {}
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "choices": option.get("choices"),
        "aliases": sorted(option.get("aliases") or []),
        "options": {name: specified(one) for name, one in inner.items()},
    }


@pytest.fixture(params=sorted(MODULES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_option_is_documented_as_it_is(name: str) -> None:
    documented = {option: described(text) for option, text in documentation(name)["options"].items()}
    assert documented == {option: specified(spec) for option, spec in operation_of(name).argument_spec.items()}


def test_the_range_of_every_number_is_documented_as_it_is(name: str) -> None:
    operation = operation_of(name)
    known = ranges(operation.options)
    assert known.keys() == {option for option, spec in operation.argument_spec.items() if spec.get("type") == "int"}
    for option, (least, greatest, _unit) in known.items():
        text = str(documentation(name)["options"][option]["description"])
        assert f"From V({least}) to V({greatest})." in text, option
        default = operation.argument_spec[option].get("default", least)
        assert least <= default <= greatest


@pytest.mark.parametrize("entry", ["main", "audit", "release_rollback"])
def test_the_range_of_every_number_of_the_role_is_documented_as_it_is(entry: str) -> None:
    known = {option: found for name in MODULES for option, found in ranges(operation_of(name).options).items()}
    numbers = {name: option for name, option in role_options(entry).items() if option["type"] == "int"}
    assert numbers
    for name, option in numbers.items():
        least, greatest, _unit = known[OTHERWISE.get(name, name)]
        assert f"From V({least}) to V({greatest})." in str(option["description"]), name


def test_every_option_that_may_come_from_a_variable_names_it(name: str) -> None:
    documented = documentation(name)["options"]
    for option, variable in VARIABLES.items():
        if option != "proxy_headers":
            assert f"E({variable})" in str(documented[option]["description"]), option


@pytest.mark.parametrize("option", ["api_key", "password", "token", "proxy"])
def test_what_may_hold_a_secret_is_never_shown(name: str, option: str) -> None:
    spec = operation_of(name).argument_spec
    assert spec.get(option, {"no_log": True})["no_log"] is True


def test_the_documentation_is_that_of_the_module(name: str) -> None:
    document = documentation(name)
    assert document["module"] == name
    assert document["attributes"]["check_mode"]["support"] == "full"


def test_the_attributes_are_those_of_the_module(name: str) -> None:
    attributes = documentation(name)["attributes"]
    assert all(one["description"] and one["support"] for one in attributes.values())
    groups = yaml.safe_load((ROLE.parents[3] / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    members = [f"fleetops.nvcf.{group}" for group, modules in groups.items() if name in modules]
    assert attributes["action_group"]["membership"] == members
    several = OPTIONS_FROM in operation_of(name).argument_spec
    assert ACTIONS[name]._supports_async
    assert attributes["async"]["support"] == ("partial" if several else "full")


def test_every_example_is_a_task_that_the_module_takes(name: str) -> None:
    operation = operation_of(name)
    mine = f"fleetops.nvcf.{name}"
    tasks = [task for task in yaml.safe_load(MODULES[name].EXAMPLES) if mine in task]
    assert tasks
    for task in tasks:
        assert task["name"]
        validator = ArgumentSpecValidator(dict(operation.argument_spec), **operation.constraints)
        given = prepared(task[mine], operation.argument_spec, operation.shorthands)
        assert validator.validate(given).error_messages == []


def test_every_value_that_is_returned_has_a_description_and_a_type(name: str) -> None:
    for key, value in yaml.safe_load(MODULES[name].RETURN).items():
        assert value["description"], key
        assert value["returned"], key
        assert value["type"] in {"str", "int", "float", "bool", "dict", "list", "raw"}, key
