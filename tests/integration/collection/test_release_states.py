# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that are pending, failed or changed by others while we are at it."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import History, Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    HelmError,
    NvcfError,
    PlanError,
    ReleaseError,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import set_name_only, upgrade
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import BOTH_HELMS, NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox import tools

Eventually = Callable[[Callable[[], bool], str], None]


def told(error: NvcfError) -> str:
    """The message of a task that has failed."""
    return str(error.result()["msg"])


def begin_and_kill(world: World, eventually: Eventually) -> None:
    """Leave the release pending: an upgrade whose helm is killed while it waits for its hook."""
    with world.cluster.behaving(job_seconds=600):
        argv = [str(tools.helm(world.helm)), "upgrade", world.release, str(world.chart), "--reuse-values"]
        where = [f"--namespace={world.namespace}", f"--kubeconfig={world.cluster.kubeconfig}"]
        with subprocess.Popen([*argv, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as helm:
            eventually(lambda: world.newest_status == "pending-upgrade", "a pending revision")
            helm.kill()


def test_an_expected_revision_that_is_no_longer_deployed_is_refused(world: World) -> None:
    world.registries(INTERNAL, expected_revision=1)
    with pytest.raises(ReleaseError, match="at revision 2, and expected_revision is 1: the release was changed"):
        world.registries(GHCR, expected_revision=1)
    assert len(world.history()) == 2


def test_a_pending_release_is_refused_with_its_age_and_a_way_out(world: World, eventually: Eventually) -> None:
    begin_and_kill(world, eventually)
    told = r"pending-upgrade since [-\d]+ [:\d]+ UTC \(revision 2, 0 min\).*Set on_pending.*can return to revision 1 "
    with pytest.raises(ReleaseError, match=told):
        world.registries(GHCR)
    with pytest.raises(ReleaseError, match="still is after 1 s of waiting"):
        world.registries(GHCR, on_pending="wait", pending_timeout=1)
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        world.registries(GHCR, on_pending="rollback")
    assert [r["status"] for r in world.history()] == ["deployed", "pending-upgrade"]


def test_check_mode_tells_of_an_abandoned_release_what_the_real_run_does(world: World, eventually: Eventually) -> None:
    begin_and_kill(world, eventually)
    given: dict[str, Any] = {"on_pending": "rollback", "pending_min_age": 0}
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        world.registries(GHCR, on_pending="rollback", check_mode=True)
    predicted = world.registries(GHCR, check_mode=True, **given)
    assert "it would be considered abandoned, and the release would be returned to revision 1" in world.warned[0]
    assert [r["status"] for r in world.history()] == ["deployed", "pending-upgrade"]
    done = world.registries(GHCR, **given)
    # What a change leaves of others' edits is seen only afterwards.
    where = ("release", "command", "drift_after", "mark")
    assert {k: v for k, v in predicted.items() if k not in where} == {k: v for k, v in done.items() if k not in where}


def test_taking_back_what_was_pending_is_a_change_by_itself(world: World, eventually: Eventually) -> None:
    world.registries(GHCR)
    begin_and_kill(world, eventually)
    given: dict[str, Any] = {"on_pending": "rollback", "pending_min_age": 0}
    predicted = world.registries(GHCR, check_mode=True, **given)
    done = world.registries(GHCR, **given)
    assert (predicted["changed"], predicted["summary"]) == (True, "roll back the pending revision")
    where = ("release", "mark")
    assert {k: v for k, v in predicted.items() if k not in where} == {k: v for k, v in done.items() if k not in where}
    assert [r["status"] for r in world.history()][-1] == "deployed"
    assert not world.registries(GHCR, **given)["changed"]


def test_what_fails_after_a_pending_revision_was_taken_back_has_changed_the_release(
    world: World, eventually: Eventually
) -> None:
    world.registries(GHCR)
    begin_and_kill(world, eventually)
    with pytest.raises(PlanError, match="the release already has GHCR with hostname") as caught:
        world.registries(GHCR | {"hostname": "ghcr.example"}, on_pending="rollback", pending_min_age=0)
    facts = caught.value.facts
    assert (facts["changed"], facts["last_good_revision"], facts["newest_revision"]) == (True, 2, 4)


@BOTH_HELMS
def test_a_killed_helm_is_repaired_and_the_change_made(world: World, eventually: Eventually) -> None:
    begin_and_kill(world, eventually)
    result = world.registries(GHCR, on_pending="rollback", pending_min_age=0)
    assert "considered abandoned" in world.warned[0]
    assert result["release"]["status"] == "deployed"
    assert world.history()[-1]["status"] == "deployed"
    assert world.env().items() >= pair(GHCR).items()
    world.roll_out()


@pytest.mark.nightly
def test_waiting_goes_on_when_the_other_helm_has_ended(world: World, eventually: Eventually) -> None:
    with world.cluster.behaving(job_seconds=3), ThreadPoolExecutor() as pool:
        theirs = pool.submit(world.run_helm, "upgrade", world.release, str(world.chart), "--reuse-values")
        eventually(lambda: world.newest_status == "pending-upgrade", "their revision")
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


def test_a_release_that_never_comes_to_rest_is_given_up_with_nothing_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(range(1, 1000))

    def always_another(history: History) -> Revision:
        found = history.revisions[-1]
        return dataclasses.replace(found, number=found.number + next(looks), status="superseded")

    monkeypatch.setattr(History, "newest", property(always_another))
    with pytest.raises(ReleaseError, match="modified concurrently 5 times"):
        world.registries(GHCR)
    assert recognized_registry.ATTEMPTS == 5
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
    assert re.search(r" Pod nvcf-api-account-bootstrap-\S+ of the hook \S+: \w+: exit code 1", told(caught.value))


def test_a_hook_that_waits_in_vain_is_told_with_the_pod_for_which_it_waits(world: World) -> None:
    """The account bootstrap waits for the API, and the API cannot be pulled."""
    values = world.values()
    values["api"]["image"]["registry"] = "registry.invalid"
    world.run_helm("upgrade", world.release, str(world.chart), "--values=-", "--no-hooks", stdin=json.dumps(values))
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/pods?labelSelector=pod-template-hash")
    with world.cluster.behaving(job_seconds=600), pytest.raises(HelmError) as caught:
        world.registries(GHCR, timeout=3)
    said = told(caught.value)
    assert re.search(r"The hook waits for the API: pod nvcf-api-\S+: (ErrImagePull|ImagePullBackOff): ", said), said


def test_a_history_without_a_deployed_revision_is_told_with_the_choices(new_world: NewWorld) -> None:
    world = new_world()
    with world.cluster.behaving(job_exit_code=1), pytest.raises(Exception, match="helm upgrade exited"):
        world.install()
    with pytest.raises(
        ReleaseError,
        match=r"no deployed revision .* 1 \(failed\). No revision is left that release_rollback can return to",
    ):
        world.registries(GHCR)


def test_the_last_good_revision_outlives_the_change_of_a_deployed_one_on_which_the_api_does_not_start(
    world: World,
) -> None:
    for _unused in range(2):
        assert upgrade(world, *set_name_only("GHCR"), "--no-hooks").status == 0
    result = world.registries(INTERNAL, GHCR, history_max=2)
    assert (result["previous_revision"], result["last_good_revision"]) == (3, 1)
    assert [r["revision"] for r in world.history()] == [1, 2, 3, 4]
    assert world.roll_back(revision=1, expected_revision=4)["changed"]


def test_many_failures_do_not_prune_the_revision_to_return_to(world: World) -> None:
    with world.cluster.behaving(job_exit_code=1):
        for _unused in range(3):
            with pytest.raises(HelmError):
                world.registries(GHCR, history_max=2)
    assert world.history()[0]["revision"] == 1
    assert world.roll_back()["target_revision"] == 1
