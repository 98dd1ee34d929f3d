# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups clusters that are in the same state for the same cause: a thousand rows, a handful of causes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .model import Row, State

_PARTICULAR = re.compile(r"[\w./:-]*\d[\w./:-]*")
"""Words with a digit: names of pods, revisions, ports, times. They differ where the cause is the same."""


@dataclass(frozen=True, kw_only=True)
class CauseGroup:
    """The clusters that share a cause, with the message of the first of them."""

    state: State
    text: str
    next_step: str
    hosts: tuple[str, ...]


def group_by_cause(rows: Iterable[Row]) -> list[CauseGroup]:
    """The rows that need another run or attention, ordered by state, then by the number of clusters."""
    groups: dict[tuple[State, str, str], list[Row]] = {}
    for row in rows:
        if row.state.urgent or not row.state.done:
            groups.setdefault((row.state, _without_particulars(row), row.next_step), []).append(row)
    found = [
        CauseGroup(state=state, text=group[0].cause, next_step=next_step, hosts=tuple(row.host for row in group))
        for (state, _text, next_step), group in groups.items()
    ]
    return sorted(found, key=lambda cause: (cause.state.rank, -len(cause.hosts)))


def _without_particulars(row: Row) -> str:
    text = row.cause
    for name in (row.host, row.facts.cluster):
        if name and name in text:
            # Whole words only: a cluster named `east` is not meant by the word `least`.
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "*", text)
    return _PARTICULAR.sub("*", text)


def first_names(hosts: tuple[str, ...], few: int) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(hosts) - few:,} more" if len(hosts) > few else ""
    return ", ".join(hosts[:few]) + more
