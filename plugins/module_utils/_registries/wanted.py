# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What registries are wanted, as the options say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._runtime.errors import InputError
from .._runtime.input_rules import shown
from .._runtime.options import option
from .rules import RecognizedRegistry, check, check_artifact_type, check_together

State = Literal["present", "absent", "exact"]
OnExisting = Literal["fail", "replace", "keep"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One entry of the option `registries`, as given; what is not given is None."""

    key: str | None = None
    name: str | None = None
    hostname: str | None = None
    artifact_type: str = "CONTAINER"
    allow_unvalidated: bool = False

    @property
    def mark(self) -> tuple[str, str | None]:
        """What a registry has in an index that a removal of this entry means. `ghcr` and `GHCR` are one key."""
        return ("hostname", self.hostname) if self.key is None else ("key", self.key.lower())


def _entries(given: Iterable[Mapping[str, Any]]) -> tuple[Wanted, ...]:
    return tuple(Wanted(**entry) for entry in given)


_REGISTRIES: Mapping[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {"no_log": False},
        "name": {},
        "hostname": {},
        "artifact_type": {"default": "CONTAINER"},
        "allow_unvalidated": {"type": "bool", "default": False},
    },
    "convert": _entries,
}
_STATE: Mapping[str, Any] = {"choices": ["present", "absent", "exact"], "default": "present"}


@dataclass(frozen=True, kw_only=True)
class ChangeOptions:
    """The registries that a change is about, and what is to become of them."""

    registries: tuple[Wanted, ...] = option(required=True, **_REGISTRIES)
    state: State = option(**_STATE)


@dataclass(frozen=True, kw_only=True)
class JudgeOptions:
    """The registries that a look evaluates by, and what should have become of them."""

    registries: tuple[Wanted, ...] | None = option(**_REGISTRIES)
    """None: nothing is wanted, so what is there is reported and not evaluated."""
    state: State = option(**_STATE)

    @property
    def compared_with(self) -> tuple[Wanted, ...] | None:
        """What is wanted; None for nothing, and where none are to be there or to go, which is not a wish either."""
        return self.registries if self.registries or self.state == "exact" else None


def check_wanted(wanted: Sequence[Wanted], state: State) -> tuple[str, ...]:
    """Checks the option `registries` by itself, before any cluster is asked.

    Returns warnings. Raises InputError.
    """
    for entry in wanted:
        check_artifact_type(entry.artifact_type)
    if state == "absent":
        if not wanted:
            raise InputError("registries is empty: list the registries to remove, by key or hostname.")
        if any(entry.key is None and entry.hostname is None for entry in wanted):
            raise InputError("registries: each entry to remove needs a key or a hostname.")
        return ()
    if state == "present" and not wanted:
        raise InputError("registries is empty: list the registries to add, or use state exact to remove all.")
    registries = [whole(entry) for entry in wanted]
    warnings = [
        warning
        for entry, registry in zip(wanted, registries, strict=True)
        for warning in check(registry, allow_unvalidated=entry.allow_unvalidated)
    ]
    check_together(registries)
    return tuple(warnings)


def whole(entry: Wanted) -> RecognizedRegistry:
    """The registry that an entry adds. Raises InputError when a part of it is missing."""
    if entry.key is not None and entry.name is not None and entry.hostname is not None:
        return RecognizedRegistry(key=entry.key, name=entry.name, hostname=entry.hostname)
    given = {"key": entry.key, "name": entry.name, "hostname": entry.hostname}
    missing = [field for field, value in given.items() if value is None]
    reported = ", ".join(f"{field} {shown(value)}" for field, value in given.items() if value is not None)
    raise InputError(
        f"registries: the entry with {reported or 'nothing in it'} has no {' and no '.join(missing)}. "
        "The API needs key, name and hostname; it does not start with an incomplete entry."
    )
