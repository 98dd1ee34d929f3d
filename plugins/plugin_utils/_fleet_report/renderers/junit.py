# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for CI servers: each cluster is a test case. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..model import Report, Row, State

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML does not allow, not even escaped."""

ERRORS = (State.UNREACHABLE, State.UNREADABLE, State.INTERRUPTED, State.RUNNING)
"""States in which nothing is known about the cluster itself."""
SKIPPED = (State.NOT_REACHED, State.HALTED, State.NOTHING_WANTED, State.SKIPPED)


def render_junit(report: Report) -> str:
    """One test suite."""
    kinds = [_kind(row.state) for row in report.rows]
    suite = ElementTree.Element(
        "testsuite",
        name=_xml(report.title),
        tests=str(len(report.rows)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=f"{report.seconds:.3f}",
        timestamp=report.started.isoformat(timespec="seconds"),
    )
    for row, kind in zip(report.rows, kinds, strict=True):
        case = ElementTree.SubElement(
            suite, "testcase", name=_xml(row.host), classname=_xml(report.playbook), time=f"{row.seconds:.3f}"
        )
        if kind:
            why = ElementTree.SubElement(case, kind, message=_xml(row.cause or row.state.label))
            if kind != "skipped":
                why.set("type", row.state.key)
            why.text = _xml("\n".join(filter(None, (row.cause, row.next_step))))
        ElementTree.SubElement(case, "system-out").text = _xml(_output(row))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _kind(state: State) -> str:
    if state in SKIPPED:
        return "skipped"
    if state in ERRORS:
        return "error"
    return "" if state.done else "failure"


def _output(row: Row) -> str:
    lines = [
        ("state", row.state.label),
        ("revision", row.facts.revision),
        ("registries", row.registries),
        *row.facts.notes,
    ]
    return "\n".join(f"{heading}: {text}" for heading, text in lines if text)


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
