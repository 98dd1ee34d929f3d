# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The page, part by part, as a browser reads its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import (
    Ending,
    Facts,
    Finding,
    Fragment,
    Registry,
    Row,
    State,
    Wave,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.html import FEW, render_html
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    GHCR,
    HALF,
    VALUES,
    changed,
    failed,
    large_report,
    plain,
    report,
)


def body(*rows: Row, **fields: Any) -> str:
    """What is between style and script, without the line breaks between tags, which mean nothing."""
    page = render_html(report(*rows, **fields)).replace(">\n<", "><")
    return page.partition("</head>")[2].partition("<script>")[0]


def words(markup: str) -> str:
    """The text of markup on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def section(heading: str, *rows: Row, **fields: Any) -> str:
    """The markup below a heading up to the next one; empty without that heading."""
    rest = body(*rows, **fields).partition(f"<h2>{heading}</h2>")[2]
    return rest.partition("<h2>")[0].partition("<footer>")[0]


def details(row: Row) -> dict[str, str]:
    """The list of what is known about a cluster."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", body(row), re.DOTALL)
    return {unescape(heading): unescape(text) for heading, text in pairs}


def cells(row: Row) -> list[str]:
    """The visible cells of a cluster's line."""
    line = re.search(r"<tbody[^>]*><tr>(.*?)</tr><tr class=\"more\">", body(row), re.DOTALL)
    assert line
    return [words(cell) for cell in re.split(r"</t[hd]>", line[1])[:-1]]


def attributes(row: Row) -> str:
    found = re.search(r"<tbody (.*?)>", body(row))
    assert found
    return found[1]


# Head


@pytest.mark.parametrize(
    "ending, told",
    [
        ("finished", "completed"),
        ("stopped", "stopped after a wave with failures"),
        ("interrupted", "interrupted"),
        ("running", "still running when this page was written, or killed"),
    ],
)
def test_the_head_tells_run_and_ending(ending: Ending, told: str) -> None:
    head = words(body(changed("a"), ending=ending, title="Tonight").partition("<main>")[0])
    assert head == (
        "Tonight The cluster is in the desired state. add.yml · started 2026-11-24 03:00:00 UTC · took 1 min 15 s · "
        + told
    )


def test_check_mode_is_told_in_the_head() -> None:
    assert "add.yml in check mode: nothing was written" in words(body(changed("a"), check_mode=True))
    assert "check mode" not in words(body(changed("a")))


def test_the_tab_is_called_by_title_and_outcome() -> None:
    page = render_html(report(changed("a"), title="A & B"))
    assert "<title>A &amp; B: The cluster is in the desired state.</title>" in page


def test_the_page_lets_nothing_in_from_outside() -> None:
    page = render_html(report(changed("a")))
    assert page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page.partition("<style>")[0]


# Overview


def test_each_state_that_occurs_has_a_tile_to_filter_by() -> None:
    found = body(plain("a", State.FAILED), changed("b"), changed("c"))
    tiles = re.findall(r'<div class="tile ?(\w*)" data-state="(\w*)"><b>(.*?)</b> <span>(.*?)</span>', found)
    assert tiles == [
        ("", "", "3", "clusters"),
        ("bad", "failed", "1", "failed, nothing written"),
        ("good", "changed", "2", "changed"),
    ]


def test_the_bar_is_read_out_and_in_proportion() -> None:
    found = body(plain("a", State.FAILED), changed("b"), changed("c"))
    assert 'aria-label="1 failed, nothing written, 2 changed"' in found
    assert '<i class="bad" style="flex:1"></i><i class="good" style="flex:2"></i>' in found


# Why


def failing(count: int, cause: str = "refused") -> Iterator[Row]:
    return (plain(f"c{number}", State.FAILED, cause=cause, next_step="Ask.") for number in range(count))


def test_causes_are_summed_up_when_they_would_fill_the_page() -> None:
    assert section("Causes", *failing(FEW)) == ""
    told = words(section("Causes", *failing(FEW + 1)).partition("<tbody>")[2].partition("</tbody>")[0])
    assert told == "13 failed, nothing written refused c0, c1, c2, c3 and 9 more"


def test_a_long_cause_is_shortened_in_the_sum_and_one_without_is_its_next_step() -> None:
    assert "word ..." in words(section("Causes", *failing(FEW + 1, "word " * 200)))
    assert "failed, nothing written Ask. c0" in words(section("Causes", *failing(FEW + 1, "")))


# Clusters


def test_a_line_tells_a_cluster_at_a_glance() -> None:
    facts = Facts(before=3, after=4, registries=(GHCR, HALF))
    row = plain("east-1", State.CHANGED, wave=2, facts=facts, phases=(("preflight", 75.0),))
    assert cells(row) == ["east-1", "changed", "2", "3 → 4", "GHCR INTERNAL 2/3 levels", "1 min 15 s"]


def test_of_a_cluster_that_told_nothing_the_cells_are_empty() -> None:
    assert cells(plain("a", State.NOT_REACHED)) == ["a", "not started", "", "", "", ""]
    assert "No details are available." in body(plain("a", State.NOT_REACHED))


@pytest.mark.parametrize(
    "cluster, groups, small",
    [
        ("", (), ""),
        ("east-1", (), ""),
        ("prod-east", (), "prod-east"),
        ("east-1", ("eu", "prod"), "eu prod"),
        ("prod-east", ("eu",), "prod-east eu"),
    ],
)
def test_another_name_and_the_groups_stand_below_the_host(cluster: str, groups: tuple[str, ...], small: str) -> None:
    row = plain("east-1", State.CHANGED, groups=groups, facts=Facts(cluster=cluster))
    assert cells(row)[0] == f"east-1 {small}".rstrip()


@pytest.mark.parametrize("state", State)
def test_what_is_urgent_is_unfolded_when_it_has_something_to_say(state: State) -> None:
    found = attributes(plain("a", state, cause="why"))
    assert found.startswith(f'data-state="{state.key}" class="{state.tone}"')
    assert ("data-open" in found) is state.urgent
    assert "data-open" in attributes(plain("a", state, next_step="Ask.")) or not state.urgent
    assert "data-open" not in attributes(plain("a", state))


def test_columns_are_sorted_by_rank_revision_and_seconds_rather_than_by_words() -> None:
    row = plain("a", State.RESTORED, facts=Facts(before=3, after=12), phases=(("preflight", 75.123),))
    assert re.findall(r'data-v="(.*?)"', body(row)) == [str(State.RESTORED.rank), "12", "75.12"]
    assert 'data-v="0">' in body(plain("a", State.NOT_REACHED)), "a revision that is not known"


def test_failed_task_cause_and_next_step_are_said_before_the_details() -> None:
    found = body(plain("a", State.FAILED, cause="refused", next_step="Ask.", failed_task="Apply"))
    said = "<p><b>Failed task</b>Apply</p><p><b>Cause</b>refused</p><p><b>Next step</b>Ask.</p>"
    assert f'<div class="say">{said}</div>' in found
    assert "</div><details>" in body(failed("a")), "what else is known is folded"
    assert "<b>Next step</b>" not in body(plain("a", State.FAILED, cause="refused"))


def test_the_details_of_what_is_well_are_not_folded_twice() -> None:
    assert "<details>" not in body(changed("a"))
    assert "<details>" not in body(plain("a", State.FAILED, cause="refused")), "nothing else is known"


def test_the_details_tell_all_that_is_known() -> None:
    facts = Facts(
        release="nvcf/api",
        status="deployed",
        chart="helm-nvcf-api 1.25.1",
        app_version="1.14.1",
        registries=(GHCR, HALF, Registry(key="NEW", hostname="new.example.com")),
        findings=(Finding(severity="error", text="GHCR is not stored.", next_step="Run add."),),
        change="add GHCR=ghcr.io",
    )
    row = plain(
        "a", State.FAILED, wave=2, failed_task="Apply", facts=facts, phases=(("preflight", 1.0), ("apply", 75.0))
    )
    assert details(row) == {
        "failed task": "Apply",
        "release": "nvcf/api deployed",
        "chart": "helm-nvcf-api 1.25.1 (app 1.14.1)",
        "registry GHCR": "ghcr.io, GitHub Container Registry: stored, rendered, running, recognized, accepted",
        "registry INTERNAL": "registry.corp.example, Our registry: stored, rendered, not running",
        "registry NEW": "new.example.com: not checked",
        "error": "GHCR is not stored. Run add.",
        "change": "add GHCR=ghcr.io",
        "wave": "2",
        "time": "preflight 1.0 s, apply 1 min 15 s",
    }


# What is left, values, times


@pytest.mark.parametrize("count, told", [(1, "c0"), (FEW, ",".join(f"c{n}" for n in range(FEW)))])
def test_few_that_are_left_are_named_for_the_next_run(count: int, told: str) -> None:
    found = section("After fixing the causes", *failing(count))
    assert f"<pre>--limit {told}</pre>" in found


def test_many_that_are_left_are_taken_from_the_file() -> None:
    assert "--limit @unfinished.txt" in section("After fixing the causes", *failing(FEW + 1))


def test_where_nothing_is_left_no_other_run_is_spoken_of() -> None:
    assert section("After fixing the causes", changed("a")) == ""


def test_values_for_the_stack_name_those_that_need_them() -> None:
    rows = [changed(f"c{number}") for number in range(FEW + 2)]
    names = tuple(row.host for row in rows)
    found = section(
        "Values for the deployer",
        *rows,
        fragments=(
            Fragment(values=VALUES, hosts=names),
            Fragment(values="", hosts=names[:-1], removed=("A_NAME", "A_HOSTNAME")),
        ),
    )
    assert f"<p>For all clusters:</p><pre>{VALUES.rstrip()}</pre>" in found
    assert f"For {', '.join(names[:FEW])} and 1 more:" in words(found)
    assert found.count("<pre>") == 1
    assert "Remove: <code>A_NAME</code>, <code>A_HOSTNAME</code>" in found
    assert section("Values for the deployer", changed("a")) == ""


def test_the_time_of_each_phase_is_told_in_the_order_of_the_role() -> None:
    rows = (
        plain("a", State.CHANGED, phases=(("preflight", 1.0), ("rollout", 10.0))),
        plain("b", State.CHANGED, phases=(("rollout", 30.0), ("preflight", 2.0))),
        plain("c", State.CHANGED, phases=(("rollout", 20.0),)),
    )
    table = section("Time by phase", *rows).partition("<tbody>")[2].partition("</tbody>")[0]
    assert [words(line) for line in table.split("</tr>")[:-1]] == ["preflight 2 1.5 s 2.0 s b", "rollout 3 20 s 30 s b"]


def test_where_no_time_was_spent_none_is_told() -> None:
    assert section("Time by phase", plain("a", State.NOT_REACHED)) == ""


def times(*waves: Wave) -> str:
    return words(section("Time by phase", changed("a"), waves=waves).partition("</table></div>")[2])


def test_waves_that_ran_are_told_with_their_time() -> None:
    waves = (
        Wave(play="add", number=1, of=3, size=1, seconds=0.0),
        Wave(play="add", number=2, of=3, size=1200, seconds=75.0),
        Wave(play="add", number=3, of=3, size=9),
    )
    assert times(*waves) == "wave 1 of 3 (1 cluster): 0.0 s, wave 2 of 3 (1,200 clusters): 1 min 15 s."


def test_a_single_wave_and_waves_that_never_ran_are_not_told() -> None:
    assert times(Wave(play="add", number=1, of=1, size=1, seconds=3.0)) == ""
    assert times(*(Wave(play="add", number=number, of=2, size=1) for number in (1, 2))) == ""


# Hostile texts, and what the page is allowed to do


class Outline(HTMLParser):
    """Tags, attributes and texts as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_full_of(text: str) -> Outline:
    """A page on which everything that a cluster or its operator can name is this text."""
    single = ("cluster", "release", "status", "chart", "app_version", "change", "restoration", "pending", "pods")
    several = ("stranded", "drift", "disagreements", "problems", "next_sync_drops", "tried")
    known: dict[str, Any] = dict.fromkeys(single, text) | dict.fromkeys(several, (text, text))
    registry = Registry(key=text, name=text, hostname=text, levels=(True, False, None, None, None))
    finding = Finding(severity=text, text=text, next_step=text)
    facts = Facts(**known, registries=(registry,), findings=(finding,))
    rows = [
        failed(f"{text}{number}", groups=(text, text), facts=facts, cause=text, next_step=text, failed_task=text)
        for number in range(FEW + 1)
    ]
    fragments = (Fragment(values=text, hosts=(text, text), removed=(text, text)),)
    return Outline(render_html(report(*rows, title=text, playbook=text, fragments=fragments)))


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "</style><b>",
        "\" onmouseover=alert(1) x='",
        "{{ 7 * 7 }}{% raw %}{#",
    ],
)
def test_no_text_becomes_markup_or_template(text: str) -> None:
    harmless, hostile = page_full_of("x"), page_full_of(text)
    assert hostile.tags == harmless.tags
    assert hostile.attributes == harmless.attributes
    assert hostile.texts.count(text) == harmless.texts.count("x") > 100


def test_the_page_refers_to_nothing_outside_of_itself() -> None:
    page = render_html(large_report(50))
    assert not Outline(page).attributes & {"src", "href", "srcset", "action", "data"}
    assert "url(" not in page


def test_neither_style_nor_script_ends_early() -> None:
    page = render_html(report(changed("a")))
    assert (page.count("</style"), page.count("</script")) == (1, 1)


def test_the_page_of_a_thousand_clusters_is_below_two_megabytes() -> None:
    assert len(render_html(large_report(1000)).encode()) < 2_000_000
