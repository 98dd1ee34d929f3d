# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The question that creates nothing, and a task that is made and taken back, on both APIs of a control plane."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World
from ansible_collections.fleetops.nvcf.tests.sandbox.install import tasks_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store

GPU = {"gpu": "l40s", "instance_type": "NCP.GPU.L40S_1x"}
PAIR = "NVCT_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_"


def with_ghcr() -> dict[str, Any]:
    values = tasks_values()
    values["nvctApi"]["env"] |= {f"{PAIR}NAME": GHCR["name"], f"{PAIR}HOSTNAME": GHCR["hostname"]}
    return values


def refused(world: World, **options: Any) -> dict[str, Any]:
    with pytest.raises(NvcfError) as caught:
        world.try_image(**options)
    return caught.value.result()


def test_tasks_are_asked_and_made_with_a_key_that_is_minted_for_them(tasks: World) -> None:
    store = Store(tasks.cluster.nvcf_folder)
    assert tasks.try_image(method="probe", expect="rejected", **GPU)["outcome"] == "not_recognized"
    assert tasks.try_image(expect="rejected", **GPU)["outcome"] == "not_recognized"
    assert refused(tasks, method="probe", image="docker.io/a/b:1", **GPU)["outcome"] == "credential_missing"
    unknown = refused(tasks, method="probe")
    assert unknown["outcome"] == "unknown"
    assert "set gpu and instance_type" in unknown["msg"]

    tasks.install(with_ghcr())
    assert tasks.try_image(method="probe", check_mode=True, **GPU)["outcome"] == "accepted"
    with tasks.cluster.behaving(icms_lookup=403):
        assert "behind the API" in refused(tasks, method="probe", **GPU)["explanation"]
    assert store.all("task") == []
    looked = tasks.info(probe=True, registries=[GHCR], **GPU)
    assert [(row["recognized"], row["accepted"]) for row in looked["registries"]] == [(None, True)]
    assert looked["unmet"] == []
    made = tasks.try_image(**GPU)
    assert (made["outcome"], made["task"]["status"], made["leftovers_remaining"]) == ("accepted", "QUEUED", [])
    assert store.all("task") == []
    assert store.all("api-key") == [], "each went with the step that made it, as there is no run to share it"


def test_functions_are_asked_even_where_the_quota_is_full(world: World) -> None:
    store = Store(world.cluster.nvcf_folder)
    assert world.try_image(method="probe", expect="rejected")["outcome"] == "not_recognized"
    with world.cluster.behaving(quota=0):
        assert "there is no function" in refused(world, method="probe", expect="rejected")["explanation"]
        store.save({"id": "f", "versionId": "v", "name": "kept", "containerImage": "quay.io/a/b:1"})
        assert world.try_image(method="probe", expect="rejected")["outcome"] == "not_recognized"
    assert [function["name"] for function in store.functions()] == ["kept"]
