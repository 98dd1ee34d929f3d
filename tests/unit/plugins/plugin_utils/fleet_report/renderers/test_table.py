# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The report for a terminal, line by line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Ending, Facts, Row, State
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.table import (
    CAUSE_LINES,
    MAX_ROWS,
    render_table,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    GHCR,
    changed,
    plain,
    report,
)


def lines(*rows: Row, width: int = 100, **fields: Any) -> list[str]:
    return render_table(report(*rows, **fields), width=width).splitlines()


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_right() -> None:
    facts = Facts(before=3, after=4, registries=(GHCR,))
    rows = (
        plain("a-long-name", State.CHANGED, wave=12, facts=facts, phases=(("preflight", 75.0),)),
        plain("b", State.NOT_REACHED),
        plain("c", State.UNCHANGED, wave=1, phases=(("preflight", 0.4),)),
    )
    assert lines(*rows)[:-1] == [
        "cluster      state        wave  revision  registries        time",
        "a-long-name  changed        12  3 -> 4    GHCR ok     1 min 15 s",
        "b            not started",
        "c            unchanged       1                             0.4 s",
    ]


def test_no_line_ends_with_blanks() -> None:
    found = lines(plain("a", State.NOT_REACHED), changed("b"), plain("c", State.FAILED, cause="no"))
    assert found == [line.rstrip() for line in found]


def test_cause_and_next_step_stand_below_their_cluster() -> None:
    found = lines(plain("a", State.FAILED, cause="refused", next_step="Ask."), plain("b", State.NOT_REACHED))
    assert [line.strip() for line in found[1:-1]] == [
        "a        failed, nothing written",
        "cause: refused",
        "next:  Ask.",
        "b        not started",
    ]


@pytest.mark.parametrize("state", State)
def test_only_what_is_urgent_has_its_cause_told(state: State) -> None:
    assert any("refused" in line for line in lines(plain("a", state, cause="refused"))) is state.urgent


@pytest.mark.parametrize("fields, told", [({"cause": "x"}, ["cause: x"]), ({"next_step": "x"}, ["next:  x"]), ({}, [])])
def test_what_is_not_known_has_no_line(fields: dict[str, str], told: list[str]) -> None:
    found = lines(plain("a", State.FAILED, **fields))
    assert [line.strip() for line in found[2:-1]] == told


def test_a_cause_of_several_lines_is_wrapped_below_its_first_word() -> None:
    found = lines(plain("a", State.FAILED, cause="one\n\n two " + "x" * 36), width=50)[2:-1]
    assert found == ["    cause: one two", " " * 11 + "x" * 36]


def test_a_long_cause_is_cut_after_a_few_lines() -> None:
    found = lines(plain("a", State.FAILED, cause="word " * 500), width=80)[2:-1]
    assert len(found) == CAUSE_LINES
    assert found[-1].endswith(" ...")
    assert max(map(len, found)) < 80


@pytest.mark.parametrize("width", [0, 1, 39])
def test_a_narrow_terminal_still_gets_words(width: int) -> None:
    found = lines(plain("a", State.FAILED, cause="word " * 20), width=width)[2:-1]
    assert all("word word" in line for line in found)


@pytest.mark.parametrize(
    "ending, check_mode, told",
    [
        ("finished", False, "(1 min 15 s)"),
        ("finished", True, "(check mode, 1 min 15 s)"),
        ("stopped", False, "(stopped, 1 min 15 s)"),
        ("interrupted", True, "(check mode, interrupted, 1 min 15 s)"),
    ],
)
def test_the_last_line_is_the_headline_with_how_the_run_ended(ending: Ending, told: str, *, check_mode: bool) -> None:
    assert (
        lines(changed("a"), ending=ending, check_mode=check_mode)[-1] == f"The cluster is in the desired state {told}."
    )


def test_few_clusters_are_all_listed_and_of_one_more_only_the_causes() -> None:
    rows = [changed(f"c{number}") for number in range(MAX_ROWS + 1)]
    assert len(lines(*rows[:MAX_ROWS])) == MAX_ROWS + 2
    assert lines(*rows) == ["All 41 clusters are in the desired state (1 min 15 s)."]


def many(*rows: Row, width: int = 100) -> list[str]:
    """What is told of these rows among many that are well."""
    return lines(*rows, *(changed(f"z{number}") for number in range(MAX_ROWS)), width=width)[:-1]


def test_of_many_clusters_each_cause_is_told_with_who_has_it() -> None:
    rows = [plain(f"c{number}", State.FAILED, cause="refused", next_step="Ask.") for number in range(3)]
    assert many(*rows, plain("d", State.NOT_REACHED)) == [
        "3 failed, nothing written: c0, c1, c2",
        "    cause: refused",
        "    next:  Ask.",
        "1 not started: d",
    ]


def test_of_a_thousand_with_one_cause_a_dozen_are_named() -> None:
    rows = [plain(f"c{number}", State.FAILED, cause="refused") for number in range(1000)]
    told = " ".join(" ".join(many(*rows)[:-1]).split())
    assert told == ("1,000 failed, nothing written: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 988 more")


def test_many_long_names_are_wrapped() -> None:
    rows = [plain(f"a-very-long-name-{number}", State.FAILED, cause="refused") for number in range(12)]
    found = many(*rows, width=60)[:-1]
    assert len(found) > 1
    assert max(map(len, found)) < 60
    assert all(line.startswith(" " * 11) for line in found[1:])


def test_without_any_cluster_there_is_a_headline_still() -> None:
    assert len(lines()) == 2
