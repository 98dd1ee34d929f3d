# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks, run as an operator runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import (
    CANARY,
    GHCR,
    INTERNAL,
    World,
    pair,
)

ADD, REMOVE, ALIAS = "fleetops.nvcf.add", "fleetops.nvcf.remove", "fleetops.nvcf.rollback"
EXACT, RELEASE_ROLLBACK = "fleetops.nvcf.exact", "fleetops.nvcf.release_rollback"


def changed(text: str) -> list[int]:
    """The numbers of changed tasks in the recap, by host."""
    return [int(line.split("changed=")[1].split()[0]) for line in text.splitlines() if "changed=" in line]


def test_add_and_remove_undo_each_other_and_each_changes_once(world: World, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    before = world.values()

    first, again = run_playbook("-i", hosts, ADD), run_playbook("-i", hosts, ADD)
    assert (first.status, again.status) == (0, 0), first.text + again.text
    assert changed(first.text) == [1]
    assert changed(again.text) == [0]
    assert world.env().items() >= pair(GHCR).items()
    assert len(world.history()) == 2

    back, again = run_playbook("-i", hosts, REMOVE), run_playbook("-i", hosts, ALIAS)
    assert (back.status, again.status) == (0, 0), back.text + again.text
    assert (changed(back.text), changed(again.text)) == ([1], [0])
    assert world.values() == before
    assert len(world.history()) == 3


def test_exact_makes_the_registries_the_only_ones_once(world: World, tmp_path: Path) -> None:
    world.registries(GHCR)
    world.roll_out()
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[INTERNAL])
    first, again = run_playbook("-i", hosts, EXACT), run_playbook("-i", hosts, EXACT)
    assert (first.status, again.status) == (0, 0), first.text + again.text
    assert (changed(first.text), changed(again.text)) == ([1], [0])
    assert world.env().items() >= pair(INTERNAL).items()
    assert not world.env().keys() & pair(GHCR).keys()


def test_one_release_is_returned_to_a_revision_that_is_named_and_only_once(world: World, tmp_path: Path) -> None:
    before = world.values()
    world.registries(GHCR)
    world.roll_out()
    hosts = inventory(tmp_path, {"one": world, "other": world})
    for refused, said in (
        (["-e", "nvcf_revision=1"], "match 2 hosts, and at most 1"),
        (["-e", "nvcf_revision=", "--limit", "one"], "Set it to the number of the revision to return to"),
        (["--limit", "one"], "Set it to the number of the revision to return to"),
    ):
        outcome = run_playbook("-i", hosts, RELEASE_ROLLBACK, *refused)
        assert outcome.status != 0
        assert said in " ".join(outcome.text.split())
    to_first = ["-i", str(hosts), RELEASE_ROLLBACK, "--limit", "one", "-e", "nvcf_revision=1", "-e", "nvcf_service="]
    check = run_playbook(*to_first, "--check")
    assert "would be returned from revision 2 to 1" in check.text
    assert len(world.history()) == 2
    first, again = run_playbook(*to_first), run_playbook(*to_first)
    assert (first.status, again.status) == (0, 0), first.text + again.text
    assert [changed(outcome.text) for outcome in (check, first, again)] == [[1], [1], [0]]
    assert world.values() == before
    assert len(world.history()) == 3


@pytest.mark.nightly
def test_no_secret_of_the_values_is_shown_at_any_verbosity(world: World, tmp_path: Path) -> None:
    assert CANARY in json.dumps(world.values()), "the canary must be there to be looked for"
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    for playbook in (ADD, REMOVE):
        outcome = run_playbook("-i", hosts, playbook, "-vvvv", "--diff")
        assert outcome.status == 0, outcome.text
        assert CANARY not in outcome.text


def test_check_mode_writes_nothing_and_shows_the_pair(world: World, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    outcome = run_playbook("-i", hosts, ADD, "--check", "--diff")
    assert outcome.status == 0, outcome.text
    assert changed(outcome.text) == [1]
    for variable, value in pair(GHCR).items():
        assert f"+{variable}: {value}" in outcome.text
    assert len(world.history()) == 1


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_the_role_refuses_a_run_without_registries(world: World, tmp_path: Path) -> None:
    outcome = run_playbook("-i", inventory(tmp_path, {"one": world}), ADD)
    assert outcome.status != 0
    assert (
        "registries is empty: list the registries to add, or use state exact to remove all. Nothing was written."
        in (outcome.text)
    )
    assert len(world.history()) == 1
