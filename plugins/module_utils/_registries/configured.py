# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recognized registries that an environment map holds, as they are: whole, half, misspelled. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypedDict

from .._runtime.errors import InputError
from .._runtime.services import Service
from .rules import NATIVE_HOSTS, NATIVE_KEYS, NATIVE_NAMES, RecognizedRegistry, check, check_hostname

_BOUND = re.compile(r"[A-Za-z0-9-]+")


class HeldFacts(TypedDict):
    """One registry of a release; None for a missing half."""

    key: str
    name: str | None
    hostname: str | None


@dataclass(frozen=True, kw_only=True, order=True)
class HeldRegistry:
    """What the environment says under one key, spelled as it is there."""

    service: Service = field(compare=False, repr=False)
    """Whose environment it is."""
    key: str
    name: str | None
    hostname: str | None

    @property
    def bound(self) -> bool:
        """False for a key that the API drops silently."""
        return _BOUND.fullmatch(self.key) is not None

    @property
    def native(self) -> bool:
        """Whether the key is one of the API's own: it then configures a built-in kind, and adds nothing beside it."""
        return self.key.upper() in NATIVE_KEYS

    @property
    def listed(self) -> tuple[str | None, str | None]:
        """Name and hostname under which the API lists it: of built-in kinds it knows one or both by itself."""
        key = self.key.lower()
        name, hostname = self.service.built_in.get(key, (None, None))
        return self.service.self_hosted.get(key) or self.said.get("name", name), self.said.get("hostname", hostname)

    @property
    def said(self) -> dict[str, str]:
        """The halves that say something, by field. An empty one is no more to the API than a missing one."""
        halves = {"name": self.name, "hostname": self.hostname}
        return {field: value for field, value in halves.items() if value and value.strip()}

    @property
    def whole(self) -> tuple[str, str] | None:
        """Name and hostname; None when a half is missing or empty."""
        said = self.said
        return (said["name"], said["hostname"]) if len(said) == 2 else None

    def items(self) -> list[tuple[str, str]]:
        """The variables that are there, with their values."""
        values = zip(self.variables, (self.name, self.hostname), strict=True)
        return [(variable, value) for variable, value in values if value is not None]

    @property
    def variables(self) -> tuple[str, str]:
        """The two variables of its key, whether they are there or not."""
        prefix = self.service.variable_prefix
        return f"{prefix}{self.key}_NAME", f"{prefix}{self.key}_HOSTNAME"

    @property
    def public(self) -> tuple[str, ...]:
        """The texts that an error may quote."""
        return tuple(self.said.values())

    def facts(self) -> HeldFacts:
        """For results and reports."""
        return {"key": self.key, "name": self.name, "hostname": self.hostname}

    def __str__(self) -> str:
        return f"{self.key}={self.hostname}" if "hostname" in self.said else self.key


class HeldIndex:
    """Held registries that are found by what they have, however many there are."""

    def __init__(self, registries: Iterable[HeldRegistry]) -> None:
        self._by_key: dict[str, HeldRegistry] = {}
        self._keys: dict[tuple[str, str | None], set[str]] = {}
        for registry in registries:
            self.add(registry)

    def add(self, registry: HeldRegistry) -> None:
        """Holds it, in the place of one with the very same key."""
        if former := self._by_key.get(registry.key):
            self.remove(former)
        self._by_key[registry.key] = registry
        for mark in _marks(registry):
            self._keys.setdefault(mark, set()).add(registry.key)

    def remove(self, registry: HeldRegistry) -> None:
        """Holds it no longer."""
        del self._by_key[registry.key]
        for mark in _marks(registry):
            self._keys[mark].discard(registry.key)

    def get(self, key: str) -> HeldRegistry | None:
        """The one with this key, spelled like this."""
        return self._by_key.get(key)

    def having(self, *marks: tuple[str, str | None]) -> list[HeldRegistry]:
        """Those that have any of these, by key: `key` in lower case, `hostname`, or a `listed` name or hostname."""
        found: set[str] = set().union(*(self._keys.get(mark, ()) for mark in marks))
        return [self._by_key[key] for key in sorted(found)]


def _marks(registry: HeldRegistry) -> set[tuple[str, str | None]]:
    name, hostname = registry.listed
    return {
        ("key", registry.key.lower()),
        ("hostname", registry.hostname),
        ("listed name", name),
        ("listed hostname", hostname),
    }


class ProblemFacts(TypedDict):
    """Why a registry of a release does not work."""

    key: str
    fatal: bool
    problem: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a held registry does not do what its author meant."""

    key: str
    fatal: bool
    """True when the API does not start with it."""
    text: str

    def facts(self) -> ProblemFacts:
        """For results and reports."""
        return {"key": self.key, "fatal": self.fatal, "problem": self.text}


@cache
def _variable(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}(?P<key>.+)_(?P<part>NAME|HOSTNAME)")


def variables(env: Iterable[str], service: Service) -> list[str]:
    """The names in `env` that are the variables of recognized registries of the service."""
    pattern = _variable(service.variable_prefix)
    return [name for name in env if pattern.fullmatch(name)]


def held(env: Mapping[str, Any], service: Service) -> tuple[HeldRegistry, ...]:
    """The registries of a service in its map of the values or a ConfigMap's data, by key.

    A null counts as missing, but its key is held: the chart renders an empty value for it.
    """
    pattern = _variable(service.variable_prefix)
    pairs: dict[str, dict[str, str | None]] = {}
    for variable, value in env.items():
        if match := pattern.fullmatch(variable):
            pairs.setdefault(match["key"], {})[match["part"]] = _rendered(value)
    return tuple(
        HeldRegistry(service=service, key=key, name=pair.get("NAME"), hostname=pair.get("HOSTNAME"))
        for key, pair in sorted(pairs.items())
    )


def _rendered(value: Any) -> str | None:
    """The text that a template makes of a scalar."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def problems(registries: Iterable[HeldRegistry]) -> list[Problem]:
    """Everything that is wrong with them, the fatal first."""
    registries = tuple(registries)
    found = [problem for registry in registries for problem in _alone(registry)]
    found += _duplicates([registry for registry in registries if registry.bound])
    return sorted(found, key=lambda problem: (not problem.fatal, problem.key, problem.text))


def _alone(registry: HeldRegistry) -> Iterable[Problem]:
    if registry.key.upper() in registry.service.fatal_keys:
        yield Problem(key=registry.key, fatal=True, text="it shadows the built-in ECR_PUBLIC: the API does not start")
    elif not registry.bound:
        text = "the API drops a key with an underscore or a dot silently, and keeps rejecting the host"
        yield Problem(key=registry.key, fatal=False, text=text)
    elif missing := " and ".join(_missing(registry)):
        yield Problem(key=registry.key, fatal=True, text=f"{missing} is missing or empty: the API does not start")
    elif registry.key.lower() in registry.service.built_in:
        yield from _overridden(registry)
    elif whole := registry.whole:
        yield from _useless(registry, *whole)


def _missing(registry: HeldRegistry) -> Iterable[str]:
    """The halves without which the API does not start. What is built in has both, but an empty replaces one."""
    built_in = registry.key.lower() in registry.service.built_in
    for part, value in (("NAME", registry.name), ("HOSTNAME", registry.hostname)):
        if not (built_in if value is None else value.strip()):
            yield part


def _overridden(registry: HeldRegistry) -> Iterable[Problem]:
    _name, original = registry.service.built_in[registry.key.lower()]
    if registry.listed[1] != original:
        text = f"it replaces the built-in host {original}, so images on that host are rejected"
        yield Problem(key=registry.key, fatal=False, text=text)


def _useless(registry: HeldRegistry, name: str, hostname: str) -> Iterable[Problem]:
    try:
        if registry.native:
            check_hostname(hostname)
        else:
            check(RecognizedRegistry(key=registry.key.upper(), name=name, hostname=hostname), allow_unvalidated=True)
    except InputError as error:
        # Of a built-in one's name and host it is reported that they are there twice.
        if registry.native or (name not in NATIVE_NAMES and hostname not in NATIVE_HOSTS):
            yield Problem(key=registry.key, fatal=False, text=str(error))


def _duplicates(registries: Iterable[HeldRegistry]) -> Iterable[Problem]:
    """As the API lists them: a name of a self-hosted kind is taken even where that kind is not configured."""
    registries = tuple(registries)
    if not registries:
        return
    service = registries[0].service
    overridden = {registry.key.lower() for registry in registries}
    builtin = [pair for key, pair in service.built_in.items() if key not in overridden]
    names = (*(name for name, _host in builtin), *service.self_hosted.values())
    owners = {("NAME", name): "a built-in registry" for name in names}
    owners |= {("HOSTNAME", hostname): "a built-in registry" for _name, hostname in builtin}
    keys: dict[str, str] = {}
    for registry in registries:
        key = registry.key
        if (other := keys.setdefault(key.lower(), key)) != key:
            text = f"it is the same key as {other}: the API reads only one of them"
            yield Problem(key=key, fatal=False, text=text)
            continue
        for part, value in zip(("NAME", "HOSTNAME"), registry.listed, strict=True):
            owner = None if value is None else owners.setdefault((part, value), key)
            if owner not in (None, key) and not (part == "NAME" and key.lower() in service.self_hosted):
                text = f"{part} {value!r} is also that of {owner}: the API does not start"
                yield Problem(key=key, fatal=True, text=text)
