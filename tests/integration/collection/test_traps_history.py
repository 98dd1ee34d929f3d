# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed, repeated and pruned revisions: which of them plain helm builds on or returns to, and which one is used here.

Numbers are those of docs/traps.md. Each test shows the trap first and then the way around it.
"""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    replace_values,
    set_name_only,
    set_pair,
    statuses,
    told,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError

BAD = "not a variable"
"""A key that no ConfigMap takes: helm stores the revision, and the API server refuses the first object of it."""


def fail_to_add(world: World) -> None:
    """An upgrade that fails before the cluster has got anything of it."""
    refused = upgrade(world, *set_pair(GHCR), f"--set-string=api.env.{BAD}=x")
    assert refused.status != 0
    assert statuses(world)[-1] == "failed"


def test_t04_helm_shows_the_values_of_an_upgrade_that_failed(world: World) -> None:
    fail_to_add(world)
    assert world.env().items() >= pair(GHCR).items(), "the hand procedure's check is passed"
    assert not pair(GHCR).keys() & world.rendered().keys()

    info = world.info(registries=[GHCR], ask_api=True)
    assert info["registries"] == []
    assert info["unmet"] == ["GHCR (ghcr.io) is not stored"]
    assert [(r["revision"], r["status"]) for r in info["history"]] == [(2, "failed"), (1, "deployed")]

    result = world.registries(GHCR)
    assert result["previous_revision"] == 1
    assert [(r["revision"], r["status"]) for r in result["newer_revisions"]] == [(2, "failed")]
    assert BAD not in world.env()
    assert world.rendered().items() >= pair(GHCR).items()


@pytest.mark.nightly
def test_t05_the_next_upgrade_by_hand_is_built_on_other_values_than_helm_shows(world: World) -> None:
    fail_to_add(world)
    shown = world.env()
    assert upgrade(world, *set_pair(INTERNAL)).status == 0
    assert world.env().keys() - shown.keys() == pair(INTERNAL).keys()
    assert shown.keys() - world.env().keys() == {*pair(GHCR), BAD}, "gone without having been removed"

    before = world.env()
    fail_to_add(world)
    check = world.registries(GHCR, check_mode=True)
    assert check["previous_revision"] == 3
    assert [r["key"] for r in check["registries"]] == ["GHCR", "INTERNAL"]
    world.registries(GHCR)
    assert world.env() == before | pair(GHCR)


def test_t06_a_rollback_without_a_revision_returns_to_a_failed_one(world: World) -> None:
    with world.cluster.behaving(job_exit_code=1):
        for _unused in range(2):
            assert upgrade(world, *set_name_only("GHCR")).status != 0
    assert statuses(world) == ["deployed", "failed", "failed"]
    world.run_helm("rollback", world.release)
    assert world.history()[-1]["description"] == "Rollback to 2"
    assert world.history()[-1]["status"] == "deployed", "helm calls it good now"
    assert f"{PREFIX}GHCR_NAME" in world.rendered()

    with pytest.raises(ReleaseError) as caught:
        world.roll_back(revision=2)
    assert "cluster east-1: " in told(caught)
    assert "revision 2 has status failed" in told(caught)
    assert "release_rollback can return to revision 1 or 4 (option revision)." in told(caught)
    result = world.roll_back()
    assert result["target_revision"] == 1
    ours = "fleetops.nvcf: rollback to 1" if world.helm == 4 else "Rollback to 1"
    assert world.history()[-1]["description"] == ours
    assert f"{PREFIX}GHCR_NAME" not in world.rendered()
    assert not world.roll_back()["changed"]


@pytest.mark.nightly
def test_t07_the_same_upgrade_again_and_again_prunes_the_revision_to_return_to(world: World) -> None:
    for _unused in range(3):
        # Ten revisions are kept by default. Three make the same point sooner.
        assert upgrade(world, *set_pair(GHCR), "--no-hooks", "--history-max=3").status == 0
    assert [r["revision"] for r in world.history()] == [2, 3, 4]

    for _unused in range(3):
        assert not world.registries(GHCR, history_max=3)["changed"]
    assert [r["revision"] for r in world.history()] == [2, 3, 4]

    with world.cluster.behaving(job_exit_code=1):
        for _unused in range(2):
            assert upgrade(world, *set_pair(INTERNAL)).status != 0
    world.registries(INTERNAL, history_max=2)
    kept = {r["revision"]: r["status"] for r in world.history()}
    assert kept[4] == "superseded", "what the change was built on outlives it"
    assert kept[7] == "deployed"


@pytest.mark.nightly
def test_t12_a_bad_value_that_is_read_back_and_combined_never_heals(world: World) -> None:
    fail_to_add(world)
    for _unused in range(2):
        combined = world.values()
        combined["api"]["env"] |= pair(INTERNAL)
        with pytest.raises(SandboxError, match=BAD):
            replace_values(world, combined)
    assert statuses(world) == ["deployed", "failed", "failed", "failed"]

    result = world.registries(INTERNAL)
    assert result["previous_revision"] == 1
    assert BAD not in world.env()
    assert statuses(world)[-1] == "deployed"
