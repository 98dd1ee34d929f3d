# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What was edited by hand since a release was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.autoscaling import Scaled
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.drift import (
    OTHER,
    Drift,
    fates,
    find_drift,
    live_drift,
    remove_strangers,
    repairable,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import (
    ENV_WRITTEN,
    Workload,
    container_env,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import read_history, read_release
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import (
    MERGE_PATCH,
    STRATEGIC_PATCH,
    Cluster,
    connect,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins import builders
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, deployment, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    CONFIG_MAP,
    DEPLOYMENT,
    cluster_objects,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

PREFIX = FUNCTIONS.variable_prefix

RENDERED = {"LOG_LEVEL": "info", **env_of(GHCR)}


def workload(*, fields: Mapping[str, Any] | None = None, **container_env: Any) -> Workload:
    return builders.workload(RENDERED, container_env=container_env, **(fields or {}))


def with_env(*items: dict[str, Any]) -> dict[str, Any]:
    """The live Deployment whose API container has these variables."""
    live = deployment()
    live["spec"]["template"]["spec"]["containers"][0]["env"] = list(items)
    return live


def told(found: list[Drift]) -> list[tuple[str, str, str]]:
    return [(drift.name, drift.variable, drift.change) for drift in found]


def test_what_is_as_the_release_says_has_not_drifted() -> None:
    live = with_env({"name": "A", "value": "1"})
    assert find_drift(workload(A="1"), {"data": RENDERED}, live) == []


@pytest.mark.parametrize(
    "rendered,live",
    [
        pytest.param(
            {"valueFrom": {"fieldRef": {"fieldPath": "x"}}},
            {"valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "x"}}},
            id="field",
        ),
        pytest.param(
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}}},
            id="resource",
        ),
        pytest.param(
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": 1}}},
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}},
            id="number",
        ),
        pytest.param({"value": None}, {}, id="null"),
        pytest.param({"value": ""}, {}, id="empty text"),
        pytest.param(
            {"value": None, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": None}}},
            {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            id="nulls",
        ),
    ],
)
def test_what_the_api_server_fills_in_is_no_drift(rendered: dict[str, Any], live: dict[str, Any]) -> None:
    said = container_env(with_env({"name": "A", **rendered}), "helm-nvcf-api")
    assert find_drift(workload(**said), {"data": RENDERED}, with_env({"name": "A", **live})) == []


def test_another_reference_is_drift() -> None:
    def reference(path: str) -> dict[str, Any]:
        return with_env({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": path}}})

    rendered = workload(**container_env(reference("metadata.name"), "helm-nvcf-api"))
    assert told(find_drift(rendered, {"data": RENDERED}, reference("metadata.uid"))) == [
        ("deployment/nvcf-api", "A", "changed")
    ]


OURS = {"configMapRef": {"name": "nvcf-api-env"}}
MORE = {"secretRef": {"name": "more"}}
FIELDS = {"image": "api:1", "replicas": 1, "env_from": [OURS]}


def live_fields(*, replicas: int = 1, image: str | None = "api:1", env_from: Any = (OURS,)) -> dict[str, Any]:
    live = deployment(replicas=replicas)
    live["spec"]["template"]["spec"]["containers"][0] |= {"image": image, "envFrom": list(env_from)}
    return live


@pytest.mark.parametrize(
    "live,found",
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"replicas": 3}, [("replicas", "changed", False)], id="scaled"),
        pytest.param({"image": "api:hotfix"}, [("image", "changed", False)], id="another image"),
        pytest.param({"env_from": [OURS, MORE]}, [("envFrom", "changed", False)], id="another source"),
        pytest.param({"env_from": [MORE]}, [("envFrom", "removed", True)], id="the registries do not get in"),
        pytest.param({"env_from": ()}, [("envFrom", "removed", True)], id="no source at all"),
    ],
)
def test_fields_that_the_release_sets_are_compared(live: dict[str, Any], found: list[tuple[str, str, bool]]) -> None:
    drift = find_drift(workload(fields=FIELDS), {"data": RENDERED}, live_fields(**live))
    assert [(item.variable, item.change, item.ours) for item in drift] == found
    assert {item.facts()["kind"] for item in drift} <= {"other"}
    assert repairable(drift) is any(ours for _field, _change, ours in found)


@pytest.mark.parametrize(
    "sources,live,found",
    [
        pytest.param([], [OURS], [("envFrom", "added")], id="a reference by hand"),
        pytest.param([], [], [], id="none"),
        pytest.param([MORE], [MORE], [], id="another source of the chart"),
        pytest.param([MORE], [MORE, OURS], [("envFrom", "changed")], id="a reference by hand beside it"),
    ],
)
def test_a_release_without_variables_has_drifted_when_there_are_some(
    sources: list[Any], live: list[Any], found: list[tuple[str, str]]
) -> None:
    bare = builders.workload({}, config_map="", env_from=sources)
    fields = [(item.variable, item.change) for item in find_drift(bare, {}, live_fields(env_from=live))]
    assert fields == found
    if ("envFrom", "added") in found:
        [fate] = fates(find_drift(bare, {}, live_fields(env_from=live)), 4, upgrading=True)
        assert fate.endswith("it is replaced if the release has variables after this upgrade, otherwise left as it is.")
    by_hand = find_drift(bare, {"data": {"A": "1"}}, live_fields(env_from=sources))
    assert told(by_hand) == [("configmap/nvcf-api-env", "A", "added")]


def test_the_number_of_an_autoscaler_of_the_release_is_no_drift() -> None:
    scaled = workload(fields=FIELDS | {"autoscaled": True})
    assert find_drift(scaled, {"data": RENDERED}, live_fields(replicas=3)) == []


def test_fields_that_the_release_leaves_to_others_are_not_compared() -> None:
    fields = {"env_from": [{"prefix": "", "configMapRef": {"name": "nvcf-api-env", "optional": None}}]}
    live = live_fields(replicas=7, image="api:2")
    assert find_drift(workload(fields=fields), {"data": RENDERED}, live) == []


@pytest.mark.parametrize(
    "data,variable,change",
    [
        pytest.param(RENDERED | {"EXTRA": "1"}, "EXTRA", "added", id="added"),
        pytest.param(env_of(GHCR), "LOG_LEVEL", "removed", id="removed"),
        pytest.param(RENDERED | {"LOG_LEVEL": "debug"}, "LOG_LEVEL", "changed", id="changed"),
    ],
)
def test_an_edited_config_map_is_told_by_variable(data: dict[str, str], variable: str, change: str) -> None:
    assert told(find_drift(workload(), {"data": data}, deployment())) == [
        ("configmap/nvcf-api-env", variable, change),
    ]


@pytest.mark.parametrize(
    "live,change",
    [
        pytest.param(with_env({"name": "A", "value": "1"}, {"name": "B", "value": "2"}), "added", id="added"),
        pytest.param(with_env(), "removed", id="removed"),
        pytest.param(with_env({"name": "A", "value": "7"}), "changed", id="changed"),
    ],
)
def test_an_edited_container_is_told_by_variable(live: dict[str, Any], change: str) -> None:
    [drift] = find_drift(workload(A="1"), {"data": RENDERED}, live)
    assert (drift.name, drift.change) == ("deployment/nvcf-api", change)


def test_a_config_map_without_data_has_lost_everything() -> None:
    found = find_drift(workload(), {}, deployment())
    assert {drift.change for drift in found} == {"removed"}
    assert {drift.variable for drift in found} == set(RENDERED)


def test_a_drift_never_tells_a_value() -> None:
    canary = "pa55word-canary"
    found = find_drift(workload(A=canary), {"data": {"P": canary}}, with_env({"name": "Q", "value": canary}))
    assert canary not in repr(found)
    assert canary not in str([drift.facts() for drift in found])


@pytest.mark.parametrize(
    "variable,ours", [("LOG_LEVEL", False), (f"{PREFIX}GHCR_NAME", True), (f"{PREFIX}GHCR_PASSWORD", False)]
)
def test_only_registries_variables_are_ours_to_mend(variable: str, *, ours: bool) -> None:
    drift = Drift(service=FUNCTIONS, object="configmap", name="configmap/a", variable=variable, change="added")
    assert drift.ours is ours
    assert repairable([drift]) is ours


def test_what_becomes_of_a_field_is_told() -> None:
    drift = find_drift(workload(fields=FIELDS), {"data": RENDERED}, live_fields(replicas=3, env_from=()))
    cut_off, scaled = fates(drift, 4, upgrading=True)
    assert cut_off == "envFrom of deployment/nvcf-api was removed outside of helm since revision 4; it is repaired."
    assert scaled.startswith("replicas of deployment/nvcf-api was changed outside of helm since revision 4")
    assert scaled.endswith("it is reset by this upgrade to the value in the release.")


def test_what_an_autoscaler_holds_is_told_in_the_place_of_the_drift() -> None:
    drift = find_drift(workload(fields=FIELDS), {"data": RENDERED}, live_fields(replicas=3))
    scaled = Scaled(pods=3, rendered=1, deployment="nvcf-api", autoscaler="a")
    assert list(fates(drift, 4, upgrading=True, scaled=scaled)) == [scaled.explain()]


@pytest.mark.parametrize(
    "variable,change,upgrading,fate",
    [
        (f"{PREFIX}GHCR_NAME", "changed", True, "repaired"),
        (f"{PREFIX}GHCR_NAME", "changed", False, "left as it is, because the release needs no upgrade"),
        ("EXTRA", "added", True, "left as it is, because the release does not define it"),
        ("LOG_LEVEL", "changed", True, "reset by this upgrade to the value in the release"),
    ],
)
def test_what_becomes_of_a_variable_is_told(variable: str, change: str, fate: str, *, upgrading: bool) -> None:
    drift = Drift(service=FUNCTIONS, object="configmap", name="configmap/a", variable=variable, change=change)
    assert list(fates([drift], 4, upgrading=upgrading)) == [
        f"{variable} of configmap/a was {change} outside of helm since revision 4; it is {fate}."
    ]


def test_a_drift_is_told_by_object_variable_change_and_kind() -> None:
    drift = Drift(
        service=FUNCTIONS,
        object="deployment",
        name="deployment/nvcf-api",
        variable="image",
        change="changed",
        kind=OTHER,
    )
    assert drift.facts() == {
        "object": "deployment/nvcf-api",
        "variable": "image",
        "change": "changed",
        "kind": "other",
    }


def test_nothing_that_drifted_needs_no_mending() -> None:
    assert not repairable([])


def test_what_is_removed_was_added_by_hand_and_is_ours_and_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    data = RENDERED | env_of(QUAY) | {"EXTRA": "1", f"{PREFIX}WANTED_NAME": "w", f"{PREFIX}GHCR_NAME": "edited"}
    live = with_env({"name": f"{PREFIX}REG_NAME", "value": "x"}, {"name": "OTHER", "value": "y"})
    sent: list[Any] = []
    monkeypatch.setattr(Cluster, "patch", lambda _self, path, body, *, kind: sent.append((path, kind, body)))
    with connect(ConnectionOptions(host="http://127.0.0.1:1")) as cluster:
        drift = find_drift(workload(), {"data": data}, live)
        remove_strangers(cluster, workload(), drift, keep=RENDERED | {f"{PREFIX}WANTED_NAME": "w"})
    (path, kind, config_map), deployed = sent
    assert (path, kind) == (CONFIG_MAP, MERGE_PATCH)
    assert config_map["data"] == dict.fromkeys(env_of(QUAY))
    [(annotation, written)] = config_map["metadata"]["annotations"].items()
    assert annotation == ENV_WRITTEN, "a removal by itself leaves no time behind"
    assert datetime.fromisoformat(written).tzinfo == UTC
    container = {"name": "helm-nvcf-api", "env": [{"name": f"{PREFIX}REG_NAME", "$patch": "delete"}]}
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    assert deployed == (DEPLOYMENT, STRATEGIC_PATCH, body)


def test_a_variable_that_was_edited_and_is_to_go_is_removed_because_helm_4_leaves_it_to_the_editor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(Cluster, "patch", lambda _self, _path, body, **_kind: sent.append(body))
    with connect(ConnectionOptions(host="http://127.0.0.1:1")) as cluster:
        drift = find_drift(workload(), {"data": RENDERED | {f"{PREFIX}GHCR_NAME": "edited"}}, deployment())
        remove_strangers(cluster, workload(), drift, keep=RENDERED)
        assert sent == []
        remove_strangers(cluster, workload(), drift, keep={"LOG_LEVEL": "info"})
    assert [body["data"] for body in sent] == [{f"{PREFIX}GHCR_NAME": None}]


def test_where_nothing_of_ours_was_added_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "patch", lambda *_arguments, **_kind: pytest.fail("written"))
    with connect(ConnectionOptions(host="http://127.0.0.1:1")) as cluster:
        drift = find_drift(workload(), {"data": {"EXTRA": "1"}}, with_env())
        remove_strangers(cluster, workload(), drift, keep={})


def drift_of(objects: dict[str, Any]) -> list[Drift]:
    with serving(KubernetesFake(objects)) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        return live_drift(cluster, read_release(cluster, history, 1))


def test_live_objects_are_compared_with_the_stored_revision() -> None:
    objects = cluster_objects(env_of(GHCR))
    assert drift_of(objects) == []
    objects[CONFIG_MAP]["data"]["EXTRA"] = "1"
    objects[DEPLOYMENT] = with_env({"name": "MORE", "value": "1"})
    assert [drift.variable for drift in drift_of(objects)] == ["EXTRA", "MORE"]


def test_a_config_map_that_is_gone_is_all_removed_and_a_deployment_that_is_gone_is_not_told_here() -> None:
    objects = cluster_objects(env_of(GHCR))
    del objects[CONFIG_MAP], objects[DEPLOYMENT]
    assert [(drift.object, drift.change) for drift in drift_of(objects)] == [("configmap", "removed")] * 2
