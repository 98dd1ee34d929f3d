# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A helm that is killed, two that meet, and flags that mean something else to the other version.

Numbers are those of docs/traps.md. Each test shows the trap first and then the way around it.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    finish,
    set_pair,
    start_helm,
    statuses,
    told,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually


def kill_in_the_middle(world: World, eventually: Eventually) -> None:
    """An upgrade whose helm is killed while it waits for a hook that does not end."""
    with (
        world.cluster.behaving(job_seconds=600),
        start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(INTERNAL)) as helm,
    ):
        eventually(lambda: world.newest_status == "pending-upgrade", "a pending revision")
        eventually(lambda: world.rendered().keys() >= pair(INTERNAL).keys(), "a changed ConfigMap")
        helm.kill()
        helm.communicate()


def test_t09_a_killed_helm_blocks_every_other_and_hides_the_release(world: World, eventually: Eventually) -> None:
    kill_in_the_middle(world, eventually)
    blocked = upgrade(world, *set_pair(GHCR))
    assert blocked.status != 0
    assert "another operation" in blocked.err
    assert json.loads(world.run_helm("list", "--deployed", "--output=json")) == []

    with pytest.raises(ReleaseError) as caught:
        world.registries(GHCR)
    message = told(caught)
    assert message.startswith(f"cluster east-1: release {world.namespace}/api is pending-upgrade since ")
    assert "(revision 2, 0 min)" in message
    assert (
        "Set on_pending to wait, or to rollback if it was killed. The module release_rollback can return to revision 1 "
        in message
    )
    with pytest.raises(ReleaseError, match=r"so its helm process may still be running\. .* lower pending_min_age"):
        world.registries(GHCR, on_pending="rollback")
    with pytest.raises(ReleaseError, match=r"still is after 1 s of waiting.* set on_pending to rollback"):
        world.registries(GHCR, on_pending="wait", pending_timeout=1)
    assert statuses(world) == ["deployed", "pending-upgrade"], "nothing was written by any of these"

    result = world.registries(GHCR, on_pending="rollback", pending_min_age=0)
    assert "considered abandoned, and the release was returned to revision 1" in world.warned[0]
    assert [r["key"] for r in result["registries"]] == ["GHCR"]
    world.roll_out()
    assert world.try_image()["outcome"] == "accepted"


def test_t09_a_killed_helm_is_repaired_by_an_explicit_rollback(world: World, eventually: Eventually) -> None:
    before = world.rendered()
    kill_in_the_middle(world, eventually)
    with pytest.raises(ReleaseError, match=r"so its helm process may still be running"):
        world.roll_back()
    result = world.roll_back(pending_min_age=0)
    assert result["target_revision"] == 1
    assert world.rendered() == before
    assert upgrade(world, *set_pair(GHCR)).status == 0, "helm works on the release again"


@pytest.mark.nightly
def test_t10_of_two_upgrades_at_once_one_is_lost(world: World) -> None:
    with world.cluster.behaving(job_seconds=2):
        begun = [
            start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(registry))
            for registry in (GHCR, INTERNAL)
        ]
        ended = [finish(helm) for helm in begun]
    assert sorted(helm.status == 0 for helm in ended) == [False, True]
    words = next(helm.err for helm in ended if helm.status != 0)
    assert "another operation" in words or "already exists" in words
    assert len({*pair(GHCR), *pair(INTERNAL)} & world.env().keys()) == 2

    world.install()
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(world.registries, registry, on_pending="wait") for registry in (GHCR, INTERNAL)]
        assert all(run.result()["changed"] for run in runs)
    assert world.env().items() >= (pair(GHCR) | pair(INTERNAL)).items()
    assert statuses(world)[-1] == "deployed"


@pytest.mark.nightly
@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_t11_wait_and_atomic_are_old_names_to_helm_4(world: World) -> None:
    old = upgrade(world, *set_pair(GHCR), "--wait=true", "--atomic")
    assert old.status == 0
    assert "deprecated" in old.err + old.out
    apply_without_flags_of_one_version(world)


@pytest.mark.nightly
@pytest.mark.parametrize("helm", [3], ids=["helm3"])
def test_t11_the_new_names_are_refused_by_helm_3(world: World) -> None:
    for flag in ("--wait=watcher", "--rollback-on-failure"):
        assert upgrade(world, *set_pair(GHCR), flag).status != 0
    assert statuses(world) == ["deployed"]
    apply_without_flags_of_one_version(world)


def apply_without_flags_of_one_version(world: World) -> None:
    """Waiting and returning are not left to helm, so none of its names for it is used."""
    result = world.registries(INTERNAL)
    assert not [flag for flag in ("--wait", "--atomic", "--rollback-on-failure") if flag in result["command"]]
    world.roll_out()
    assert world.env().items() >= pair(INTERNAL).items()
