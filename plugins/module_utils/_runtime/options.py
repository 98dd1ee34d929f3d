# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a module as frozen dataclasses: one definition for Ansible, which checks them, and for the code. Pure.

A field made by `option` is one option of the module, under its own name. A field made by `group` is a dataclass of
options that several modules share. Options are parsed once, where an operation is entered; below that nothing takes
them as a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, TypeVar

from .input_rules import Rule, between, secret, text

Spec = Mapping[str, Mapping[str, Any]]
"""An argument spec as AnsibleModule takes it."""
Parsed = TypeVar("Parsed")


def option(
    *,
    required: bool = False,
    default: Any = None,
    convert: Callable[[Any], Any] | None = None,
    variable: str | None = None,
    rule: Rule | None = None,
    within: tuple[int, int, str] | None = None,
    **spec: Any,
) -> Any:
    """A field that is an option; `spec` is what AnsibleModule gets beside `required` and `default`.

    `convert` makes the field's value of an option that was given; a list becomes a tuple anyway. What is `no_log` is
    not in the dataclass's repr. `variable` is the end of the name of an environment variable of which Ansible knows
    nothing. `within` is the least and the greatest number, with its unit; `rule` is what a text must keep beside being
    one that can be seen.
    """
    if within:
        rule = between(*within)
    elif spec.get("type", "str") in ("str", "path", "list") and rule is None and "options" not in spec:
        rule = secret if spec.get("no_log") else text
    if required:
        spec["required"] = True
    if default is not None:
        spec["default"] = default
    return field(  # pylint: disable=invalid-field-call # the class that calls this is the dataclass
        default=MISSING if required else _frozen(default),
        repr=not spec.get("no_log"),
        metadata={"spec": spec, "convert": convert or _frozen, "rule": rule, "within": within}
        | ({"variable": variable} if variable else {}),
    )


def group(options: type) -> Any:
    """A field that holds a dataclass of options."""
    # pylint: disable-next=invalid-field-call # the class that calls this is the dataclass
    return field(default_factory=options, metadata={"group": options})


def argument_spec(options: type) -> dict[str, dict[str, Any]]:
    """What AnsibleModule needs to know about all options in a dataclass and its groups."""
    spec: dict[str, dict[str, Any]] = {}
    for one in fields(options):
        spec |= argument_spec(one.metadata["group"]) if "group" in one.metadata else {one.name: one.metadata["spec"]}
    return spec


def parse(options: type[Parsed], params: Mapping[str, Any]) -> Parsed:
    """The dataclass with the values in `params`, which Ansible has checked by the same definition.

    Raises InputError for a value of the right kind that no option of its name has.
    """
    values: dict[str, Any] = {}
    for one in fields(options):  # type: ignore[arg-type] # mypy knows no name for a class that is a dataclass
        if "group" in one.metadata:
            values[one.name] = parse(one.metadata["group"], params)
        elif params[one.name] is not None:
            _check(one.metadata["rule"], one.name, params[one.name])
            values[one.name] = one.metadata["convert"](params[one.name])
    return options(**values)


def ranges(options: type) -> dict[str, tuple[int, int, str]]:
    """Of each option that is a number in a range its least and its greatest value, and its unit."""
    found: dict[str, tuple[int, int, str]] = {}
    for one in fields(options):
        if "group" in one.metadata:
            found |= ranges(one.metadata["group"])
        elif one.metadata["within"]:
            found[one.name] = one.metadata["within"]
    return found


def _check(rule: Rule | None, name: str, value: Any) -> None:
    if rule is None:
        return
    if isinstance(value, Mapping):
        for part, one in value.items():
            _check(rule, f"{name}.{part}", one)
    elif value is not None:
        for item in value if isinstance(value, list) else [value]:
            rule(name, item)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
