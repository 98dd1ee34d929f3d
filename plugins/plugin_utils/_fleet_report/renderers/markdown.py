# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for a ticket or a merge request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Fragment, Report, Row, duration_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#@&!])")
HEADINGS = ("cluster", "state", "wave", "revision", "registries", "time")


def render_markdown(report: Report) -> str:
    """The headline, the table, the clusters that require action, and the values for the deployer."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_plain(report.title)}"
    yield ""
    yield f"**{_plain(report.headline)}**"
    yield ""
    mode = ", check mode" if report.check_mode else ""
    yield (
        f"{_plain(report.playbook)}{mode}, {report.ending}; started {report.started.isoformat(timespec='seconds')}, "
        f"took {duration_text(report.seconds)}."
    )
    yield ""
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---|---|--:|---|---|--:|"
    for row in report.rows:
        yield f"| {' | '.join(_cells(row))} |"
    urgent = [row for row in report.rows if row.state.urgent and (row.cause or row.next_step)]
    if urgent:
        yield ""
        yield "## Action required"
        yield ""
        for row in urgent:
            yield f"- **{_plain(row.host)}**: {_plain(row.state.label)}"
            if row.cause:
                yield f"  - cause: {_plain(row.cause)}"
            if row.next_step:
                yield f"  - next: {_plain(row.next_step)}"
    if report.fragments:
        yield ""
        yield "## Values for the deployer"
        yield ""
        yield (
            "Update the values file that deploys the release as follows, or the HelmRelease or Application if a block "
            "names one. Its next deployment removes registries that the values lack, and adds those that they still "
            "have."
        )
        for fragment in report.fragments:
            yield from _fragment(fragment, report)


def _cells(row: Row) -> tuple[str, ...]:
    texts = (row.host, row.state.label, str(row.wave or ""), row.facts.revision, row.registries, row.time)
    return tuple(_plain(text) for text in texts)


def _fragment(fragment: Fragment, report: Report) -> Iterator[str]:
    yield ""
    everywhere = len(fragment.hosts) == len(report.rows)
    yield f"For {'all clusters' if everywhere else ', '.join(map(_plain, fragment.hosts))}:"
    if fragment.values:
        yield ""
        yield "```yaml"
        yield fragment.values.rstrip().replace("```", "` ` `")
        yield "```"
    if fragment.removed:
        yield ""
        yield f"Remove: {', '.join(f'`{name}`' for name in fragment.removed)}."


def _plain(text: str) -> str:
    """The text on one line, with the special characters of Markdown and HTML escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
