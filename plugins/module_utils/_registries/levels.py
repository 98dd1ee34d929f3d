# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The levels at which a registry is or is not there, and where they disagree. Pure.

stored: the deployed revision's values. rendered: the live ConfigMap. running: the environment of the serving pods.
recognized: the API's own list. accepted: what the API says to an image of its host. Each can be ahead of the next one:
that is how a change goes wrong silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._runtime.services import Service
from .configured import HeldRegistry
from .rules import NATIVE_HOSTS, bare_host, native
from .wanted import State, Wanted

NAMES = ("stored", "rendered", "running", "recognized", "accepted")
"""In the order in which a change reaches them."""


@dataclass(frozen=True, kw_only=True)
class Levels:
    """One registry at all levels; None where a level is not known."""

    registry: HeldRegistry
    stored: bool
    rendered: bool
    running: bool | None
    recognized: bool | None
    accepted: bool | None = None
    elsewhere: bool = False
    """True when the API knows it although its pods are known to have been started with no such pair."""

    @property
    def disagreement(self) -> str:
        """What a person should know, empty when all known levels agree."""
        known = {name: value for name in NAMES if (value := getattr(self, name)) is not None}
        if len(set(known.values())) == 1:
            return ""
        there = [name for name, value in known.items() if value]
        missing = [name for name, value in known.items() if not value]
        return f"{_who(self.registry)} is {' and '.join(there)}, but not {' and '.join(missing)}"

    @property
    def nowhere(self) -> bool:
        """True when no level knows it any longer, and none is unknown."""
        return not (self.stored or self.rendered or self.recognized or self.accepted) and self.running is False

    @property
    def everywhere(self) -> bool:
        """True when all levels have it; what the API says counts only as far as it was asked."""
        asked = self.recognized is not False and self.accepted is not False
        return self.stored and self.rendered and self.running is True and asked

    def facts(self) -> dict[str, Any]:
        """For results and reports: `key`, `name`, `hostname`, and a bool or None for each level."""
        return {
            **self.registry.facts(),
            "stored": self.stored,
            "rendered": self.rendered,
            "running": self.running,
            "recognized": self.recognized,
            "accepted": self.accepted,
        }


def compare(
    service: Service,
    *,
    stored: Sequence[HeldRegistry],
    rendered: Sequence[HeldRegistry],
    running: Sequence[HeldRegistry] | None,
    recognized: Sequence[Mapping[str, str]] | None,
    accepted: Mapping[str, bool | None] | None = None,
) -> list[Levels]:
    """Every registry that any level knows, by key. The API's built-in ones are left out.

    `accepted` is by hostname; what was not asked for, or not answered, is not known.
    """
    asked = accepted or {}
    listed = [] if recognized is None else recognized
    rows: dict[tuple[str | None, str | None], Mapping[str, str]] = {
        (row["name"], row["hostname"]): row for row in listed
    }
    found = sorted({*stored, *rendered, *(running or ())}, key=lambda r: (r.key, r.hostname or "", r.name or ""))
    bound = None if running is None else {registry.listed for registry in running if registry.bound}
    in_stored, in_rendered, in_running = set(stored), set(rendered), set(running or ())
    levels = [
        Levels(
            registry=registry,
            stored=registry in in_stored,
            rendered=registry in in_rendered,
            running=None if running is None else registry in in_running,
            recognized=None if recognized is None else registry.listed in rows,
            accepted=asked.get(registry.hostname or ""),
            elsewhere=bound is not None
            and registry.listed in rows
            and registry.listed not in bound
            and not registry.native,
        )
        for registry in found
    ]
    known = {registry.listed for registry in found}
    strangers = [row for pair, row in rows.items() if pair not in known and row["hostname"] not in NATIVE_HOSTS]
    levels += [
        _stranger(service, row, running_known=running is not None, recognized=True, accepted=asked.get(row["hostname"]))
        for row in strangers
        if row["hostname"]
    ]
    # A service that lists nothing shows what it has from elsewhere only when it is asked.
    hosts = {level.registry.hostname for level in levels}
    return levels + [
        _stranger(service, {"hostname": host}, running_known=running is not None, recognized=None, accepted=True)
        for host, answer in sorted(asked.items())
        if answer and recognized is None and host not in hosts and not native(host)
    ]


def unmet(levels: Sequence[Levels], wanted: Sequence[Wanted], state: State) -> list[str]:
    """One sentence for each wanted registry that is not what `state` says, at every level."""
    if state == "absent":
        meant = selection(wanted)
        left = [level for level in levels if meant(level) and not level.nowhere]
        return [f"{_who(level.registry)} is still {_where(level)}" for level in left]
    reported = []
    # Two levels may hold a key with different data: only the row with the wanted data is the wanted registry's.
    rows: dict[tuple[str | None, str | None, str | None], Levels] = {
        (row.registry.key, row.registry.name, row.registry.hostname): row for row in levels
    }
    for entry in wanted:
        level = rows.get((entry.key, entry.name, entry.hostname))
        if level is None:
            reported.append(f"{entry.key} ({entry.hostname}) is not stored")
        elif not level.everywhere:
            reported.append(level.disagreement or f"{_who(level.registry)}: not all pods are known to run with it")
    if state == "exact":
        # What is built in is configured by anyone who runs the stack, and is not a recognized registry of anyone's.
        others = [level for level in levels if not level.registry.native]
        # Of what only the API knows, the key is not known.
        keys, pairs = {entry.key for entry in wanted}, {(entry.name, entry.hostname) for entry in wanted}
        extra = [
            level
            for level in others
            if level.registry.key not in keys and (level.registry.name, level.registry.hostname) not in pairs
        ]
        reported += [f"{_who(level.registry)} is {_where(level)}, but not in registries" for level in extra]
    return reported


def selection(wanted: Sequence[Wanted]) -> Callable[[Levels], bool]:
    """Decides whether a removal of the entries applies to what is there."""
    keys = {entry.key.lower() for entry in wanted if entry.key is not None}
    given = {entry.hostname for entry in wanted if entry.hostname is not None}
    hosts = given | set(map(bare_host, given))
    nothing = any(entry.key is None and entry.hostname is None for entry in wanted)

    def means(level: Levels) -> bool:
        key, hostname = level.registry.key.lower(), level.registry.hostname
        return key in keys or hostname in hosts or (nothing and hostname is None)

    return means


def _who(registry: HeldRegistry) -> str:
    if not registry.key:
        return str(registry.hostname)
    return f"{registry.key} ({registry.hostname})" if registry.hostname else registry.key


def _where(level: Levels) -> str:
    facts = level.facts()
    return " and ".join(name for name in NAMES if facts[name]) or "in a pod"


def _stranger(
    service: Service,
    row: Mapping[str, str],
    *,
    running_known: bool,
    recognized: bool | None,
    accepted: bool | None,
) -> Levels:
    """What only the API knows: left over in a pod that runs with an older environment, or set by other means."""
    return Levels(
        registry=HeldRegistry(service=service, key="", name=row.get("name"), hostname=row["hostname"]),
        stored=False,
        rendered=False,
        running=False if running_known else None,
        recognized=recognized,
        accepted=accepted,
        elsewhere=running_known,
    )
