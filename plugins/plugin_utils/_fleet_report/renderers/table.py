# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..grouping import first_names, group_by_cause
from ..model import Report, Row, duration_text

MAX_ROWS = 40
"""Of more clusters only the causes are listed."""
HEADINGS = ("cluster", "state", "wave", "revision", "registries", "time")
NUMBERS = (2, 5)
CAUSE_LINES = 6
INDENT = 11
NAMES = 12


def render_table(report: Report, *, width: int) -> str:
    """The table, then the headline, so that it is the last line."""
    lines = list(_table(report.rows, width) if len(report.rows) <= MAX_ROWS else _causes(report, width))
    mode = "check mode, " if report.check_mode else ""
    ending = "" if report.ending == "finished" else f"{report.ending}, "
    lines.append(f"{report.headline[:-1]} ({mode}{ending}{duration_text(report.seconds)}).")
    return "\n".join(lines)


def _table(rows: Sequence[Row], width: int) -> Iterator[str]:
    table = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    yield _line(HEADINGS, widths)
    for row, cells in zip(rows, table[1:], strict=True):
        yield _line(cells, widths)
        if row.state.urgent:
            yield from _paragraph("cause", row.cause, width)
            yield from _paragraph("next", row.next_step, width)


def _causes(report: Report, width: int) -> Iterator[str]:
    for cause in group_by_cause(report.rows):
        yield from _wrapped(f"{len(cause.hosts):,} {cause.state.label}: ", first_names(cause.hosts, NAMES), width)
        yield from _paragraph("cause", cause.text, width)
        yield from _paragraph("next", cause.next_step, width)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.host,
        row.state.label,
        str(row.wave or ""),
        row.facts.revision,
        row.registries,
        row.time,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column in NUMBERS else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _paragraph(heading: str, text: str, width: int) -> list[str]:
    return _wrapped(f"    {heading + ':':7}", text, width)


def _wrapped(heading: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width=max(40, width - 1),
        initial_indent=heading,
        subsequent_indent=" " * INDENT,
        max_lines=CAUSE_LINES,
        placeholder=" ...",
    )
