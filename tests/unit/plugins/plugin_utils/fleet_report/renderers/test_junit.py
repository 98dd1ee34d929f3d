# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The report for CI servers, read back as they read it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Facts, Row, State
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.junit import render_junit
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    GHCR,
    START,
    changed,
    failed,
    plain,
    report,
)

KINDS = {
    State.UNREACHABLE: "error",
    State.UNREADABLE: "error",
    State.INTERRUPTED: "error",
    State.RUNNING: "error",
    State.NOT_REACHED: "skipped",
    State.HALTED: "skipped",
    State.NOTHING_WANTED: "skipped",
    State.SKIPPED: "skipped",
    State.NOT_RESTORED: "failure",
    State.UNVERIFIED: "failure",
    State.FAILED: "failure",
    State.RESTORED: "failure",
    State.DRIFTED: "failure",
}


def read(*rows: Row, **fields: Any) -> ElementTree.Element:
    """The test suite of a report."""
    text = render_junit(report(*rows, **fields))
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites>')
    (suite,) = ElementTree.fromstring(text)  # noqa: S314 made here
    return suite


def case(row: Row) -> ElementTree.Element:
    (found,) = read(row)
    return found


def why(row: Row) -> ElementTree.Element:
    """What says that a case is no success."""
    return case(row)[0]


def told(row: Row) -> list[str]:
    return (case(row).findtext("system-out") or "").splitlines()


@pytest.mark.parametrize("state", State)
def test_every_state_is_a_failure_an_error_skipped_or_a_success(state: State) -> None:
    found = [child.tag for child in case(plain("a", state))]
    assert found == [*([KINDS[state]] if state in KINDS else []), "system-out"]


@pytest.mark.parametrize("state", State)
def test_the_counts_are_those_of_the_cases(state: State) -> None:
    suite = read(plain("a", state), plain("b", state), changed("c"))
    kind = KINDS.get(state)
    assert suite.get("tests") == "3"
    assert {name: suite.get(name) for name in ("failures", "errors", "skipped")} == {
        "failures": "2" if kind == "failure" else "0",
        "errors": "2" if kind == "error" else "0",
        "skipped": "2" if kind == "skipped" else "0",
    }


def test_the_suite_is_the_report() -> None:
    suite = read(changed("a"), title="Tonight", seconds=75.12345)
    assert (suite.tag, suite.get("name"), suite.get("time")) == ("testsuite", "Tonight", "75.123")
    assert suite.get("timestamp") == START.isoformat()


def test_a_case_is_a_cluster_of_the_playbook_with_its_time() -> None:
    found = case(plain("east-1", State.CHANGED, phases=(("preflight", 0.5), ("apply", 1.25))))
    assert (found.get("name"), found.get("classname"), found.get("time")) == ("east-1", "add.yml", "1.750")
    assert case(plain("a", State.NOT_REACHED)).get("time") == "0.000"


def test_cases_are_in_the_order_of_the_report() -> None:
    assert [one.get("name") for one in read(failed("z"), changed("b"), changed("a"))] == ["z", "b", "a"]


@pytest.mark.parametrize("state", [State.FAILED, State.UNREACHABLE])
def test_a_failure_tells_cause_and_next_step_and_its_state_as_a_type(state: State) -> None:
    found = why(plain("a", state, cause="refused", next_step="Ask."))
    assert (found.get("message"), found.get("type"), found.text) == ("refused", state.key, "refused\nAsk.")


def test_a_failure_without_a_cause_is_told_by_its_state() -> None:
    found = why(plain("a", State.RUNNING))
    assert (found.get("message"), found.text or "") == ("running", "")


def test_whatever_was_skipped_is_of_no_type_as_the_format_wants_it() -> None:
    found = why(plain("a", State.HALTED, cause="Another failed.", next_step="Run again."))
    assert found.attrib == {"message": "Another failed."}
    assert found.text == "Another failed.\nRun again."


def test_a_success_tells_what_there_is_to_know() -> None:
    facts = Facts(
        before=3, after=4, registries=(GHCR,), change="add GHCR=ghcr.io", tried=("a: accepted", "b: accepted")
    )
    assert told(plain("a", State.CHANGED, facts=facts)) == [
        "state: changed",
        "revision: 3 -> 4",
        "registries: GHCR ok",
        "change: add GHCR=ghcr.io",
        "test: a: accepted",
        "test: b: accepted",
    ]


def test_of_a_cluster_that_told_nothing_only_the_state_is_told() -> None:
    assert told(plain("a", State.NOT_REACHED)) == ["state: not started"]


@pytest.mark.parametrize("text", ["a & b < c > d", "\"double\" and 'single'", "süd 日本 \U0001f600", "]]>", "&amp;"])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    row = plain(text, State.FAILED, cause=text, facts=Facts(change=text))
    suite = read(row, title=text, playbook=text)
    (found,) = suite
    assert [suite.get("name"), found.get("name"), found.get("classname")] == [text] * 3
    assert (found[0].get("message"), found[0].text) == (text, text)
    assert f"change: {text}" in (found.findtext("system-out") or "")


def test_a_cause_of_several_lines_keeps_them() -> None:
    found = why(plain("a", State.FAILED, cause="one\ntwo\tthree"))
    assert (found.get("message"), found.text) == ("one\ntwo\tthree", "one\ntwo\tthree")


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_no_xml_may_hold_is_left_out_wherever_it_stands(bad: str) -> None:
    row = plain(f"a{bad}b", State.FAILED, cause=f"a{bad}b", facts=Facts(change=f"a{bad}b"))
    suite = read(row, title=f"a{bad}b", playbook=f"a{bad}b")
    (found,) = suite
    assert [suite.get("name"), found.get("name"), found.get("classname"), found[0].get("message")] == ["ab"] * 4
    assert "change: ab" in (found.findtext("system-out") or "")


@pytest.mark.parametrize("kept", ["\ud7ff", "\ue000", "\ufffd", "\U00010000", "\U0010ffff"])
def test_the_last_characters_that_xml_may_hold_stay(kept: str) -> None:
    assert why(plain("a", State.FAILED, cause=f"a{kept}b")).get("message") == f"a{kept}b"
