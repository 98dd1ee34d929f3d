# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hand procedure does to the running API, and what its clients notice.

Numbers are those of docs/traps.md. Each test shows the trap first and then the way around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    HelmError,
    NvcfApiError,
    PlanError,
    RolloutError,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    crashed,
    create_function,
    delete_pods,
    endpoints,
    finish,
    replace_values,
    selected_by_name_label,
    set_name_only,
    set_pair,
    start_helm,
    statuses,
    told,
    traffic,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import BOTH_HELMS
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually

HALF = f"{PREFIX}GHCR_NAME"
HOOK = "account-bootstrap"


def add_half_by_hand(world: World, eventually: Eventually) -> None:
    """Half a pair and deleted pods: nothing serves any more, and helm is content."""
    assert upgrade(world, *set_name_only("GHCR")).status == 0
    assert statuses(world)[-1] == "deployed"
    delete_pods(world)
    eventually(lambda: all(map(crashed, world.pods())) and not endpoints(world), "an API that is down")


def backing_off(pod: Mapping[str, Any]) -> bool:
    """Whether the node waits before it starts the pod's container again."""
    states = pod["status"].get("containerStatuses", [])
    return any(state["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" for state in states)


@pytest.mark.nightly
@BOTH_HELMS
def test_t15_deleting_pods_by_the_name_label_hits_the_hook_too(world: World, eventually: Eventually) -> None:
    def hooks() -> list[str]:
        pods = world.cluster.api.get(selected_by_name_label(world))["items"]
        return [pod["metadata"]["name"] for pod in pods if HOOK in pod["metadata"]["name"]]

    with world.cluster.behaving(job_seconds=600):
        helm = start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(GHCR))
        eventually(lambda: bool(hooks()), "a hook that runs")
        delete_pods(world)
        ended = finish(helm)
    assert ended.status != 0, "the hook was killed, and the upgrade with it"
    assert statuses(world)[-1] == "failed"

    world.registries(GHCR)
    world.roll_out()
    assert world.info()["rollout"]["state"] == "done"
    assert world.try_image()["outcome"] == "accepted"


@pytest.mark.nightly
def test_t15_deleting_pods_takes_the_api_away_and_a_rollout_does_not(world: World, eventually: Eventually) -> None:
    with world.cluster.behaving(start_seconds=1.0, stop_seconds=1.0):
        with traffic(world, eventually) as by_hand:
            assert upgrade(world, *set_pair(INTERNAL)).status == 0
            delete_pods(world)
        assert by_hand.failed > 0

        world.roll_out()
        with traffic(world, eventually) as ours:
            world.registries(GHCR)
            world.roll_out()
            world.registries({"key": "GHCR"}, state="absent")
            world.roll_out()
            world.roll_back(revision=1)
        assert ours.failed == 0
        assert ours.answered > 10
    assert len(endpoints(world)) == 1, "one replica was enough"


HEALERS: dict[str, Callable[[World], object]] = {
    "completed": lambda world: world.registries(GHCR),
    "removed": lambda world: world.registries({"key": "GHCR"}, state="absent"),
    "replaced": lambda world: world.registries(INTERNAL, state="exact"),
}


@pytest.mark.parametrize(
    "heal",
    [
        pytest.param(heal, id=name, marks=() if name == "completed" else pytest.mark.nightly)
        for name, heal in HEALERS.items()
    ],
)
def test_t16_half_a_pair_takes_the_api_down_while_helm_calls_it_deployed(
    world: World, eventually: Eventually, heal: Callable[[World], object]
) -> None:
    add_half_by_hand(world, eventually)
    assert HALF in world.env(), "the hand procedure's check is passed"

    heal(world)
    world.roll_out()
    assert endpoints(world)
    assert world.info(ask_api=True)["problems"] == []
    assert world.info()["rollout"]["state"] == "done"


def test_t16_a_rollback_heals_pods_that_crashed_with_half_a_pair(world: World, eventually: Eventually) -> None:
    # Long enough to be sure that no container starts by itself before the rollback has ended.
    with world.cluster.behaving(backoff_scale=100):
        add_half_by_hand(world, eventually)
        eventually(lambda: all(map(backing_off, world.pods())), "pods that wait for their next start")
        result = world.roll_back()
    assert result["target_revision"] == 1
    assert endpoints(world)


def test_t16_half_a_pair_is_found_told_and_never_built_upon(world: World, eventually: Eventually) -> None:
    add_half_by_hand(world, eventually)
    eventually(lambda: world.info()["rollout"]["state"] == "failed", "a rollout that is reported as failed")
    info = world.info()
    assert info["last_good_revision"] == 1
    assert info["problems"] == [
        {"key": "GHCR", "fatal": True, "problem": "HOSTNAME is missing or empty: the API does not start"}
    ]
    with pytest.raises(RolloutError) as failure:
        world.roll_out()
    assert told(failure).startswith(f"cluster east-1: rollout of {world.namespace}/nvcf-api failed: pod nvcf-api-")
    assert "the API does not start with an incomplete entry" in told(failure)
    assert "Add it completely with recognized_registry, or remove GHCR with state absent" in told(failure)

    before = statuses(world)
    with pytest.raises(PlanError) as refusal:
        world.registries(INTERNAL)
    message = told(refusal)
    assert message.startswith("cluster east-1: ")
    assert "GHCR: HOSTNAME is missing or empty: the API does not start" in message
    assert "Give the complete entries in registries, or remove them with state absent" in message
    assert statuses(world) == before


def test_t16_the_playbook_that_adds_the_pair_heals_the_cluster(
    world: World, eventually: Eventually, tmp_path: Path
) -> None:
    add_half_by_hand(world, eventually)
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    outcome = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert outcome.status == 0, outcome.text
    assert world.try_image()["outcome"] == "accepted"


@pytest.mark.nightly
def test_t17_healing_by_an_upgrade_waits_for_the_api_that_is_down(world: World, eventually: Eventually) -> None:
    whole = world.values()
    add_half_by_hand(world, eventually)
    # Longer than helm's patience: its hook can only end when the API answers.
    with world.cluster.behaving(start_seconds=600):
        refused = upgrade(world, *set_pair(GHCR), "--timeout=3s")
        assert refused.status != 0
        assert statuses(world)[-1] == "failed"
        with pytest.raises(HelmError) as caught:
            world.registries(GHCR, timeout=3)
        assert caught.value.facts["changed"], "so that the role knows that there is something to roll back"
        assert told(caught).startswith(f"cluster east-1: helm upgrade of release {world.namespace}/api failed: ")

        world.cluster.behave(start_seconds=0.2)
        result = world.roll_back(revision=1, timeout=3)
    assert result["release"]["status"] == "deployed"
    assert result["pods"]
    assert world.values() == whole
    assert endpoints(world)


@pytest.mark.nightly
def test_t18_a_create_right_after_the_upgrade_is_answered_by_the_old_pod(world: World) -> None:
    with world.cluster.behaving(start_seconds=600):
        assert upgrade(world, *set_pair(GHCR)).status == 0
        assert create_function(world) == 400, "the registry is allowed, and the API says no"

        with pytest.raises(NvcfApiError) as caught:
            world.try_image()
        assert told(caught).startswith(f"cluster east-1: no pod of Deployment {world.namespace}/nvcf-api is ready")
        assert "run api_rollout" in told(caught)
        with pytest.raises(
            RolloutError, match=r"did not finish within 2 s: 0 of 1 new pods ready, old pods remaining: 1"
        ):
            world.roll_out(rollout_timeout=2)


@pytest.mark.nightly
def test_t18_a_create_right_after_a_removal_is_answered_by_the_old_pod(world: World) -> None:
    without = world.values()
    world.registries(GHCR)
    world.roll_out()
    with world.cluster.behaving(start_seconds=600):
        replace_values(world, without)
        assert create_function(world) == 200, "the registry is gone, and the API says yes"
        with pytest.raises(NvcfApiError, match=r"no pod of Deployment .* is ready"):
            world.try_image(expect="rejected")


def test_t18_once_the_rollout_is_done_the_new_pod_answers(world: World) -> None:
    with world.cluster.behaving(start_seconds=1.0):
        world.registries(GHCR)
        world.roll_out()
        assert create_function(world) == 200
        assert world.try_image()["outcome"] == "accepted"
        world.registries({"key": "GHCR"}, state="absent")
        world.roll_out()
        assert create_function(world) == 400
        assert world.try_image(expect="rejected")["outcome"] == "not_recognized"
