# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that are pending, failed or changed by others while we are at it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils import _recognized_registry
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import HelmError, PlanError, ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._release import History, Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._upgrade import Upgrade
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox import tools

Eventually = Callable[[Callable[[], bool], str], None]


def begin_and_kill(world: World, eventually: Eventually) -> None:
    """Leave the release pending: an upgrade whose helm is killed while it waits for its hook."""
    with world.cluster.behaving(job_seconds=600):
        argv = [str(tools.helm(world.helm)), "upgrade", world.release, str(world.chart), "--reuse-values"]
        where = [f"--namespace={world.namespace}", f"--kubeconfig={world.cluster.kubeconfig}"]
        with subprocess.Popen([*argv, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as helm:
            eventually(lambda: world.history()[-1]["status"] == "pending-upgrade", "a pending revision")
            helm.kill()


def test_an_expected_revision_that_is_no_longer_deployed_is_refused(world: World) -> None:
    world.registries(INTERNAL, expected_revision=1)
    with pytest.raises(ReleaseError, match="at revision 2, and expected_revision is 1: somebody changed it"):
        world.registries(GHCR, expected_revision=1)
    assert len(world.history()) == 2


def test_a_pending_release_is_refused_with_its_age_and_a_way_out(world: World, eventually: Eventually) -> None:
    begin_and_kill(world, eventually)
    told = (
        r"pending-upgrade since \d\d:\d\d:\d\d UTC \(revision 2, 0 min\).*Set on_pending.*Revisions to return to: 1\."
    )
    with pytest.raises(ReleaseError, match=told):
        world.registries(GHCR)
    with pytest.raises(ReleaseError, match="still so after 1 s of waiting"):
        world.registries(GHCR, on_pending="wait", pending_timeout=1)
    with pytest.raises(ReleaseError, match="too young to be taken for dead"):
        world.registries(GHCR, on_pending="rollback")
    assert [r["status"] for r in world.history()] == ["deployed", "pending-upgrade"]


def test_a_killed_helm_is_repaired_and_the_change_made(world: World, eventually: Eventually) -> None:
    begin_and_kill(world, eventually)
    result = world.registries(GHCR, on_pending="rollback", pending_min_age=0)
    assert "taken for dead" in world.warned[0]
    assert result["release"]["status"] == "deployed"
    assert world.history()[-1]["status"] == "deployed"
    assert world.env().items() >= pair(GHCR).items()
    world.roll_out()


def test_waiting_goes_on_when_the_other_helm_has_ended(world: World, eventually: Eventually) -> None:
    with world.cluster.behaving(job_seconds=3), ThreadPoolExecutor() as pool:
        theirs = pool.submit(world.run_helm, "upgrade", world.release, str(world.chart), "--reuse-values")
        eventually(lambda: world.history()[-1]["status"] == "pending-upgrade", "their revision")
        world.registries(GHCR, on_pending="wait")
        theirs.result()
    assert [r["status"] for r in world.history()] == ["superseded", "superseded", "deployed"]


def test_of_two_runs_at_once_no_key_is_lost(world: World) -> None:
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(world.registries, registry, on_pending="wait") for registry in (GHCR, INTERNAL)]
        results = [run.result() for run in runs]
    assert all(result["changed"] for result in results)
    assert world.env().items() >= (pair(GHCR) | pair(INTERNAL)).items()
    assert world.history()[-1]["status"] == "deployed"


def slip_in(world: World, registry: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody's change begin and end between our last look and helm's own: helm does not notice."""
    apply = Upgrade.apply
    slipped: list[bool] = []

    def apply_after_another(upgrade: Upgrade) -> int:
        if not slipped:
            slipped.append(True)
            values = world.values()
            values["api"]["env"] |= pair(registry)
            world.install(values)
        return apply(upgrade)

    monkeypatch.setattr(Upgrade, "apply", apply_after_another)


def test_a_change_that_slipped_in_unseen_is_built_upon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slip_in(world, INTERNAL, monkeypatch)
    world.registries(GHCR)
    assert world.env().items() >= (pair(GHCR) | pair(INTERNAL)).items()
    assert any("revision 2 came in between; planning anew" in line for line in world.said)


def test_a_change_that_slipped_in_unseen_and_can_not_be_built_upon_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = GHCR | {"hostname": "ghcr.example"}
    slip_in(world, theirs, monkeypatch)
    with pytest.raises(PlanError, match="the release holds GHCR with hostname"):
        world.registries(GHCR)
    assert world.env().items() >= pair(theirs).items()
    assert world.rendered().items() >= pair(theirs).items()


def test_a_release_that_never_comes_to_rest_is_given_up_with_nothing_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(range(1, 1000))

    def always_another(history: History) -> Revision:
        found = history.revisions[-1]
        return dataclasses.replace(found, number=found.number + next(looks), status="superseded")

    monkeypatch.setattr(History, "newest", property(always_another))
    with pytest.raises(ReleaseError, match="changed by others 5 times in a row"):
        world.registries(GHCR)
    assert _recognized_registry.ATTEMPTS == 5
    assert len(world.history()) == 1


def test_a_failed_revision_is_reported_and_never_built_upon(world: World) -> None:
    values = world.values()
    values["api"]["env"] |= pair(INTERNAL)
    with world.cluster.behaving(job_exit_code=1), pytest.raises(Exception, match="helm upgrade exited"):
        world.install(values)
    result = world.registries(GHCR)
    assert [r["status"] for r in result["newer_revisions"]] == ["failed"]
    assert result["previous_revision"] == 1
    assert "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_INTERNAL_NAME" not in world.env()
    assert "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_INTERNAL_NAME" not in world.rendered()


def test_a_failing_hook_is_told_with_what_it_left_behind(world: World) -> None:
    with world.cluster.behaving(job_exit_code=1), pytest.raises(HelmError, match=r"helm upgrade .* failed") as caught:
        world.registries(GHCR)
    assert caught.value.facts["changed"], "the Deployment is changed already when the hook fails"
    assert caught.value.facts["history"][0]["status"] == "failed"
    assert "canary" not in json.dumps(caught.value.result())


def test_a_history_without_a_deployed_revision_is_told_with_the_choices(new_world: NewWorld) -> None:
    world = new_world()
    with world.cluster.behaving(job_exit_code=1), pytest.raises(Exception, match="helm upgrade exited"):
        world.install()
    with pytest.raises(ReleaseError, match=r"no deployed revision .* 1 \(failed\). No revision is left to return to"):
        world.registries(GHCR)


def test_many_failures_do_not_prune_the_revision_to_return_to(world: World) -> None:
    with world.cluster.behaving(job_exit_code=1):
        for _unused in range(3):
            with pytest.raises(HelmError):
                world.registries(GHCR, history_max=2)
    assert world.history()[0]["revision"] == 1
    assert world.roll_back()["target_revision"] == 1
