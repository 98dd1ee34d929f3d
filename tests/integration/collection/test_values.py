# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not ours in a release's values is afterwards, to the byte, what it was before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.json_values import dump
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

TRICKY = [
    "yes", "no", "on", "null", "~", "", " ", "0x1f", "0o17", "017", "1e3", "1_000", ".5", "12:30:45", "2026-11-23",
    "2026-11-23T12:00:00Z", "1.0", "-0", "+1", "NaN", ".inf", "<<", "=", "- a", "# no comment", "a: b", "{{ .Values }}",
    "${HOME}", "'", '"', "\\", "line\nbreak\n", "\ttab", "trailing ", "\u0085", "\u2028", "\ufeff", "\x7f",
    "😀", "日本", "%", "@", "`", "|", ">", "&anchor", "*alias", "!tag",
]  # fmt: skip
texts = st.sampled_from(TRICKY) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
# Helm keeps numbers as float64: of an integer beyond 2^53 what `helm install` has made of it is there to be kept.
numbers = (
    st.integers(-(10**25), 10**25) | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
)
BIG = [2**53, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**20, 10**21, -(10**21), 10**22 + 1, 1e21, 1.5e300, 5e-324, 1e-7]
NO_ENV = "no env"
envs: st.SearchStrategy[Any] = st.sampled_from([stack_values()["api"]["env"], {}, None, NO_ENV])
leaves = st.none() | st.booleans() | numbers | texts
keys = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10) | st.sampled_from(TRICKY[:-1])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
forests = st.lists(trees, min_size=20, max_size=20).map(
    lambda found: {f"tree-{i}": tree for i, tree in enumerate(found)}
)
named = st.text("abcXYZ019 äß.,'\"=:#", min_size=1).filter(lambda text: text == text.strip())


@pytest.fixture
def quiet_world(new_world: NewWorld, tmp_path: Path) -> World:
    """A release without pods and hook, so that a hundred revisions take no time."""
    chart = tmp_path / "quiet"
    templates = chart / "templates"
    templates.mkdir(parents=True)
    for name in ("_helpers.tpl", "configmap-env.tpl", "deployment.tpl"):
        (templates / name).write_text((API_CHART / "templates" / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("Chart.yaml", "values.yaml"):
        (chart / name).write_text((API_CHART / name).read_text(encoding="utf-8"), encoding="utf-8")
    world = new_world(chart=chart)
    world.install(stack_values() | {"api": stack_values()["api"] | {"replicaCount": 0}}, wait=False)
    return world


def stored(world: World) -> str:
    """`helm get values -o json`, to the byte."""
    return world.run_helm("get", "values", world.release, "--output=json")


def without_ours(values: str) -> Any:
    """The parsed values without our variables, and without the env if there is nothing else in it."""
    tree = json.loads(values)
    env = tree["api"].pop("env", None) or {}
    rest = {name: value for name, value in env.items() if "RECOGNIZED_CONTAINER" not in name}
    return tree | {"rest": rest}


def with_empty_env(values: str) -> Any:
    """The parsed values with an empty map where there is no map at `api.env`."""
    tree = json.loads(values)
    return tree | {"api": tree["api"] | {"env": tree["api"].get("env") or {}}}


def test_values_of_any_shape_outlive_add_and_remove(quiet_world: World) -> None:
    world = quiet_world

    @settings(
        max_examples=7,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(forest=forests, name=named, env=envs)
    @example(forest={"zeros": [-0.0, 0.0, 0], "big": BIG}, name="GHCR", env=NO_ENV)
    @example(forest={}, name="GHCR", env=None)
    def check(forest: dict[str, Any], name: str, env: Any) -> None:
        values = stack_values() | {"generated": forest}
        values["api"] |= {"replicaCount": 0, "env": env}
        if env == NO_ENV:
            del values["api"]["env"]
        world.run_helm("upgrade", world.release, str(world.chart), "--values=-", stdin=dump(values).decode())
        before = stored(world)
        wanted = [GHCR | {"name": name}, INTERNAL]

        predicted = world.registries(*wanted, check_mode=True)
        done = world.registries(*wanted)
        for told in ("changed", "added", "removed", "registries", "summary", "diff", "other_changes"):
            assert predicted[told] == done[told]
        added = stored(world)
        assert json.dumps(without_ours(added)) == json.dumps(without_ours(before))
        assert len(json.loads(added)["api"]["env"]) == len(json.loads(before)["api"].get("env") or {}) + 4

        world.registries({"key": "GHCR"}, {"key": "INTERNAL"}, state="absent")
        after = stored(world)
        # An empty map stays where there was none.
        assert json.dumps(json.loads(after), sort_keys=True) == json.dumps(with_empty_env(before), sort_keys=True)
        assert after == before or not isinstance(env, dict)

    check()
