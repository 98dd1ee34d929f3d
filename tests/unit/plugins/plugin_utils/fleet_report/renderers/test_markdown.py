# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The report for a ticket, line by line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import (
    Ending,
    Facts,
    Fragment,
    Row,
    State,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.markdown import render_markdown
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    GHCR,
    VALUES,
    changed,
    failed,
    plain,
    report,
)


def lines(*rows: Row, **fields: Any) -> list[str]:
    return render_markdown(report(*rows, **fields)).splitlines()


def section(heading: str, *rows: Row, **fields: Any) -> list[str]:
    """The lines below a heading."""
    found = lines(*rows, **fields)
    return found[found.index(f"## {heading}") + 2 :]


def test_title_headline_and_run_stand_first_each_in_a_paragraph_of_its_own() -> None:
    assert lines(changed("a"), title="Tonight")[:6] == [
        "# Tonight",
        "",
        "**The cluster is in the desired state.**",
        "",
        "add.yml, finished; started 2026-11-24T03:00:00+00:00, took 1 min 15 s.",
        "",
    ]


@pytest.mark.parametrize("ending", ["finished", "stopped", "interrupted", "running"])
def test_the_end_of_the_run_and_check_mode_are_told(ending: Ending) -> None:
    assert lines(changed("a"), ending=ending)[4].startswith(f"add.yml, {ending}; ")
    assert lines(changed("a"), ending=ending, check_mode=True)[4].startswith(f"add.yml, check mode, {ending}; ")


def test_the_table_has_a_row_for_each_cluster_in_order() -> None:
    facts = Facts(before=3, after=4, registries=(GHCR,))
    rows = (
        plain("b", State.CHANGED, wave=2, facts=facts, phases=(("preflight", 12.0),)),
        plain("a", State.NOT_REACHED),
    )
    assert lines(*rows)[6:] == [
        "| cluster | state | wave | revision | registries | time |",
        "|---|---|--:|---|---|--:|",
        "| b | changed | 2 | 3 -\\> 4 | GHCR ok | 12 s |",
        "| a | not started |  |  |  |  |",
    ]


@pytest.mark.parametrize("state", State)
def test_only_what_is_urgent_and_says_something_needs_a_person(state: State) -> None:
    assert ("## Action required" in lines(plain("a", state, cause="why"))) is state.urgent
    assert "## Action required" not in lines(plain("a", state))


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"cause": "refused", "next_step": "Ask."}, ["  - cause: refused", "  - next: Ask."]),
        ({"cause": "refused"}, ["  - cause: refused"]),
        ({"next_step": "Ask."}, ["  - next: Ask."]),
    ],
)
def test_cause_and_next_step_stand_below_the_cluster(fields: dict[str, str], told: list[str]) -> None:
    found = section("Action required", plain("a", State.FAILED, **fields))
    assert found == ["- **a**: failed, nothing written", *told]


def test_those_who_need_a_person_are_in_the_order_of_the_table() -> None:
    found = section("Action required", failed("z"), changed("b"), failed("a"))
    assert [line for line in found if line.startswith("- ")] == [
        "- **z**: failed, rolled back",
        "- **a**: failed, rolled back",
    ]


# Whatever a text holds


@pytest.mark.parametrize("character", "\\`*_{}[]<>|~#@&!")
def test_no_character_is_more_than_itself(character: str) -> None:
    text = f"a{character}b"
    row = plain(text, State.FAILED, cause=text, next_step=text)
    found = lines(row, title=text, playbook=text)
    told = f"a\\{character}b"
    assert found[0] == f"# {told}"
    assert found[4].startswith(f"{told}, finished")
    assert found[8].startswith(f"| {told} |")
    assert found[-3:] == [f"- **{told}**: failed, nothing written", f"  - cause: {told}", f"  - next: {told}"]


def test_a_text_of_several_lines_is_one() -> None:
    assert section("Action required", plain("a", State.FAILED, cause=" one\r\n\n two\tthree "))[1:] == [
        "  - cause: one two three"
    ]


def test_a_text_of_any_script_stays_as_it_is() -> None:
    assert "| süd-日本 | changed |" in "\n".join(lines(plain("süd-日本", State.CHANGED)))


# Values for the deployer


def stack(*fragments: Fragment, rows: int = 3) -> list[str]:
    hosts = [changed(f"c{n}") for n in range(rows)]
    return section("Values for the deployer", *hosts, fragments=fragments)[2:]


def test_without_fragments_there_are_no_values_for_the_stack() -> None:
    assert "## Values for the deployer" not in lines(changed("a"))


def test_values_stand_in_a_block_for_the_clusters_that_need_them() -> None:
    assert stack(Fragment(values="api:\n  env: {}\n\n", hosts=("c0", "c_1"))) == [
        "For c0, c\\_1:",
        "",
        "```yaml",
        "api:",
        "  env: {}",
        "```",
    ]


def test_values_that_all_need_name_nobody() -> None:
    assert stack(Fragment(values=VALUES, hosts=("c0", "c1", "c2")))[0] == "For all clusters:"
    assert stack(Fragment(values=VALUES, hosts=("c0", "c1")))[0] == "For c0, c1:"


def test_what_is_to_go_is_named_with_and_without_values_beside_it() -> None:
    removed = ("A_NAME", "A_HOSTNAME")
    assert stack(Fragment(values="", hosts=("c0",), removed=removed)) == [
        "For c0:",
        "",
        "Remove: `A_NAME`, `A_HOSTNAME`.",
    ]
    both = stack(Fragment(values="api: {}\n", hosts=("c0",), removed=removed))
    assert both[2:] == ["```yaml", "api: {}", "```", "", "Remove: `A_NAME`, `A_HOSTNAME`."]


def test_values_can_not_end_their_block_early() -> None:
    found = stack(Fragment(values="a: |\n  ```\n  # head\n", hosts=("c0",)))
    assert [line.strip() for line in found].count("```") == 1
    assert found[-1] == "```"


def test_each_fragment_has_a_paragraph_of_its_own() -> None:
    found = stack(Fragment(values="a: 1\n", hosts=("c0",)), Fragment(values="b: 1\n", hosts=("c1",)))
    assert found == ["For c0:", "", "```yaml", "a: 1", "```", "", "For c1:", "", "```yaml", "b: 1", "```"]


def test_the_file_ends_with_one_line_break() -> None:
    text = render_markdown(report(failed("a"), fragments=(Fragment(values=VALUES, hosts=("a",)),)))
    assert text.endswith("```\n")
