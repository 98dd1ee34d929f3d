# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the vendor's hand procedure, one by one, and what each of them promises."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, NvcfApiError, PlanError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import (
    API_CHART,
    WITHOUT_CHECKSUM_VERSION,
    variant,
)


def test_step_1_stores_both_variables_and_leaves_every_other_value_alone(world: World) -> None:
    before = world.values()
    result = world.registries(GHCR)
    after = copy.deepcopy(before)
    after["api"]["env"] |= pair(GHCR)
    assert world.values() == after
    assert result["changed"]
    assert result["release"]["revision"] == 2
    assert result["release"]["chart_version"] == "1.25.1"
    assert world.history()[-1]["description"] == "fleetops.nvcf: add GHCR=ghcr.io"


def test_step_1_takes_names_that_break_the_command_line_of_the_hand_procedure(world: World) -> None:
    name = 'Acme, "Inc.", X=Y {a} \\ äöü 日本 #1: yes'
    world.registries({"key": "ACME", "name": name, "hostname": "acme.example"})
    assert world.env()["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_ACME_NAME"] == name
    assert world.rendered()["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_ACME_NAME"] == name


def test_step_2_is_done_when_only_pods_with_the_new_environment_are_left(world: World) -> None:
    old = {pod["metadata"]["name"] for pod in world.pods()}
    world.registries(GHCR)
    result = world.roll_out()
    left = {pod["metadata"]["name"] for pod in world.pods()}
    assert old.isdisjoint(left)
    assert left == {pod["name"] for pod in result["pods"]}
    assert not result["restarted"], "this chart rolls by itself, a restart would be a second outage"


def test_step_2_restarts_pods_of_a_chart_that_does_not_roll_by_itself(new_world: NewWorld, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "old", version=WITHOUT_CHECKSUM_VERSION, drop_checksum=True)
    world = new_world(chart=chart)
    world.install()
    old = {pod["metadata"]["name"] for pod in world.pods()}
    world.registries(GHCR)
    assert {pod["metadata"]["name"] for pod in world.pods()} == old
    assert world.info()["rollout"]["state"] == "stale"

    assert world.roll_out()["restarted"]
    assert old.isdisjoint(pod["metadata"]["name"] for pod in world.pods())
    assert not world.roll_out()["restarted"], "once is enough"
    assert world.try_image()["outcome"] == "accepted"


def test_step_3_sees_the_registry_at_all_four_levels(world: World) -> None:
    world.registries(GHCR)
    world.roll_out()
    info = world.info(ask_api=True, registries=[GHCR])
    levels = {"stored": True, "rendered": True, "running": True, "recognized": True, "accepted": None}
    assert info["registries"] == [GHCR | levels]
    assert info["unmet"] == info["disagreements"] == info["problems"] == []


def test_step_4_a_function_is_refused_before_and_accepted_after(world: World) -> None:
    refused = world.try_image(expect="rejected")
    assert (refused["outcome"], refused["status"]) == ("not_recognized", 400)
    with pytest.raises(NvcfApiError, match="the API does not recognize this registry"):
        world.try_image(expect="accepted")

    world.registries(GHCR)
    world.roll_out()
    accepted = world.try_image()
    assert accepted["outcome"] == "accepted"
    assert accepted["function"]["id"]
    assert accepted["function"]["version_id"]
    with pytest.raises(NvcfApiError, match=r"expected to be rejected .* accepts images"):
        world.try_image(expect="rejected")


def test_step_4_leaves_no_function_behind(world: World) -> None:
    world.registries(GHCR)
    world.roll_out()
    for _unused in range(7):  # more often than the account's limit of five
        assert world.try_image()["outcome"] == "accepted"


@pytest.mark.nightly
def test_rolling_back_restores_the_values_and_the_refusal(world: World) -> None:
    before = world.values()
    world.registries(GHCR)
    world.roll_out()
    result = world.registries({"key": "GHCR"}, state="absent")
    world.roll_out()
    assert result["removed"] == [GHCR]
    assert world.values() == before
    assert not [name for name in world.rendered() if "GHCR" in name]
    assert world.try_image(expect="rejected")["outcome"] == "not_recognized"


def test_rolling_back_the_only_variables_of_a_release_removes_them_from_the_manifest_too(new_world: NewWorld) -> None:
    world = new_world()
    world.install()
    values = world.values()
    values["api"]["env"] = {}
    world.install(values)
    world.registries(GHCR)
    world.registries({"hostname": "ghcr.io"}, state="absent")
    assert world.values() == values
    assert world.rendered() == {}


@pytest.mark.nightly
def test_a_second_run_makes_no_revision(world: World) -> None:
    for _unused in range(3):
        assert world.registries(GHCR, INTERNAL)["registries"] == [GHCR, INTERNAL]
    assert len(world.history()) == 2
    for _unused in range(3):
        world.registries({"key": "GHCR"}, {"key": "INTERNAL"}, state="absent")
    assert len(world.history()) == 3


@pytest.mark.nightly
def test_exact_removes_what_is_not_listed(world: World) -> None:
    world.registries(GHCR)
    result = world.registries(INTERNAL, state="exact")
    assert (result["added"], result["removed"]) == ([INTERNAL], [GHCR])
    assert world.registries(state="exact")["registries"] == []


def test_check_mode_tells_the_same_and_writes_nothing(world: World) -> None:
    predicted = world.registries(GHCR, check_mode=True)
    assert len(world.history()) == 1
    done = world.registries(GHCR)
    for told in ("changed", "added", "removed", "registries", "summary", "diff", "other_changes"):
        assert predicted[told] == done[told]


def test_bad_input_is_refused_before_a_cluster_is_asked(world: World) -> None:
    with pytest.raises(InputError, match=r"hostname 'ghcr.io:443': .* Use 'ghcr.io'"):
        world.registries(GHCR | {"hostname": "ghcr.io:443"}, kubeconfig="/nonexistent")


def test_other_data_under_the_same_key_is_refused_before_anything_is_written(world: World) -> None:
    world.registries(GHCR)
    with pytest.raises(PlanError, match=r"Set on_existing to 'replace' .* or to 'keep'") as caught:
        world.registries(GHCR | {"hostname": "ghcr.example"})
    assert caught.value.cluster == "east-1"
    assert caught.value.facts["found"] == [GHCR]
    assert len(world.history()) == 2


@pytest.mark.nightly
def test_half_a_pair_left_by_hand_is_completed(world: World) -> None:
    values = world.values()
    values["api"]["env"]["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME"] = GHCR["name"]
    world.install(values, wait=False)
    world.registries(GHCR)
    world.roll_out()
    assert world.try_image()["outcome"] == "accepted"
