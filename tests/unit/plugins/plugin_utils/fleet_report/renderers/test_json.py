# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The report for programs: every field under its name, whatever its value."""

from __future__ import annotations

import json
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
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.json import render_json
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    START,
    changed,
    plain,
    report,
)


def document(*rows: Row, **fields: Any) -> Any:
    return json.loads(render_json(report(*rows, **fields)))


def cluster(**facts: Any) -> Any:
    """One cluster of a report of one, with these facts."""
    [row] = document(plain("a", State.CHANGED, facts=Facts(**facts)))["clusters"]
    return row


FULL: dict[str, Any] = {
    "cluster": "east-1",
    "release": "nvcf/api",
    "status": "deployed",
    "chart": "helm-nvcf-api 1.25.1",
    "app_version": "1.14.1",
    "change": "add GHCR=ghcr.io",
    "restored": False,
    "restoration": "no such revision",
    "pending": "revision 7 is pending-upgrade",
    "pods": "1 of 1 pods ready",
    "stranded": ("f 1 ghcr.io/a:1",),
    "drift": ("A removed x",),
    "disagreements": ("GHCR is stored, but not running",),
    "problems": ("A_B dropped",),
    "next_sync_drops": ("GHCR ghcr.io",),
    "tried": ("ghcr.io/a:1: accepted", "ghcr.io/b:1: accepted"),
}


@pytest.mark.parametrize("name", FULL)
def test_each_fact_is_under_its_own_name(name: str) -> None:
    value = FULL[name]
    assert cluster(**FULL)[name] == (list(value) if isinstance(value, tuple) else value)


def test_of_a_cluster_that_told_nothing_every_field_is_there_and_empty() -> None:
    empty = cluster()
    assert empty.keys() == cluster(**FULL).keys()
    assert [name for name in FULL if empty[name]] == []
    assert (empty["restored"], empty["revision_before"], empty["revision_after"]) == (None, None, None)
    assert empty["registries"] == empty["findings"] == empty["groups"] == []


def test_what_a_report_knows_and_programs_need_not_is_left_out() -> None:
    row = cluster(**FULL, written=True, settled=True, fragment="api: {}\n", removed=("GHCR",), verdict="ok")
    assert not row.keys() & {"written", "planned", "settled", "fragment", "removed", "verdict", "registries_before"}


def test_levels_are_told_by_name_with_null_where_one_is_not_known() -> None:
    registry = Registry(key="GHCR", name="GitHub", hostname="ghcr.io", levels=(True, False, None, None, None))
    assert cluster(registries=(registry,))["registries"] == [
        {
            "service": "functions",
            "key": "GHCR",
            "name": "GitHub",
            "hostname": "ghcr.io",
            "stored": True,
            "rendered": False,
            "running": None,
            "recognized": None,
            "accepted": None,
        }
    ]


def test_findings_keep_their_order_and_their_parts() -> None:
    found = Finding(severity="error", text="b", next_step="Do."), Finding(severity="warning", text="a")
    assert cluster(findings=found)["findings"] == [
        {"severity": "error", "text": "b", "next_step": "Do."},
        {"severity": "warning", "text": "a", "next_step": ""},
    ]


def test_what_is_told_about_a_row_is_under_its_own_name() -> None:
    fields: dict[str, Any] = {
        "groups": ("prod", "eu"),
        "wave": 2,
        "cause": "refused",
        "next_step": "Ask.",
        "failed_task": "Apply",
        "phases": (("preflight", 0.12345), ("rollout", 1.0)),
    }
    [row] = document(plain("a", State.FAILED, **fields))["clusters"]
    assert {name: row[name] for name in ("host", "state", "groups", "wave", "cause", "next_step", "failed_task")} == {
        "host": "a",
        "state": "failed",
        "groups": ["prod", "eu"],
        "wave": 2,
        "cause": "refused",
        "next_step": "Ask.",
        "failed_task": "Apply",
    }
    assert (row["seconds"], row["phases"]) == (1.123, {"preflight": 0.123, "rollout": 1.0})


def test_a_cluster_that_no_wave_came_to_has_null_for_it() -> None:
    [row] = document(plain("a", State.NOT_REACHED))["clusters"]
    assert (row["wave"], row["seconds"], row["phases"]) == (None, 0, {})


@pytest.mark.parametrize("ending", ["finished", "stopped", "interrupted", "running"])
def test_how_the_run_ended_is_the_result(ending: Ending) -> None:
    assert document(changed("a"), ending=ending)["result"] == ending


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_is_told(*, check_mode: bool) -> None:
    assert document(changed("a"), check_mode=check_mode)["check_mode"] is check_mode


def test_head_and_headline_are_those_of_the_report() -> None:
    told = document(changed("a"), title="Tonight", playbook="add.yml, audit.yml", seconds=1.23456)
    assert (told["title"], told["playbook"], told["seconds"]) == ("Tonight", "add.yml, audit.yml", 1.235)
    assert told["headline"] == "The cluster is in the desired state."


def test_a_wave_that_never_ran_has_no_seconds() -> None:
    waves = Wave(play="add", number=1, of=2, size=1, seconds=0.0), Wave(play="add", number=2, of=2, size=9)
    assert document(changed("a"), waves=waves)["waves"] == [
        {"play": "add", "number": 1, "of": 2, "clusters": 1, "seconds": 0.0},
        {"play": "add", "number": 2, "of": 2, "clusters": 9, "seconds": None},
    ]


def test_fragments_name_clusters_values_and_what_is_to_go() -> None:
    fragments = Fragment(values="api: {}\n", hosts=("a", "b"), removed=("X_NAME",)), Fragment(values="", hosts=("c",))
    assert document(changed("a"), fragments=fragments)["values_fragments"] == [
        {"clusters": ["a", "b"], "values": "api: {}\n", "remove": ["X_NAME"]},
        {"clusters": ["c"], "values": "", "remove": []},
    ]


def test_a_text_of_any_script_stays_readable_in_the_file() -> None:
    text = render_json(report(plain("süd-日本", State.FAILED, cause='"quoted"\n\u2028')))
    assert '"host": "süd-日本"' in text
    assert json.loads(text)["clusters"][0]["cause"] == '"quoted"\n\u2028'


def test_the_file_ends_with_a_line_break_and_can_be_compared_line_by_line() -> None:
    text = render_json(report(changed("a"), changed("b")))
    assert text.endswith("\n}\n")
    assert text.splitlines()[1] == '  "schema": 1,'


def test_totals_have_a_count_for_each_state_that_occurs_only() -> None:
    rows = [plain("a", State.FAILED), changed("b"), changed("c")]
    assert list(document(*rows)["totals"].items()) == [("failed", 1), ("changed", 2)]


def test_the_start_of_the_run_and_the_unfinished_clusters_can_be_read_by_programs() -> None:
    told = document(plain("b", State.FAILED), plain("a", State.NOT_REACHED), changed("c"))
    assert told["started"] == START.isoformat()
    assert told["unfinished"] == ["b", "a"]
    assert (told["clusters"][2]["revision_before"], told["clusters"][2]["revision_after"]) == (3, 4)
