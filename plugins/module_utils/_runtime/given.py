# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task gives as options, before Ansible makes of it what the options' types say. Pure.

Ansible turns whatever is given for a text into one: a list becomes its form in Python, and 1.10 becomes 1.1. A survey
of AWX gives an empty text for each question that was left open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from .errors import InputError
from .input_rules import shown
from .options import Spec

CONTEXT = ("context", "kube_context")
"""The option that says which cluster, and its alias."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    tuple: "a list",
    dict: "a map",
    date: "a date",
    type(None): "nothing",
}
_NO_TEXT = tuple(kind for kind in _KINDS if kind is not str)
"""Whatever is none of these is text in another guise, as one that ansible-core 2.18 has encrypted."""


def prepared(params: Mapping[str, Any], spec: Spec, shorthands: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The options that are given at all. Raises InputError for one of another kind than Ansible is to make of it."""
    _refuse_blank_context(params)
    whole = dict(params)
    for name, part in (shorthands or {}).items():
        if isinstance(whole.get(name), (list, tuple)):
            whole[name] = [one if isinstance(one, _NO_TEXT) else {part: one} for one in whole[name]]
            for entry in whole[name]:
                _refuse_blank_context(entry if isinstance(entry, Mapping) else {})
    return _prepared(whole, spec, "")


def _refuse_blank_context(params: Mapping[str, Any]) -> None:
    given = [params[name] for name in CONTEXT if name in params]
    if given and all(map(is_blank, given)) and is_blank(params.get("host")):
        raise InputError(
            "context is empty or consists of spaces, for example because a variable is undefined, and the current "
            "context of the kubeconfig may be another cluster. Set the context, or omit the option.",
            field="context",
        )


def is_blank(value: Any) -> bool:
    """Whether it is what a template leaves that finds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def _prepared(params: Mapping[str, Any], spec: Spec, where: str) -> dict[str, Any]:
    aliases, found = _aliases(spec), dict[str, Any]()
    for name, value in params.items():
        option = spec.get(aliases.get(name, name))
        if option is not None and not option.get("required") and _nothing(value, option):
            continue
        found[name] = value if option is None else _of_kind(f"{where}{name}", value, option)
    for alias, name in aliases.items():
        if alias in found and found.get(name, found[alias]) != found[alias]:
            raise InputError(
                f"{where}{name} and its alias {alias} are both set, to different values. Keep one.",
                field=f"{where}{name}",
            )
    return found


def overlaid(options: Mapping[str, Any], own: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """The options, with what `own` says instead, by whichever of its names an option is given in either."""
    aliases = _aliases(spec)
    said = {aliases.get(name, name) for name in own}
    return {name: value for name, value in options.items() if aliases.get(name, name) not in said} | dict(own)


def _aliases(spec: Spec) -> dict[str, str]:
    return {alias: name for name, option in spec.items() for alias in option.get("aliases", ())}


def _nothing(value: Any, option: Mapping[str, Any]) -> bool:
    """A list of registries has no empty text for an empty list."""
    return value is None or (isinstance(value, str) and not value and option.get("elements") != "dict")


def _of_kind(name: str, value: Any, option: Mapping[str, Any]) -> Any:
    kind, hidden = option.get("type", "str"), bool(option.get("no_log"))
    if kind in ("str", "path"):
        if isinstance(value, _NO_TEXT):
            raise _other(name, "text", value, "Put it in quotes", hidden=hidden)
        value = _as_text(value)
    if isinstance(value, str) and _SURROGATE.search(value):
        # No module could be given it: neither JSON nor a file takes it.
        raise InputError(
            f"{name}: it contains an incomplete Unicode character (a lone surrogate). Remove it.", field=name
        )
    if kind == "int" and isinstance(value, bool):
        raise _other(name, "a number", value, "Give a number", hidden=hidden)
    if kind == "dict" and not isinstance(value, (Mapping, str)):
        raise _other(name, "a map", value, "Give names and values", hidden=hidden)
    if kind == "list" and option.get("elements") == "dict":
        return _maps(name, value, option["options"])
    if kind == "list" and not isinstance(value, str):
        return _texts(name, value)
    return value


def _as_text(value: Any) -> str:
    """Text as it is; what is text in another guise is what it becomes."""
    return value if isinstance(value, str) else str(value)


def _maps(name: str, value: Any, options: Spec) -> list[Any]:
    parts = f"with {', '.join(options)}"
    if not isinstance(value, (list, tuple)):
        raise _other(name, f"a list of maps {parts}", value, "Write each entry with a dash before it")
    for number, entry in enumerate(value):
        if not isinstance(entry, Mapping):
            raise _other(f"{name}[{number}]", f"a map {parts}", entry, "Write the name of each part before it")
    return [_prepared(entry, options, f"{name}[{number}].") for number, entry in enumerate(value)]


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise _other(name, "a list of texts", value, "Write each with a dash before it")
    for number, item in enumerate(value):
        if isinstance(item, _NO_TEXT):
            raise _other(f"{name}[{number}]", "text", item, "Put it in quotes")
    return list(map(_as_text, value))


def _other(name: str, wanted: str, value: Any, cure: str, *, hidden: bool = False) -> InputError:
    kind = next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "something else")
    echo = "" if hidden or value is None or isinstance(value, (list, tuple, Mapping)) else f" ({shown(value)})"
    return InputError(f"{name}: expected {wanted}, got {kind}{echo}. {cure}.", field=name)
