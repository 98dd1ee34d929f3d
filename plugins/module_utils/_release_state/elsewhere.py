# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries that the API recognizes and has not from the pairs in its values, and what they mean. Pure.

They come from SPRING_APPLICATION_JSON, a remote configuration or the image. A second entry of the same host or name
keeps the API from starting, and no change of the pairs takes them away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._helm.storage import Release
from .._registries.configured import variables
from .._registries.levels import Levels, selection
from .._registries.wanted import State, Wanted


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """One such registry."""

    level: Levels
    source: str
    """Where it is set, as far as that can be seen; the place, and never what else is set there."""
    also: str
    """Key of a pair in the values that has the same host or name; empty where there is none."""
    conflict: str
    """Why what is wanted cannot come true because of it; empty where it is in the way of nothing."""

    @property
    def env(self) -> str:
        """Where in the values the pairs are."""
        return self.level.registry.service.env

    @property
    def text(self) -> str:
        """What it is."""
        return f"{_who(self.level)}, and not from the pairs in {self.env}, but from {self.source}{_beside(self.also)}"

    def facts(self) -> dict[str, Any]:
        """For results and reports: `name`, `hostname`, `source`."""
        registry = self.level.registry
        return {"name": registry.name, "hostname": registry.hostname, "source": self.source}


def recognized_elsewhere(
    levels: Sequence[Levels], release: Release, wanted: Sequence[Wanted] | None, state: State
) -> list[Elsewhere]:
    """All of them, each with what it is in the way of."""
    found = []
    for level in levels:
        if level.elsewhere:
            also = next((other.registry.key for other in levels if other.stored and _alike(other, level)), "")
            one = Elsewhere(level=level, source=_source(release, level), also=also, conflict="")
            found.append(one if wanted is None else replace(one, conflict=_conflict(one, wanted, state)))
    return found


def _alike(one: Levels, other: Levels) -> bool:
    return one.registry.hostname == other.registry.hostname or one.registry.name == other.registry.name


def _beside(key: str) -> str:
    return f"; the release also contains {key}, and the API may not start again with both" if key else ""


def _conflict(found: Elsewhere, wanted: Sequence[Wanted], state: State) -> str:
    level, what = found.level, f"{found.text}."
    if state == "absent":
        gone = selection(wanted)(level)
        return (
            f"{what} A removal from {found.env} does not remove that entry: remove it where it is set." if gone else ""
        )
    if found.also and any(entry.key == found.also for entry in wanted):
        return f"{what} Remove one of the two entries."
    for entry in wanted:
        if entry.hostname == level.registry.hostname:
            return f"{what} A second entry can prevent the API from starting and is not needed: do not add {entry.key}."
        if entry.name == level.registry.name:
            return (
                f"{what} A second entry of this name can prevent the API from starting: choose another name "
                f"for {entry.key}."
            )
    return f"{what} State exact requires that it is removed: remove it where it is set." if state == "exact" else ""


def _who(level: Levels) -> str:
    name = f" ({level.registry.name})" if level.registry.name else ""
    return f"the running API recognizes {level.registry.hostname}{name}"


def _source(release: Release, level: Levels) -> str:
    places = list(_places(release, str(level.registry.hostname)))
    return " and ".join(places) or "an unknown place (the image, another object, a manual edit)"


def _places(release: Release, hostname: str) -> Iterator[str]:
    """Where the release sets registries in another way, and this host is among them."""
    service, env = release.service, release.env
    ours = set(variables(env, service))
    for name, value in env.items():
        if name not in ours and _sets(name, value, hostname):
            yield f"{service.env}.{name}"
    if hostname in json.dumps((release.values.get(service.root) or {}).get("remoteConfig"), default=str):
        yield f"{service.root}.remoteConfig"
    for name, value in release.workload.container_env.items():
        if _sets(name, value, hostname):
            yield f"the variable {name} of the API's container"


def _sets(name: str, value: object, hostname: str) -> bool:
    return hostname in str(value) and "recognized" in f"{name}={value}".lower()
