# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an upgrade would change beside the recognized registries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import (
    ObjectId,
    find_workload,
    hook_objects,
    objects,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest_diff import (
    check_rendered,
    differences,
    others,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import PlanError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import hook, manifest

FOREIGN = {"LOG_LEVEL": "info"}
SECRET = ObjectId(kind="Secret", namespace="nvcf", name="s")


def told(before: Any, after: Any) -> list[str]:
    return [str(difference) for difference in differences({SECRET: before}, {SECRET: after})]


def unexplained(before: str, after: str) -> list[str]:
    both = [objects(text, "nvcf") for text in (before, after)]
    return [str(one) for one in others(differences(*both), *(find_workload(FUNCTIONS, items, "api") for items in both))]


def unexplained_hooks(before: list[Any], after: list[Any]) -> list[str]:
    workload = find_workload(FUNCTIONS, objects(manifest({}), "nvcf"), "api")
    found = differences(hook_objects(before, "nvcf"), hook_objects(after, "nvcf"), hook=True)
    return [str(one) for one in others(found, workload, workload)]


@pytest.mark.parametrize(
    "before,after,place",
    [
        pytest.param({"a": 1}, {"a": 2}, "a changed", id="value"),
        pytest.param({"a": 1}, {}, "a removed", id="key gone"),
        pytest.param({}, {"a": 1}, "a added", id="key come"),
        pytest.param({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, "a.b.c changed", id="deep"),
        pytest.param({"a": [1, 2]}, {"a": [1, 3]}, "a[1] changed", id="item of a list"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, "a changed", id="length of a list"),
        pytest.param({"a": {"b/c": 1}}, {"a": {"b/c": 2}}, 'a["b/c"] changed', id="key that is not a word"),
        pytest.param({"a": True}, {"a": 1}, "a changed", id="type"),
        pytest.param({"a": "1"}, {"a": 1}, "a changed", id="text and number"),
        pytest.param({"a": {}}, {"a": []}, "a changed", id="map and list"),
        pytest.param({1: 1}, {1: 2}, "[1] changed", id="key that is a number"),
        pytest.param({b"a": 1}, {b"a": 2}, "[\"b'a'\"] changed", id="key that is not a text at all"),
        pytest.param({}, {"a": {"b": 1}}, "a.b added", id="map come"),
        pytest.param({"a": {"b": {"c": 1}}}, {"a": None}, "a.b.c removed", id="map that became null"),
        pytest.param({}, {"a": {}}, "a added", id="empty map come"),
    ],
)
def test_each_difference_is_told_with_its_place(before: Any, after: Any, place: str) -> None:
    assert told(before, after) == [f"Secret nvcf/s {place}"]


def test_keys_of_several_types_are_told_in_the_order_of_their_texts() -> None:
    places = ('["1"]', "[2]", "b")
    assert told({"b": 1, 2: 1, "1": 1}, {}) == [f"Secret nvcf/s {place} removed" for place in places]


def test_a_difference_never_tells_a_value() -> None:
    canary = "pa55word-canary"
    shown = told({"a": canary, "b": [canary], "c": canary}, {"a": 1, "b": [2], "d": canary})
    assert len(shown) == 4
    assert canary not in "".join(shown)


def test_whole_objects_that_come_and_go_are_told() -> None:
    other = ObjectId(kind="Role", namespace="nvcf", name="r")
    found = [str(one) for one in differences({SECRET: {"a": 1}}, {other: {"b": 1}})]
    assert found == ["Role nvcf/r added", "Secret nvcf/s removed"]


def test_equal_manifests_do_not_differ_whatever_the_order_of_their_objects() -> None:
    text = manifest(env_of(GHCR))
    reordered = "---".join(reversed(text.split("---")[1:]))
    assert differences(objects(text, "nvcf"), objects(reordered, "nvcf")) == []


@pytest.mark.parametrize(
    "before,after",
    [
        pytest.param({}, env_of(GHCR), id="first registry added"),
        pytest.param(env_of(GHCR), env_of(GHCR, QUAY), id="another one added"),
        pytest.param(env_of(GHCR), env_of(GHCR | {"name": "Mirror"}), id="renamed"),
        pytest.param(env_of(GHCR), {}, id="last one removed"),
        pytest.param(pair("GHCR", "GitHub", None), env_of(GHCR), id="half completed"),
        pytest.param(env_of(GHCR | {"key": "REG_EU"}), {}, id="key with underscore removed"),
        pytest.param(env_of(GHCR | {"key": "MY-REG"}), {}, id="key with dash removed"),
        pytest.param(env_of(GHCR | {"key": "my.reg"}), {}, id="key with dot removed"),
    ],
)
def test_a_change_of_registries_explains_its_variables_and_the_checksum(
    before: dict[str, str], after: dict[str, str]
) -> None:
    assert unexplained(manifest(before, **FOREIGN), manifest(after, **FOREIGN)) == []


def test_a_foreign_variable_that_changes_is_listed() -> None:
    found = unexplained(manifest(env_of(GHCR), LOG_LEVEL="info"), manifest(env_of(GHCR, QUAY), LOG_LEVEL="debug"))
    assert found == ["ConfigMap nvcf/nvcf-api-env data.LOG_LEVEL changed"]


def test_an_object_that_goes_is_listed() -> None:
    without_service = "---".join(part for part in manifest({}).split("---") if '"Service"' not in part)
    assert unexplained(manifest({}), without_service) == ["Service nvcf/api removed"]


def test_another_image_is_listed() -> None:
    after = manifest({}).replace(
        '"name": "helm-nvcf-api", "envFrom"', '"name": "helm-nvcf-api", "image": "x", "envFrom"'
    )
    assert unexplained(manifest({}), after) == [
        "Deployment nvcf/nvcf-api spec.template.spec.containers[0].image added",
    ]


def test_the_data_of_the_config_map_may_come_with_the_first_variable() -> None:
    empty = manifest({}).replace(', "data": {}', "")
    assert empty != manifest({})
    assert unexplained(empty, manifest(env_of(GHCR))) == []
    assert unexplained(manifest(env_of(GHCR)), empty) == []


def bare(*, env_from: str = "") -> str:
    """What the chart renders for an empty environment, with another source."""
    _start, _config_map, *rest = manifest({}).split("---\n")
    text = "".join(f"---\n{part}" for part in rest)
    text = re.sub(r', "envFrom": \[.*?\]', env_from, text)
    return re.sub('"checksum/config-env": "[^"]*"', "", text)


def test_the_config_map_and_the_reference_to_it_may_come_with_the_first_variable_and_go_with_the_last() -> None:
    both = [objects(text, "nvcf") for text in (bare(), manifest(env_of(GHCR)))]
    assert [len(differences(*both)), len(differences(*reversed(both)))] == [3, 3]
    assert unexplained(bare(), manifest(env_of(GHCR))) == []
    assert unexplained(manifest(env_of(GHCR)), bare()) == []


@pytest.mark.parametrize(
    "before,after,told",
    [
        pytest.param(bare(), manifest(env_of(GHCR), A="1"), ["ConfigMap nvcf/nvcf-api-env added"], id="more data"),
        pytest.param(manifest(env_of(GHCR), A="1"), bare(), ["ConfigMap nvcf/nvcf-api-env removed"], id="less data"),
        pytest.param(
            bare(env_from=', "envFrom": [{"secretRef": {"name": "s"}}]'),
            manifest(env_of(GHCR)),
            ["Deployment nvcf/nvcf-api spec.template.spec.containers[0].envFrom[0].configMapRef.name added"],
            id="another source goes",
        ),
        pytest.param(
            bare(),
            manifest(env_of(GHCR)).replace('"nvcf-api-env"}}]', '"nvcf-api-env"}}, {"secretRef": {"name": "s"}}]'),
            ["Deployment nvcf/nvcf-api spec.template.spec.containers[0].envFrom added"],
            id="another source comes along",
        ),
        pytest.param(
            bare(),
            manifest(env_of(GHCR)).replace('"data": {', '"binaryData": {"A": "AA=="}, "data": {'),
            ["ConfigMap nvcf/nvcf-api-env added"],
            id="another field",
        ),
    ],
)
def test_what_comes_and_goes_with_them_is_listed(before: str, after: str, told: list[str]) -> None:
    found = unexplained(before, after)
    assert [one for one in found if "secretRef" not in one] == told


@pytest.mark.parametrize("nothing", ['"data": null', '"data": {}'])
def test_data_that_holds_nothing_may_be_written_in_any_way(nothing: str) -> None:
    empty = manifest({}).replace('"data": {}', nothing)
    assert unexplained(empty, manifest(env_of(GHCR))) == []
    assert unexplained(manifest({}).replace(', "data": {}', ""), empty) == []
    assert unexplained(manifest({}, **FOREIGN), empty) == ["ConfigMap nvcf/nvcf-api-env data.LOG_LEVEL removed"]


def test_a_variable_that_only_looks_like_a_registrys_is_listed() -> None:
    found = unexplained(manifest({}), manifest({}, NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_PASSWORD="x"))
    assert [one.split(".")[-1] for one in found] == ["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_PASSWORD added"]


def test_foreign_variables_that_go_with_the_whole_data_are_listed() -> None:
    empty = manifest({}).replace(', "data": {}', "")
    assert unexplained(manifest(env_of(GHCR), **FOREIGN), empty) != []


def test_the_same_variables_in_another_config_map_are_not_ours() -> None:
    def with_copy(env: dict[str, str]) -> str:
        config_map = manifest(env).split("---")[1]
        return f"{manifest({})}---{config_map.replace('nvcf-api-env', 'copy')}"

    found = unexplained(with_copy({}), with_copy(env_of(GHCR)))
    assert [one.split()[1] for one in found] == ["nvcf/copy", "nvcf/copy"]


@pytest.mark.parametrize(
    "after,told",
    [
        pytest.param([hook(image="a")], [], id="the same"),
        pytest.param([hook(image="b")], ["Job nvcf/nvcf-api-account-bootstrap spec.image changed"], id="image"),
        pytest.param(
            [hook(image="a", args=["x"])], ["Job nvcf/nvcf-api-account-bootstrap spec.args added"], id="arguments"
        ),
        pytest.param([], ["Job nvcf/nvcf-api-account-bootstrap removed"], id="gone"),
        pytest.param([hook(image="a"), hook("more")], ["Job nvcf/more added"], id="another one"),
        pytest.param(
            [hook(image="a"), hook(image="a")],
            ["Job nvcf/nvcf-api-account-bootstrap (2) added"],
            id="another one of the same name",
        ),
        pytest.param([hook(image="a"), hook("more", events=["test"])], [], id="a test, which no upgrade runs"),
        pytest.param(
            [hook(image="a"), hook("more", events=["test", "pre-upgrade"])],
            ["Job nvcf/more added"],
            id="a test that upgrades run as well",
        ),
    ],
)
def test_another_hook_is_listed_as_such(after: list[Any], told: list[str]) -> None:
    assert unexplained_hooks([hook(image="a")], after) == [f"hook {one}" for one in told]


def test_the_checksum_of_the_environment_is_all_that_may_differ_in_a_hook() -> None:
    def with_annotations(**annotations: str) -> list[Any]:
        return [hook(template={"metadata": {"annotations": annotations}})]

    before, after = with_annotations(**{"checksum/config-env": "a"}), with_annotations(**{"checksum/config-env": "b"})
    assert unexplained_hooks(before, after) == []
    after = with_annotations(**{"checksum/config-env": "b", "other": "c"})
    assert unexplained_hooks(before, after) == [
        "hook Job nvcf/nvcf-api-account-bootstrap spec.template.metadata.annotations.other added"
    ]


def test_variables_of_the_registries_in_a_hook_are_no_noise() -> None:
    config = {**hook(), "manifest": f"kind: ConfigMap\nmetadata: {{name: nvcf-api-env}}\ndata: {env_of(GHCR)}\n"}
    assert len(unexplained_hooks([], [config])) == 1


def test_what_is_rendered_as_wanted_passes() -> None:
    check_rendered(
        find_workload(FUNCTIONS, objects(manifest(env_of(GHCR)), "nvcf"), "api"), held(env_of(GHCR), FUNCTIONS)
    )


@pytest.mark.parametrize(
    "rendered,wanted",
    [
        pytest.param([], [GHCR], id="dropped by a template"),
        pytest.param([GHCR, QUAY], [GHCR], id="one of the chart's own"),
        pytest.param([GHCR], [GHCR, QUAY], id="one dropped"),
        pytest.param([GHCR], [], id="one of the chart's own, and none is wanted"),
    ],
)
def test_what_is_rendered_otherwise_is_refused_and_named(
    rendered: list[dict[str, str]], wanted: list[dict[str, str]]
) -> None:
    with pytest.raises(PlanError) as caught:
        check_rendered(
            find_workload(FUNCTIONS, objects(manifest(env_of(*rendered)), "nvcf"), "api"),
            held(env_of(*wanted), FUNCTIONS),
        )
    assert caught.value.facts == {"rendered": rendered, "wanted": wanted}
    shown, expected = (", ".join(f"{r['key']}={r['hostname']}" for r in rs) or "none" for rs in (rendered, wanted))
    assert f"registries {shown} into ConfigMap nvcf/nvcf-api-env, where {expected} are expected." in str(caught.value)
