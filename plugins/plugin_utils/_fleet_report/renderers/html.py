# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML page that needs no server and no network, and can be read without JavaScript.

The markup is assets/page.html.j2, with style and script in files beside it; here is what the template asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from textwrap import shorten

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ..grouping import CauseGroup, first_names, group_by_cause
from ..model import LEVELS, PHASES, Registry, Report, Row, duration_text

ASSETS = Path(__file__).parents[1] / "assets"
FEW = 12
"""Up to this number, names are written out."""


@dataclass(frozen=True, kw_only=True)
class PhaseTimes:
    """The time that a phase took, over all clusters."""

    name: str
    clusters: int
    median: float
    slowest: float
    slowest_host: str


def render_html(report: Report) -> str:
    """The page."""
    return _page().render(report=report, causes=_causes_of_many(report), phases=_phase_times(report))


@cache
def _page() -> Template:
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "details": _details,
        "duration_text": duration_text,
        "other_names": _other_names,
        "shorten": shorten,
        "first_names": first_names,
        "thousands": "{:,}".format,
    }
    environment.globals |= {
        "few": FEW,
        "script": (ASSETS / "page.js").read_text(encoding="utf-8"),
        "style": (ASSETS / "page.css").read_text(encoding="utf-8"),
    }
    return environment.get_template("page.html.j2")


def _causes_of_many(report: Report) -> list[CauseGroup]:
    """The causes, unless so few clusters have one that each is seen in the table at once."""
    found = group_by_cause(report.rows)
    return found if sum(len(cause.hosts) for cause in found) > FEW else []


def _other_names(row: Row) -> str:
    """The name that the kubeconfig has for the cluster, if it is another one, and the host's groups."""
    cluster = row.facts.cluster if row.facts.cluster != row.host else ""
    return " ".join(filter(None, (cluster, *row.groups)))


def _details(row: Row) -> list[tuple[str, str]]:
    """Headings and texts of all that is known about a cluster and is not shown elsewhere."""
    return [(heading, text) for heading, text in _entries(row) if text]


def _entries(row: Row) -> Iterator[tuple[str, str]]:
    facts = row.facts
    if not (row.cause or row.next_step):
        yield "failed task", row.failed_task
    yield "release", " ".join(filter(None, (facts.release, facts.status)))
    yield "chart", " ".join(filter(None, (facts.chart, f"(app {facts.app_version})" if facts.app_version else "")))
    for registry in facts.registries:
        yield f"registry {registry.label}", _levels(registry)
    for finding in facts.findings:
        yield finding.severity, f"{finding.text} {finding.next_step}"
    yield from facts.notes
    yield "wave", str(row.wave or "")
    yield "time", ", ".join(f"{phase} {duration_text(seconds)}" for phase, seconds in row.phases)


def _levels(registry: Registry) -> str:
    known = [(level, has) for level, has in zip(LEVELS, registry.levels, strict=True) if has is not None]
    levels = ", ".join(level if has else f"not {level}" for level, has in known)
    return f"{', '.join(filter(None, (registry.hostname, registry.name)))}: {levels or 'not checked'}"


def _phase_times(report: Report) -> list[PhaseTimes]:
    """In the order of the role."""
    spent: dict[str, list[tuple[float, str]]] = {}
    for row in report.rows:
        for phase, seconds in row.phases:
            spent.setdefault(phase, []).append((seconds, row.host))
    return [
        PhaseTimes(
            name=phase,
            clusters=len(spent[phase]),
            median=median(seconds for seconds, _host in spent[phase]),
            slowest=max(spent[phase])[0],
            slowest_host=max(spent[phase])[1],
        )
        for phase in PHASES
        if phase in spent
    ]
