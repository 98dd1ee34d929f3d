# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stack that configures registries which the API knows by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError, PlanError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

HARBOR = pair({"key": "HARBOR", "name": "Our Harbor", "hostname": "harbor.corp.example"})
MIRROR = {f"{PREFIX}NGC_HOSTNAME": "mirror.corp.example"}


def test_what_a_stack_sets_for_built_in_registries_is_told_and_left_alone(new_world: NewWorld) -> None:
    values = stack_values()
    values["api"]["env"] |= HARBOR | MIRROR
    world = new_world()
    world.install(values)

    world.registries(INTERNAL)
    world.registries(GHCR, state="exact")
    world.roll_out()
    assert world.env() == values["api"]["env"] | pair(GHCR)
    info = world.info(ask_api=True, registries=[GHCR], state="exact")
    assert (info["unmet"], info["disagreements"], info["settled"]) == ([], [], True)
    assert {row["key"]: row["recognized"] for row in info["registries"]} == {"GHCR": True, "HARBOR": True, "NGC": True}
    [problem] = info["problems"]
    assert (problem["key"], problem["fatal"]) == ("NGC", False)
    assert "nvcr.io" in problem["problem"]

    with pytest.raises(PlanError, match="use that entry for the host"):
        world.registries(INTERNAL | {"hostname": "harbor.corp.example"}, on_existing="replace")
    world.registries({"key": "HARBOR"}, {"key": "NGC"}, state="absent")
    assert world.env() == stack_values()["api"]["env"] | pair(GHCR)


def test_a_host_that_nvcf_could_validate_is_accepted_where_losing_that_is_allowed(world: World) -> None:
    kindred: dict[str, Any] = {"key": "HUB", "name": "Docker Hub, another host", "hostname": "index.docker.io"}
    with pytest.raises(InputError, match="nothing on it would be validated"):
        world.registries(kindred)
    assert world.registries(kindred | {"allow_unvalidated": True})["changed"]
    world.roll_out()
    assert world.try_image("index.docker.io/my-org/my-app:1.0")["outcome"] == "accepted"
