# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""`${...}` in configuration values, as Spring Boot resolves it while it binds."""

from __future__ import annotations

from collections.abc import Mapping


def resolve(value: str, env: Mapping[str, str], *, _open: tuple[str, ...] = ()) -> str:
    """Replace `${NAME}` and `${NAME:default}`, nested ones too.

    What cannot be resolved stays as it is written: binding ignores it, unlike Spring's `@Value`. A placeholder that
    leads back to itself stays as well.
    """
    start = value.find("${")
    if start < 0:
        return value
    end = _closing_brace(value, start + 2)
    if end < 0:
        return value
    body = resolve(value[start + 2 : end], env, _open=_open)
    rest = resolve(value[end + 1 :], env, _open=_open)
    name, colon, default = body.partition(":")
    found = None if body in _open else _lookup(body, env)
    if found is None and colon and name not in _open:
        body, found = name, _lookup(name, env)
        if found is None:
            found = default
    replacement = f"${{{body}}}" if found is None else resolve(found, env, _open=(*_open, body))
    return value[:start] + replacement + rest


def _closing_brace(value: str, position: int) -> int:
    depth = 1
    while position < len(value):
        if value.startswith("${", position):
            depth += 1
            position += 1
        elif value[position] == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def _lookup(name: str, env: Mapping[str, str]) -> str | None:
    """A property `some.name-here` is also found in the variable SOME_NAME_HERE."""
    relaxed = name.replace(".", "_").replace("-", "_")
    return next((env[spelling] for spelling in (name, relaxed, relaxed.upper()) if spelling in env), None)
