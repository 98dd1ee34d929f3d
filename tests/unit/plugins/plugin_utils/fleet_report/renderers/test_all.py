# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The forms of a report, each read back by what it is made for."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.grouping import causes
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Fragment, Report, State, in_words
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.html import render_html
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.json import render_json
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.junit import render_junit
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.markdown import render_markdown
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.table import render_table
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    START,
    VALUES,
    changed,
    failed,
    large_report,
    plain,
    report,
)

EVIL = "<img src=x onerror=alert(1)>"
MIXED = report(
    failed("west-1"),
    plain("north-1", State.UNREACHABLE, cause="no route", next_step="Look."),
    plain("west-2", State.NOT_REACHED),
    changed("east-1"),
    ending="stopped",
    fragments=(Fragment(values=VALUES, hosts=("east-1",), removed=("A_NAME",)),),
)
RENDERERS = (render_html, render_json, render_junit, render_markdown, lambda it: render_table(it, width=100))


@pytest.mark.parametrize("render", RENDERERS, ids=["html", "json", "junit", "markdown", "table"])
@pytest.mark.parametrize(
    "told", ["west-1", "has exited with code 1", "Cure the cause", "east-1"], ids=["host", "cause", "next", "good"]
)
def test_every_form_tells_who_why_and_what_next(render: object, told: str) -> None:
    assert callable(render)
    assert told in render(MIXED)


@pytest.mark.parametrize(
    "rows, headline",
    [
        ((changed("a"), changed("b")), "All 2 clusters are as wanted."),
        ((changed("a"),), "The cluster is as wanted."),
        ((plain("a", State.WOULD_CHANGE),), "Nothing stands in the way; 1 would change."),
        ((failed("a"), changed("b")), "1 of 2 clusters are as wanted; 1 failed, restored."),
    ],
)
def test_the_headline_is_the_outcome(rows: tuple[object, ...], headline: str) -> None:
    mode = rows == (plain("a", State.WOULD_CHANGE),)
    assert report(*rows, check_mode=mode).headline == headline  # type: ignore[arg-type]


# JSON


def test_json_has_its_schema_and_every_fact_of_a_cluster() -> None:
    document = json.loads(render_json(MIXED))
    assert document["schema"] == 1
    assert document["started"] == START.isoformat()
    assert document["totals"] == {"failed_restored": 1, "unreachable": 1, "not_reached": 1, "changed": 1}
    assert document["unfinished"] == ["west-1", "north-1", "west-2"]
    good = document["clusters"][-1]
    assert good["registries"] == [
        {
            "key": "GHCR",
            "name": "GitHub Container Registry",
            "hostname": "ghcr.io",
            "stored": True,
            "rendered": True,
            "running": True,
            "recognized": True,
        }
    ]
    assert (good["revision_before"], good["revision_after"], good["phases"]["roll out"]) == (3, 4, 31.5)


# JUnit


def suite_of(it: Report) -> ElementTree.Element:
    (suite,) = ElementTree.fromstring(render_junit(it))  # noqa: S314 made here
    return suite


def test_junit_has_a_test_case_per_cluster_by_kind() -> None:
    suite = suite_of(MIXED)
    kinds = {case.get("name"): next(child.tag for child in case) for case in suite}
    assert kinds == {"west-1": "failure", "north-1": "error", "west-2": "skipped", "east-1": "system-out"}
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }


def test_junit_is_xml_whatever_a_text_holds() -> None:
    text = "a\x00b\x0b]]>&<\ud800\uffff\x1b[1m"
    suite = suite_of(report(failed("a", cause=text), title=text))
    assert suite[0][0].get("message") == "ab]]>&<[1m"


# Markdown


def test_markdown_keeps_its_table_whatever_a_text_holds() -> None:
    text = render_markdown(report(failed(f"a|b\n{EVIL}", cause="`code` | [link](http://x) ![i](y)\n# head")))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert "a\\|b \\<img src=x onerror=alert(1)\\>" in rows[2]
    assert "\\`code\\` \\| \\[link\\](http://x) \\!\\[i\\](y) \\# head" in text
    assert EVIL not in text


def test_markdown_holds_the_values_for_the_stack() -> None:
    text = render_markdown(MIXED)
    assert f"```yaml\n{VALUES}```" in text
    assert "Take out: `A_NAME`." in text


# Table


def test_the_table_lists_all_of_few_clusters_and_the_causes_of_many() -> None:
    assert "west-2" in render_table(MIXED, width=100)
    lines = render_table(large_report(1000), width=200).splitlines()
    failures = "west-5, north-102, south-199, east-296, west-393, north-490, south-587, east-684"
    assert [line for line in lines if line[0].isdigit()][:3] == [
        f"11 failed, restored: {failures}, west-781, north-878, south-975",
        "5 unreachable: south-7, north-218, west-429, east-640, south-851",
        "98 not reached: " + ", ".join(f"{('west', 'south')[i % 2]}-{10 * i + 9}" for i in range(12)) + " and 86 more",
    ]
    assert not any(" changed" in line for line in lines)


def test_the_same_cause_is_told_once_whatever_names_and_numbers_are_in_it() -> None:
    rows = [failed(f"c{n}", cause=f"cluster c{n}: pod api-{n:x}f-x2 has exited {n} times") for n in range(3)]
    one, other = causes([*rows, failed("d", cause="quite another")])
    assert (one.hosts, one.text) == (("c0", "c1", "c2"), rows[0].cause)
    assert other.hosts == ("d",)


def test_the_page_sums_up_the_causes_of_many_clusters_only() -> None:
    assert "<h2>Why</h2>" not in render_html(MIXED)
    assert "<h2>Why</h2>" in render_html(large_report(200))


def test_the_table_ends_with_the_headline() -> None:
    last = render_table(MIXED, width=100).splitlines()[-1]
    assert last.startswith("1 of 4 clusters are as wanted; 1 failed, restored; 1 unreachable; 1 not reached (stopped, ")


def test_no_line_of_a_long_cause_is_wider_than_the_terminal() -> None:
    text = render_table(report(failed("a", cause="word " * 500)), width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert " ..." in text


# HTML


class _Outline(HTMLParser):
    """Tags and text as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_escapes_whatever_a_text_holds() -> None:
    evil = report(
        failed(EVIL, cause="</script><script>alert(2)</script>", next_step='"><b>', failed_task=EVIL, groups=(EVIL,)),
        changed("b", state=State.CHANGED),
        title=EVIL,
        playbook=EVIL,
        fragments=(Fragment(values=EVIL, hosts=(EVIL,), removed=(EVIL,)),),
    )
    expected, found = _Outline(render_html(MIXED)), _Outline(render_html(evil))
    assert "img" not in {tag for tag, _attributes in found.tags}
    assert (
        [tag for tag, _attributes in found.tags].count("script")
        == [tag for tag, _attributes in expected.tags].count("script")
        == 1
    )
    assert EVIL in found.texts
    assert "</script><script>alert(2)</script>" in found.texts


def test_html_names_nothing_outside_of_itself() -> None:
    attributes = [item for _tag, attributes in _Outline(render_html(MIXED)).tags for item in attributes.items()]
    assert not [name for name, _value in attributes if name in ("src", "href", "srcset", "action", "data")]
    assert "url(" not in render_html(MIXED)


def test_html_of_a_thousand_clusters_is_below_two_megabytes() -> None:
    assert len(render_html(large_report(1000)).encode()) < 2_000_000


def test_html_does_not_end_its_script_early() -> None:
    assert render_html(MIXED).count("</script") == 1


@pytest.mark.parametrize(
    "seconds, words",
    [(0.44, "0.4 s"), (9.96, "10.0 s"), (12.4, "12 s"), (60, "1 min"), (75, "1 min 15 s"), (7260, "2 h 1 min")],
)
def test_times_read_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


@pytest.mark.parametrize("render", RENDERERS, ids=["html", "json", "junit", "markdown", "table"])
def test_a_report_of_one_bare_row_can_be_shown(render: object) -> None:
    assert callable(render)
    bare: Report = report(plain("only", State.SKIPPED))
    assert "only" in render(bare)
