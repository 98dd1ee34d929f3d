# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the API recognizes from elsewhere than the pairs in `api.env`, where from, and what it is in the way of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.levels import compare
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.wanted import Wanted
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.elsewhere import (
    Elsewhere,
    recognized_elsewhere,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import manifest

LISTED = {"name": GHCR["name"], "hostname": GHCR["hostname"]}
BUILT_IN = {"name": "NGC Private Registry", "hostname": "nvcr.io"}
WANTED = (Wanted(**GHCR),)
NOTHING: Mapping[str, str] = MappingProxyType({})
UNTOLD = "an unknown place (the image, another object, a manual edit)"


def found(
    *,
    stored: Mapping[str, str] = NOTHING,
    running: Mapping[str, str] | None = NOTHING,
    listed: list[dict[str, str]] | None = None,
    api: Mapping[str, Any] | None = None,
    wanted: tuple[Wanted, ...] | None = None,
    state: Any = "present",
) -> list[Elsewhere]:
    values = {"api": {**(api or {}), "env": {**stored, **((api or {}).get("env") or {})}}}
    release = Release(
        service=FUNCTIONS,
        name="api",
        namespace="nvcf",
        revision=1,
        status="deployed",
        values=values,
        chart={},
        manifest=manifest({}),
    )
    levels = compare(
        FUNCTIONS,
        stored=held(stored, FUNCTIONS),
        rendered=held(stored, FUNCTIONS),
        running=None if running is None else held(running, FUNCTIONS),
        recognized=[LISTED, BUILT_IN] if listed is None else listed,
    )
    return recognized_elsewhere(levels, release, wanted, state)


def document(**more: str) -> dict[str, Any]:
    container = {"github": LISTED}
    text = json.dumps({"nvcf": {"registries": {"recognized": {"container": container}}}, **more})
    return {"env": {"SPRING_APPLICATION_JSON": text}}


@pytest.mark.parametrize(
    "world",
    [
        pytest.param({"running": None}, id="no one knows what the pods were started with"),
        pytest.param({"running": env_of(GHCR)}, id="the pods were started with it"),
        pytest.param({"running": env_of({**GHCR, "key": "OTHER"})}, id="under another key"),
        pytest.param({"listed": [BUILT_IN]}, id="not listed"),
        pytest.param({"listed": []}, id="nothing listed"),
    ],
)
def test_what_the_pods_account_for_or_nobody_knows_is_from_nowhere_else(world: dict[str, Any]) -> None:
    assert found(**world) == []
    assert found(stored=env_of(GHCR), **world) == []


@pytest.mark.parametrize(
    "api,source",
    [
        pytest.param({}, UNTOLD, id="not in the release"),
        pytest.param(document(password="canary"), "api.env.SPRING_APPLICATION_JSON", id="document"),
        pytest.param({"remoteConfig": {"registries": [LISTED]}}, "api.remoteConfig", id="remote configuration"),
        pytest.param(
            {"image": {"registry": "ghcr.io"}, "env": {"MIRROR": "ghcr.io"}}, UNTOLD, id="where it means another thing"
        ),
        pytest.param({"env": None}, UNTOLD, id="no environment"),
    ],
)
def test_the_place_is_told_as_far_as_the_release_tells_it_and_nothing_else_of_it(api: Any, source: str) -> None:
    [one] = found(api=api)
    assert one.facts() == {**LISTED, "source": source}
    assert "canary" not in str(one)


@pytest.mark.parametrize(
    "wanted,state,told",
    [
        pytest.param(WANTED, "present", "and is not needed: do not add GHCR.", id="same host"),
        pytest.param(WANTED, "exact", "and is not needed: do not add GHCR.", id="same host, exactly"),
        pytest.param(
            (Wanted(**{**GHCR, "hostname": "ghcr.example"}),),
            "present",
            "choose another name for GHCR.",
            id="same name",
        ),
        pytest.param(
            (Wanted(hostname="ghcr.io"),),
            "absent",
            "does not remove that entry: remove it where it is set.",
            id="removal",
        ),
        pytest.param(
            (Wanted(**QUAY),),
            "exact",
            "State exact requires that it is removed: remove it where it is set.",
            id="exactly something else",
        ),
        pytest.param((Wanted(**QUAY),), "present", "", id="something else"),
        pytest.param((Wanted(**QUAY),), "absent", "", id="removal of something else"),
        pytest.param((Wanted(key="GHCR"),), "absent", "", id="removal of a key that is not there"),
        pytest.param(None, "present", "", id="nothing wanted"),
    ],
)
def test_what_is_wanted_and_can_not_come_true_is_told(wanted: Any, state: Any, told: str) -> None:
    [one] = found(wanted=wanted, state=state)
    assert one.conflict.endswith(told)
    assert bool(one.conflict) == bool(told)
    if told:
        assert one.conflict.startswith(f"the running API recognizes ghcr.io ({GHCR['name']}), and not from the pairs")


@pytest.mark.parametrize("name", [GHCR["name"], "Another name"])
def test_a_pair_that_is_stored_beside_it_is_named(name: str) -> None:
    stored = env_of({**GHCR, "name": name})
    [one] = found(stored=stored, wanted=(Wanted(**{**GHCR, "name": name}),))
    assert one.also == "GHCR"
    assert one.conflict.endswith(
        "also contains GHCR, and the API may not start again with both. Remove one of the two entries."
    )
