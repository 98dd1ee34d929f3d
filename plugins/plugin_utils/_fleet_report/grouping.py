# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that are in the same state for the same reason: a thousand rows, a handful of causes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .model import Row, State

_PARTICULAR = re.compile(r"[\w./:-]*\d[\w./:-]*")
"""Words with a digit: names of pods, revisions, ports, times."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason, in the words of the first cluster that has it."""

    state: State
    text: str
    next_step: str
    hosts: tuple[str, ...]


def causes(rows: Iterable[Row]) -> list[Cause]:
    """The rows that need another run or a look, by state and then by how many clusters share the reason."""
    kin: dict[tuple[State, str, str], list[Row]] = {}
    for row in rows:
        if row.state.urgent or not row.state.done:
            kin.setdefault((row.state, _essence(row), row.next_step), []).append(row)
    found = [
        Cause(state=state, text=group[0].cause, next_step=next_step, hosts=tuple(row.host for row in group))
        for (state, _text, next_step), group in kin.items()
    ]
    return sorted(found, key=lambda cause: (cause.state.rank, -len(cause.hosts)))


def _essence(row: Row) -> str:
    text = row.cause
    for name in (row.host, row.facts.cluster):
        if name and name in text:
            # Whole words only: of a cluster named `east` the word `least` tells nothing.
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "*", text)
    return _PARTICULAR.sub("*", text)


def some(hosts: tuple[str, ...], few: int) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(hosts) - few:,} more" if len(hosts) > few else ""
    return ", ".join(hosts[:few]) + more
