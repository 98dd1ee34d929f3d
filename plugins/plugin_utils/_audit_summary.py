# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdicts of an audit of many clusters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils._release_state.findings import NOT_LOOKED_AT, UNREADABLE, VERDICTS

LISTED = (*NOT_LOOKED_AT, "drifted")
"""Verdicts whose hosts are listed for a workflow."""
NAMES = 10
"""So many hosts are named on the terminal."""


def summed_up(verdicts: Mapping[str, str | None]) -> dict[str, Any]:
    """What a task returns about these hosts; of None no audit has come to an end, so that nothing is known of them."""
    by_verdict: dict[str, list[str]] = {}
    for host, verdict in verdicts.items():
        by_verdict.setdefault(verdict or UNREADABLE, []).append(host)
    listed = {f"nvcf_{verdict}": by_verdict[verdict] for verdict in LISTED if verdict in by_verdict}
    return {
        "changed": False,
        "verdicts": by_verdict,
        "msg": _sentence(by_verdict),
        **({"ansible_stats": {"data": listed, "aggregate": True, "per_host": False}} if listed else {}),
    }


def _sentence(by_verdict: Mapping[str, list[str]]) -> str:
    parts = [
        f"{len(by_verdict[verdict]):,} {verdict}{_named(by_verdict[verdict]) if verdict != 'ok' else ''}"
        for verdict in reversed(VERDICTS)
        if verdict in by_verdict
    ]
    total = sum(map(len, by_verdict.values()))
    return f"Audit of {total:,} cluster{'' if total == 1 else 's'}: {', '.join(parts) or 'none'}."


def _named(hosts: list[str]) -> str:
    more = f" and {len(hosts) - NAMES:,} more" if len(hosts) > NAMES else ""
    return f" ({', '.join(hosts[:NAMES])}{more})"
