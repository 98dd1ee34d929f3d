# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a cluster from what is known of each of its services. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ...module_utils._runtime.services import SERVICES
from .model import Facts, Finding

_WORST_FIRST = ("unreachable", "unreadable", "drifted", "warning", "ok")


def merged(services: Iterable[Facts]) -> Facts:
    """The facts of one service as they are; of several all that they say, each text with the service's name."""
    order = list(SERVICES)
    parts = tuple(sorted(services, key=lambda facts: order.index(facts.service) if facts.service in order else -1))
    if len(parts) < 2:
        return parts[0] if parts else Facts()
    return replace(
        parts[0],
        parts=parts,
        cluster=next(filter(None, (part.cluster for part in parts)), ""),
        release=_joined(parts, lambda part: part.release),
        status=_joined(parts, lambda part: part.status),
        chart=_joined(parts, lambda part: part.chart),
        app_version=_joined(parts, lambda part: part.app_version),
        registries=tuple(registry for part in parts for registry in part.registries),
        change=_by_service(parts, lambda part: part.change),
        removed=(),
        written=any(part.written for part in parts),
        planned=any(part.planned for part in parts),
        restored=_restored(parts),
        restoration=_by_service(parts, lambda part: part.restoration),
        settled=all(part.settled for part in parts),
        pending=_by_service(parts, lambda part: part.pending),
        stranded=_named(parts, lambda part: part.stranded),
        drift=_named(parts, lambda part: part.drift),
        disagreements=_named(parts, lambda part: part.disagreements),
        problems=_named(parts, lambda part: part.problems),
        next_sync_drops=_named(parts, lambda part: part.next_sync_drops),
        pods=_by_service(parts, lambda part: part.pods),
        tried=_named(parts, lambda part: part.tried),
        verdict=next((word for word in _WORST_FIRST if any(part.verdict == word for part in parts)), ""),
        nothing_wanted=any(part.nothing_wanted for part in parts),
        findings=_findings(parts),
        fragment=None,
    )


def _findings(parts: Iterable[Facts]) -> tuple[Finding, ...]:
    found = [replace(finding, text=_by(part, finding.text)) for part in parts for finding in part.findings]
    return tuple(sorted(found, key=lambda finding: finding.severity != "error"))


def _restored(parts: Iterable[Facts]) -> bool | None:
    """Whether all that was written was rolled back; None if no rollback was attempted."""
    if all(part.restored is None for part in parts):
        return None
    return all(part.restored is True for part in parts if part.written)


def _by(part: Facts, text: str) -> str:
    return f"{part.service}: {text}"


def _named(parts: Iterable[Facts], field: Callable[[Facts], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(_by(part, text) for part in parts for text in field(part))


def _by_service(parts: Iterable[Facts], field: Callable[[Facts], str]) -> str:
    return "; ".join(_by(part, text.removesuffix(".")) for part in parts if (text := field(part)))


def _joined(parts: Iterable[Facts], field: Callable[[Facts], str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, map(field, parts))))
