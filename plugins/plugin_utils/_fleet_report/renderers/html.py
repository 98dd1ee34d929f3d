# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one page that needs nothing else: no server, no network, not even JavaScript to be read.

Every text passes through `escape`; script and style stand in files beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from statistics import median
from textwrap import shorten

from ..grouping import causes, some
from ..model import LEVELS, PHASES, Report, Row, in_words

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
COLUMNS = (
    ("Cluster", ""),
    ("State", ""),
    ("Wave", "n wide"),
    ("Revision", ""),
    ("Registries", "wide"),
    ("Time", "n wide"),
)
FEW = 12
"""Names that are written out."""


def render_html(report: Report) -> str:
    """The page."""
    return "\n".join(
        (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)}: {escape(report.headline)}</title>",
            f"<style>{_asset('page.css')}</style></head><body>",
            *_head(report),
            "<main>",
            *_overview(report),
            *_why(report),
            *_clusters(report),
            *_rerun(report),
            *_stack(report),
            *_times(report),
            "<footer>Written by fleetops.nvcf.fleet_report. Nothing on this page was loaded from elsewhere.</footer>",
            f"</main><script>{_asset('page.js')}</script></body></html>\n",
        )
    )


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parents[1] / "assets" / name).read_text(encoding="utf-8")


def _head(report: Report) -> Iterator[str]:
    endings = {
        "finished": "ran to its end",
        "stopped": "stopped by a wave with failures",
        "interrupted": "interrupted",
        "running": "still running when this was written, or killed",
    }
    mode = " in check mode: nothing was written" if report.check_mode else ""
    started = f'<time datetime="{report.started.isoformat()}">{report.started:%Y-%m-%d %H:%M:%S %Z}</time>'
    yield f'<header class="top"><div><h1>{escape(report.title)}</h1>'
    yield f'<p class="headline">{escape(report.headline)}</p>'
    yield f'<p class="meta">{escape(report.playbook)}{mode} &middot; started {started} &middot; '
    yield f"took {in_words(report.seconds)} &middot; {endings[report.ending]}</p></div></header>"


def _overview(report: Report) -> Iterator[str]:
    yield '<ul class="tiles">'
    yield f'<li><div class="tile" data-state=""><b>{len(report.rows):,}</b> <span>clusters</span></div></li>'
    for state, count in report.totals:
        tile = (
            f'<div class="tile {state.tone}" data-state="{state.key}"><b>{count:,}</b> <span>{state.label}</span></div>'
        )
        yield f"<li>{tile}</li>"
    yield "</ul>"
    words = ", ".join(f"{count} {state.label}" for state, count in report.totals)
    parts = "".join(f'<i class="{state.tone}" style="flex:{count}"></i>' for state, count in report.totals)
    yield f'<div class="bar" role="img" aria-label="{escape(words)}">{parts}</div>'


def _why(report: Report) -> Iterator[str]:
    found = causes(report.rows)
    if sum(len(cause.hosts) for cause in found) <= FEW:
        return
    yield "<h2>Why</h2>"
    yield '<div class="card"><table class="why">'
    yield "<caption>The same cause is told once, as the first cluster tells it.</caption>"
    yield '<thead><tr><th scope="col">Clusters</th><th scope="col">Cause</th>'
    yield '<th scope="col" class="wide">Where</th></tr></thead><tbody>'
    for cause in found:
        text = escape(shorten(cause.text or cause.next_step, 300, placeholder=" ..."))
        yield f'<tr class="{cause.state.tone}"><td><b>{len(cause.hosts):,}</b> '
        yield f'<span class="chip">{cause.state.label}</span></td><td>{text}</td>'
        yield f'<td class="wide">{escape(some(cause.hosts, 4))}</td></tr>'
    yield "</tbody></table></div>"


def _clusters(report: Report) -> Iterator[str]:
    yield '<div class="tools" hidden><label for="filter">Filter</label>'
    yield '<input id="filter" type="search" autocomplete="off" spellcheck="false"'
    yield ' placeholder="name, group, state, cause" aria-controls="clusters"><span role="status"></span></div>'
    yield '<div class="card"><table id="clusters">'
    yield "<caption>Clusters, those that need you first.</caption><thead><tr>"
    for title, kind in COLUMNS:
        order = "ascending" if title == "State" else "none"
        yield f'<th scope="col" class="{kind}" aria-sort="{order}">{title}</th>'
    yield "</tr></thead>"
    for row in report.rows:
        yield "".join(_cluster(row))
    yield "</table></div>"


def _cluster(row: Row) -> Iterator[str]:
    state, facts = row.state, row.facts
    unfolded = " data-open" if state.urgent and (row.cause or row.next_step) else ""
    other_name = facts.cluster if facts.cluster != row.host else ""
    small = " ".join(filter(None, (other_name, " ".join(row.groups))))
    yield f'<tbody data-state="{state.key}" class="{state.tone}"{unfolded}><tr>'
    yield f'<th scope="row">{escape(row.host)}{f"<small>{escape(small)}</small>" if small else ""}</th>'
    yield f'<td data-v="{state.rank}"><span class="chip">{state.label}</span></td>'
    yield f'<td class="n wide">{row.wave or ""}</td>'
    yield f'<td class="rev" data-v="{facts.after or 0}">{escape(facts.revision).replace("-&gt;", "&rarr;")}</td>'
    yield f'<td class="wide">{"".join(_registries(row))}</td>'
    yield f'<td class="n wide" data-v="{row.seconds:.2f}">{row.time}</td></tr>'
    yield f'<tr class="more"><td colspan="{len(COLUMNS)}">{"".join(_more(row))}</td></tr></tbody>'


def _registries(row: Row) -> Iterator[str]:
    for registry in row.facts.registries:
        fine = registry.verdict == "ok"
        told = "" if fine else f" {registry.verdict} levels"
        yield f'<span class="reg {"good" if fine else "warn"}">{escape(registry.label)}{told}</span>'


def _more(row: Row) -> Iterator[str]:
    if row.cause or row.next_step:
        said = (("Cause", row.cause), ("Next step", row.next_step))
        paragraphs = (f"<p><b>{heading}</b>{escape(text)}</p>" for heading, text in said if text)
        yield f'<div class="say">{"".join(paragraphs)}</div>'
    entries = [f"<dt>{escape(heading)}</dt><dd>{escape(text)}</dd>" for heading, text in _entries(row) if text]
    told = f"<dl>{''.join(entries)}</dl>" if entries else "Nothing is known about it."
    # What a person needs at once stands alone.
    yield f"<details><summary>Details</summary>{told}</details>" if row.state.urgent and entries else told


def _entries(row: Row) -> Iterator[tuple[str, str]]:
    facts = row.facts
    yield "failed at", row.failed_task
    yield "release", " ".join(filter(None, (facts.release, facts.status)))
    yield "chart", " ".join(filter(None, (facts.chart, f"(app {facts.app_version})" if facts.app_version else "")))
    for registry in facts.registries:
        levels = [
            f"{'not ' if there is False else ''}{level}"
            for level, there in zip(LEVELS, registry.levels, strict=True)
            if there is not None
        ]
        name = ", ".join(filter(None, (registry.hostname, registry.name)))
        yield f"registry {registry.key}", f"{name}: {', '.join(levels) or 'not looked at'}"
    for finding in facts.findings:
        yield finding.severity, f"{finding.text} {finding.next_step}"
    yield from facts.notes
    yield "wave", str(row.wave or "")
    yield "time", ", ".join(f"{phase} {in_words(seconds)}" for phase, seconds in row.phases)


def _rerun(report: Report) -> Iterator[str]:
    if report.unfinished:
        yield "<h2>When the causes are cured</h2>"
        yield "<p>Run the same command for what is left. It changes nothing where all is well.</p>"
        few = ",".join(report.unfinished) if len(report.unfinished) <= FEW else "@unfinished.txt"
        yield f"<pre>--limit {escape(few)}</pre>"


def _stack(report: Report) -> Iterator[str]:
    if not report.fragments:
        return
    yield "<h2>Values for the stack</h2>"
    yield "<p>The next sync of the stack that deploys the release drops what is not in its own values.</p>"
    for fragment in report.fragments:
        everywhere = len(fragment.hosts) == len(report.rows)
        yield f"<p>For {'all clusters' if everywhere else escape(some(fragment.hosts, FEW))}:</p>"
        if fragment.values:
            yield f"<pre>{escape(fragment.values.rstrip())}</pre>"
        if fragment.removed:
            yield f"<p>Take out: {', '.join(f'<code>{escape(name)}</code>' for name in fragment.removed)}</p>"


def _times(report: Report) -> Iterator[str]:
    spent: dict[str, list[tuple[float, str]]] = {}
    for row in report.rows:
        for phase, seconds in row.phases:
            spent.setdefault(phase, []).append((seconds, row.host))
    if not spent:
        return
    yield '<h2>Where the time went</h2><div class="card small"><table><caption>Seconds per cluster, by phase.</caption>'
    yield '<thead><tr><th scope="col">Phase</th><th scope="col" class="n">Clusters</th>'
    yield '<th scope="col" class="n">Median</th><th scope="col" class="n">Slowest</th>'
    yield '<th scope="col" class="wide">Where</th></tr></thead><tbody>'
    for phase, times in sorted(spent.items(), key=lambda item: PHASES.index(item[0])):
        slowest, host = max(times)
        middle = in_words(median(seconds for seconds, _host in times))
        yield f'<tr><th scope="row">{escape(phase)}</th><td class="n">{len(times):,}</td><td class="n">{middle}</td>'
        yield f'<td class="n">{in_words(slowest)}</td><td class="wide">{escape(host)}</td></tr>'
    yield "</tbody></table></div>"
    ran = [wave for wave in report.waves if wave.seconds is not None]
    if len(report.waves) > 1 and ran:
        yield (
            "<p>"
            + ", ".join(
                f"wave {wave.number} of {wave.of} ({wave.size:,} {'cluster' if wave.size == 1 else 'clusters'}): "
                f"{in_words(wave.seconds or 0)}"
                for wave in ran
            )
            + ".</p>"
        )
