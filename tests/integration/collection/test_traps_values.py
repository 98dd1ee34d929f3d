# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that plain helm loses, keeps or garbles without a word, and what becomes of them here.

Numbers are those of docs/traps.md. Each test shows the trap first and then the way around it.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import PlanError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    crashed,
    replace_values,
    set_pair,
    told,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import BOTH_HELMS, NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART, variant
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

NULLS: dict[str, None] = dict.fromkeys(pair(GHCR))


def chart_with_defaults(target: Path, **env: str) -> Path:
    """A chart that needs no values at all, because what a stack sets is its default; the environment is `env`."""
    chart = variant(API_CHART, target, version="1.25.1")
    defaults, stack = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8")), stack_values()["api"]
    api = defaults["api"]
    api |= {"fullnameOverride": stack["fullnameOverride"], "env": env}
    api["image"] |= stack["image"]
    api["accountBootstrap"] |= stack["accountBootstrap"]
    (chart / "values.yaml").write_text(yaml.safe_dump(defaults), encoding="utf-8")
    return chart


def stored_chart(world: World) -> dict[str, Any]:
    """The chart inside the newest revision's Secret."""
    name = f"sh.helm.release.v1.{world.release}.v{len(world.history())}"
    packed = base64.b64decode(base64.b64decode(world.get("secrets", name)["data"]["release"]))
    chart: dict[str, Any] = json.loads(gzip.decompress(packed))["chart"]
    return chart


@pytest.mark.nightly
def test_t01_reset_and_reuse_together_lose_every_other_value(world: World, tmp_path: Path) -> None:
    whole = world.values()
    needed = copy.deepcopy(whole)
    needed["api"]["env"] = pair(GHCR)
    del needed["api"]["accountBootstrap"]["registryCredentials"]
    file = tmp_path / "values.json"
    file.write_text(json.dumps(needed), encoding="utf-8")
    assert upgrade(world, "--reset-values", "--reuse-values", f"--values={file}").status == 0
    assert world.values() == needed, "nothing was reused, and no one was reported"

    world.install(whole)
    command = world.registries(GHCR)["command"]
    assert "--reset-values" in command
    assert "--reuse-values" not in command
    whole["api"]["env"] |= pair(GHCR)
    assert world.values() == whole


def remove_by_null(world: World) -> None:
    """The registry is added by hand and then removed by hand, with nulls: helm says that it is gone."""
    assert upgrade(world, *set_pair(GHCR)).status == 0
    assert upgrade(world, "--reuse-values", *(f"--set=api.env.{name}=null" for name in NULLS)).status == 0
    assert not NULLS.keys() & world.env().keys()


def test_t02_a_null_removes_a_variable_from_the_values_and_not_from_the_cluster(world: World) -> None:
    remove_by_null(world)
    assert world.rendered().items() >= pair(GHCR).items(), "the check by helm get values is passed for nothing"

    info = world.info(registries=[{"key": "GHCR"}], state="absent")
    assert [(r["key"], r["stored"], r["rendered"]) for r in info["registries"]] == [("GHCR", False, True)]
    assert info["disagreements"]
    assert info["unmet"] == ["GHCR (ghcr.io) is still rendered and running"]

    world.registries(GHCR)
    world.registries({"key": "GHCR"}, state="absent")
    world.roll_out()
    assert not NULLS.keys() & (world.env().keys() | world.rendered().keys())
    assert world.try_image(expect="rejected")["outcome"] == "not_recognized"


def test_t02_what_a_null_left_in_the_cluster_is_removed(world: World) -> None:
    remove_by_null(world)
    assert world.registries({"key": "GHCR"}, state="absent")["changed"]
    assert not NULLS.keys() & world.rendered().keys()


def test_t03_values_that_became_empty_leave_the_registry_where_it_is(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world(chart=chart_with_defaults(tmp_path / "chart"))
    world.install({"api": {"env": pair(GHCR)}})
    empty = tmp_path / "values.yaml"
    empty.write_text("", encoding="utf-8")
    assert upgrade(world, f"--values={empty}").status == 0
    assert world.env() == world.rendered() == pair(GHCR), "helm took the old values for lack of new ones"
    assert len(world.history()) == 2

    world.registries({"key": "GHCR"}, state="absent")
    assert world.values() == {"api": {"env": {}}}
    assert world.rendered() == {}


def test_t03_a_release_without_any_values_is_not_taken_for_one_whose_values_are_re_used(
    new_world: NewWorld, tmp_path: Path
) -> None:
    world = new_world(chart=chart_with_defaults(tmp_path / "chart", LOG_LEVEL="info"))
    world.install({})
    assert not world.values()
    path = f"/api/v1/namespaces/{world.namespace}/configmaps/nvcf-api-env"
    world.cluster.api.patch(f"{path}?fieldManager=kubectl-edit", {"data": pair(GHCR)})
    assert world.registries({"key": "GHCR"}, state="absent")["drift_after"] == []
    assert not world.values(), "a repair leaves the values alone"
    assert world.rendered() == {"LOG_LEVEL": "info"}

    world.registries(GHCR)
    assert world.values() == {"api": {"env": pair(GHCR)}}
    world.registries({"key": "GHCR"}, state="absent")
    assert world.values() == {"api": {"env": {}}}
    assert world.rendered() == {"LOG_LEVEL": "info"}


@pytest.mark.nightly
def test_t08_a_comma_cuts_a_name_short_or_sets_something_else(world: World) -> None:
    variable = f"{PREFIX}GHCR_NAME"
    assert upgrade(world, "--reuse-values", f"--set-string=api.env.{variable}=Acme, Inc.").status == 0
    assert world.env()[variable] == "Acme"
    injected = f"--set-string=api.env.{variable}=Acme,api.env.SPRING_PROFILES_ACTIVE=other"
    assert upgrade(world, "--reuse-values", injected).status == 0
    assert world.env()["SPRING_PROFILES_ACTIVE"] == "other"

    world.install()
    before = world.env()
    for name in ("Acme, Inc.", "Acme,api.env.SPRING_PROFILES_ACTIVE=other"):
        registry = GHCR | {"name": name}
        world.registries(registry, on_existing="replace")
        assert world.env() == world.rendered() == before | pair(registry)


def store_nulls(world: World) -> dict[str, Any]:
    """Bring nulls into the release's values; returns the values without them."""
    before: dict[str, Any] = world.values()
    nulled = copy.deepcopy(before)
    nulled["api"]["env"] |= NULLS
    replace_values(world, nulled)
    assert world.history()[-1]["status"] == "deployed"
    return before


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_t13_a_null_becomes_a_blank_value_that_keeps_the_api_from_starting(
    world: World, eventually: Eventually
) -> None:
    store_nulls(world)
    assert world.rendered().items() >= dict.fromkeys(NULLS, "").items()
    eventually(lambda: any(map(crashed, world.pods())), "the new pod's end")

    world.registries(GHCR)
    world.roll_out()
    assert world.try_image()["outcome"] == "accepted"


def test_t13_a_removal_leaves_neither_null_nor_blank(world: World) -> None:
    before = world.values()
    world.registries(GHCR)
    world.registries({"key": "GHCR"}, state="absent")
    assert world.values() == before
    assert world.rendered() == before["api"]["env"]


@BOTH_HELMS
def test_t13_nulls_are_removed_from_a_release_that_holds_them(world: World) -> None:
    before = store_nulls(world)
    world.registries({"key": "GHCR"}, state="absent")
    assert world.values() == before
    assert not world.registries({"key": "GHCR"}, state="absent")["changed"]
    assert world.rendered() == before["api"]["env"]


def test_t13_another_registry_is_not_added_beside_blank_ones(world: World) -> None:
    store_nulls(world)
    with pytest.raises(PlanError) as caught:
        world.registries(INTERNAL)
    message = told(caught)
    assert message.startswith("cluster east-1: ")
    assert "GHCR: NAME and HOSTNAME is missing or empty: the API does not start" in message
    assert "Give the complete entries in registries, or remove them with state absent" in message
    assert len(world.history()) == 2


@pytest.mark.nightly
def test_t14_a_chart_taken_from_the_release_brings_removed_registries_back(world: World, tmp_path: Path) -> None:
    assert upgrade(world, *set_pair(GHCR)).status == 0
    assert upgrade(world, *set_pair(INTERNAL)).status == 0
    chart = stored_chart(world)
    assert chart["values"]["api"]["env"].items() >= pair(GHCR).items(), "a user's value among the chart's defaults"
    values = world.values()
    for variable in (*pair(GHCR), *pair(INTERNAL)):
        del values["api"]["env"][variable]
    rebuilt = tmp_path / "rebuilt"
    for item in chart["templates"]:
        file = rebuilt / item["name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(item["data"]))
    (rebuilt / "Chart.yaml").write_text(json.dumps(chart["metadata"]), encoding="utf-8")
    (rebuilt / "values.yaml").write_text(json.dumps(chart["values"]), encoding="utf-8")
    assert "ghcr.io" in world.run_helm("template", world.release, str(rebuilt), "--values=-", stdin=json.dumps(values))

    gone = [{"key": "GHCR"}, {"key": "INTERNAL"}]
    world.registries(*gone, state="absent", chart_source="release", chart_ref=None)
    assert world.values() == values
    assert world.rendered() == values["api"]["env"]
