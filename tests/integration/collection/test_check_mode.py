# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode tells of every kind of change what the run then does, and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import finish, start_helm
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART, FAILING_HOOK, variant

ONLY_AFTER_THE_RUN = ("release", "drift_after", "mark")


def edit_by_hand(world: World, _folder: Path) -> None:
    """A registry's variable, another one and the number of pods are changed behind helm's back.

    Not so that a pod could not start: when it has failed, which is soon, another revision is the one to return to.
    """
    name, hostname = pair(GHCR)
    data = {name: "edited", hostname: "edited.example", "SPRING_PROFILES_ACTIVE": None}
    config_map = f"/api/v1/namespaces/{world.namespace}/configmaps/nvcf-api-env"
    world.cluster.api.patch(f"{config_map}?fieldManager=kubectl-edit", {"data": data})
    deployment = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(f"{deployment}?fieldManager=kubectl-edit", {"spec": {"replicas": 2}})


def fail_an_upgrade(world: World, folder: Path) -> None:
    """The newest revision has failed, and its chart's objects are in the cluster."""
    chart = variant(API_CHART, folder / "failing", version="1.25.1", edits=FAILING_HOOK)
    flags = ("--reuse-values", "--set-string=api.env.LEFT_OVER=1")
    assert finish(start_helm(world, "upgrade", world.release, str(chart), *flags)).status != 0
    assert world.history()[-1]["status"] == "failed"


def nothing(_world: World, _folder: Path) -> None:
    """The release is as its own helm left it."""


def told(world: World, *registries: dict[str, str], **options: Any) -> tuple[dict[str, Any], list[str]]:
    """The result and the warnings, without what differs between any two runs."""
    world.warned.clear()
    result = world.registries(*registries, **options)
    kept = {name: value for name, value in result.items() if name not in ONLY_AFTER_THE_RUN}
    kept["command"] = re.sub(
        r"--(kubeconfig|labels) \S+|/\S+/helm-nvcf-api\b|/\S+/chart\b", "", kept.get("command", "")
    )
    return kept, list(world.warned)


@pytest.mark.parametrize(
    "happening,registry,state",
    [
        pytest.param(nothing, {"key": "ghcr"}, "absent", id="absent"),
        pytest.param(nothing, INTERNAL, "exact", id="exact", marks=pytest.mark.nightly),
        pytest.param(edit_by_hand, GHCR, "present", id="drift-present", marks=pytest.mark.nightly),
        pytest.param(edit_by_hand, INTERNAL, "exact", id="drift-exact"),
        pytest.param(fail_an_upgrade, INTERNAL, "present", id="failed-present"),
        pytest.param(fail_an_upgrade, {"key": "GHCR"}, "absent", id="failed-absent", marks=pytest.mark.nightly),
    ],
)
def test_check_mode_tells_what_the_run_does(
    world: World,
    tmp_path: Path,
    happening: Callable[[World, Path], None],
    registry: dict[str, str],
    state: str,
) -> None:
    world.registries(GHCR)
    happening(world, tmp_path)
    before = world.history(), world.rendered(), world.get("deployments", "nvcf-api")["spec"]

    predicted = told(world, registry, state=state, check_mode=True)
    assert (world.history(), world.rendered(), world.get("deployments", "nvcf-api")["spec"]) == before
    assert told(world, registry, state=state) == predicted

    again, _warnings = told(world, registry, state=state, check_mode=True)
    assert not again["changed"]
