# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A rendered manifest as objects, and the API's workload in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import (
    ObjectId,
    around_workload,
    container_env,
    find_workload,
    hook_objects,
    named_container,
    objects,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import hook, manifest

ENV = env_of(GHCR)


def parsed(text: str | None = None) -> dict[ObjectId, dict[str, Any]]:
    return objects(manifest(ENV) if text is None else text, "nvcf")


def identity(kind: str, name: str) -> ObjectId:
    return ObjectId(kind=kind, namespace="nvcf", name=name, group="apps" if kind == "Deployment" else "")


def test_each_object_is_found_by_kind_namespace_and_name() -> None:
    assert set(parsed()) == {
        identity("ConfigMap", "nvcf-api-env"),
        identity("Service", "api"),
        identity("Deployment", "nvcf-api"),
    }


def test_an_object_keeps_the_namespace_that_it_names() -> None:
    [found] = objects("kind: Role\nmetadata: {name: a, namespace: other}", "nvcf")
    assert str(found) == "Role other/a"


ODD = pytest.mark.parametrize(
    "other",
    [
        "kind: Secret\nmetadata: {name: a}\nstringData:\n  x: |\n    ---\n    kind: Deployment\n",
        "# kind: Deployment\nkind: Role\nmetadata: {name: a}\n",
        '"kind": "Role"\nmetadata: {name: b}\n...\n',
        "--- {kind: Role, metadata: {name: c}}\n",
        "%YAML 1.1\n---\nkind: Role\nmetadata: {name: d}\n...\n%YAML 1.1\n",
        "kind: HorizontalPodAutoscaler\nmetadata: {name: e}\n",
    ],
)


@ODD
@pytest.mark.parametrize("first", [True, False])
def test_the_objects_around_the_workload_are_those_of_the_whole_manifest(other: str, first: bool) -> None:
    text = f"{other}{manifest(ENV)}" if first else f"{manifest(ENV)}---\n{other.partition('%')[0]}"
    wanted = ("Deployment", "ConfigMap", "HorizontalPodAutoscaler")
    found = around_workload(text, "nvcf")
    every = objects(text, "nvcf")
    assert {one: item for one, item in found.items() if one.kind in wanted} == {
        one: item for one, item in every.items() if one.kind in wanted
    }
    assert all(every[one] == item for one, item in found.items())


@pytest.mark.parametrize("text", ["", "---\n---\n", "# only a comment\n", "---\nnull\n", "- a\n- b\n"])
def test_what_is_no_object_is_left_out(text: str) -> None:
    assert parsed(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kind: ConfigMap\nmetadata: {name: a}\ndata: {operator: =}", id="equal sign"),
        pytest.param("kind: ConfigMap\nmetadata: {name: a}\ndata: {tag: 2026-13-45}", id="no date after all"),
    ],
)
def test_a_manifest_that_the_api_server_takes_is_read(text: str) -> None:
    assert len(parsed(text)) == 1


def test_a_manifest_with_a_character_that_yaml_does_not_have_is_an_error_of_the_release() -> None:
    with pytest.raises(ReleaseError, match=r"is not valid YAML\. .* `helm rollback`\.$"):
        parsed("kind: \x01")


def test_the_workload_is_found_through_container_and_env_from() -> None:
    items = parsed()
    [container] = items[identity("Deployment", "nvcf-api")]["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "A", "value": "1"}]
    workload = find_workload(FUNCTIONS, items, "api")
    assert (workload.release, workload.namespace, workload.deployment) == ("api", "nvcf", "nvcf-api")
    assert (workload.container, workload.container_env) == ("helm-nvcf-api", {"A": "1"})
    assert workload.config_map == "nvcf-api-env"
    assert workload.env == ENV


def test_names_that_a_stack_overrides_do_not_matter() -> None:
    workload = find_workload(
        FUNCTIONS, parsed(manifest(ENV).replace("nvcf-api", "acme").replace("helm-acme", "helm-nvcf-api")), "api"
    )
    assert (workload.deployment, workload.config_map) == ("acme", "acme-env")


def test_other_containers_and_other_sources_are_passed_over() -> None:
    items = parsed()
    spec = items[identity("Deployment", "nvcf-api")]["spec"]["template"]["spec"]
    mine = spec["containers"][0]
    mine["envFrom"] = [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "elsewhere"}}, *mine["envFrom"]]
    spec["containers"].insert(0, {"name": "sidecar"})
    assert find_workload(FUNCTIONS, items, "api").container == "helm-nvcf-api"


def test_a_config_map_without_data_is_an_empty_environment() -> None:
    items = parsed()
    items[identity("ConfigMap", "nvcf-api-env")].pop("data")
    assert find_workload(FUNCTIONS, items, "api").env == {}


def test_a_release_of_another_chart_is_told() -> None:
    with pytest.raises(ReleaseError, match=r"0 Deployments .* \(none\)"):
        find_workload(FUNCTIONS, parsed("kind: Deployment\nmetadata: {name: web}"), "api")


def test_two_deployments_of_the_chart_are_named() -> None:
    second = manifest(ENV).replace('"nvcf-api"', '"second"')
    with pytest.raises(ReleaseError, match="Deployment nvcf/nvcf-api, Deployment nvcf/second"):
        find_workload(FUNCTIONS, parsed(manifest(ENV) + second), "api")


@pytest.mark.parametrize(
    "env,refused",
    [
        pytest.param(ENV, True, id="which has to reach the container"),
        pytest.param({}, False, id="empty"),
        pytest.param({"A": None}, False, id="of nulls"),
        pytest.param(None, False, id="none"),
    ],
)
def test_only_an_environment_needs_a_config_map(env: Any, *, refused: bool) -> None:
    items, values = parsed(), {"api": {"env": env}}
    del items[identity("ConfigMap", "nvcf-api-env")]
    if refused:
        with pytest.raises(ReleaseError, match="does not take its environment from a ConfigMap"):
            find_workload(FUNCTIONS, items, "api", values)
        return
    workload = find_workload(FUNCTIONS, items, "api", values)
    assert (workload.config_map, workload.env, workload.env_object) == ("", {}, "nvcf-api-env")


def with_second_source(name: str, data: dict[str, str] | None) -> dict[ObjectId, dict[str, Any]]:
    """A release whose container takes variables from another of its ConfigMaps as well."""
    items = parsed()
    items[identity("ConfigMap", name)] = {"kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    [container] = items[identity("Deployment", "nvcf-api")]["spec"]["template"]["spec"]["containers"]
    container["envFrom"].insert(0, {"configMapRef": {"name": name}})
    return items


@pytest.mark.parametrize(
    "data,env",
    [
        pytest.param({"A": "1"}, ENV, id="which holds other variables"),
        pytest.param(None, ENV, id="which is empty"),
        pytest.param(ENV, ENV, id="which holds the same variables"),
        pytest.param({"A": "1"}, {}, id="of an empty environment"),
    ],
)
def test_of_several_config_maps_that_of_the_environment_is_taken(data: dict[str, str] | None, env: Any) -> None:
    items = with_second_source("more", data)
    assert find_workload(FUNCTIONS, items, "api", {"api": {"env": env}}).config_map == "nvcf-api-env"


@pytest.mark.parametrize("env,fitting", [({}, 2), (ENV, 2), ({"B": "1"}, 0)])
def test_several_config_maps_of_which_none_is_known_to_be_the_one_are_named(env: Any, fitting: int) -> None:
    items = with_second_source("more", ENV)
    items[identity("Deployment", "other")] = items.pop(identity("Deployment", "nvcf-api"))
    with pytest.raises(ReleaseError, match=rf"\(more, nvcf-api-env\), and {fitting} of them contain"):
        find_workload(FUNCTIONS, items, "api", {"api": {"env": env}})


def test_the_label_of_the_chart_is_not_needed_and_other_deployments_do_not_matter() -> None:
    items = parsed()
    items[identity("Deployment", "nvcf-api")]["metadata"]["labels"] = {"app.kubernetes.io/name": "acme"}
    for name, spec in (("web", {"template": {"spec": {"containers": [{"name": "web"}]}}}), ("odd", None)):
        items[identity("Deployment", name)] = {"kind": "Deployment", "metadata": {"name": name}, "spec": spec}
    assert find_workload(FUNCTIONS, items, "api").deployment == "nvcf-api"


def test_objects_of_one_kind_and_name_in_two_groups_are_two_and_in_two_versions_one() -> None:
    text = "kind: Gateway\nmetadata: {name: a}\napiVersion: "
    groups = ["a.io/v1", "b.io/v1", "b.io/v2", "v1"]
    found = objects("".join(f"---\n{text}{group}\n" for group in groups), "nvcf")
    assert [one.group for one in found] == ["a.io", "b.io", ""]


def test_no_value_of_the_environment_shows_in_the_workloads_repr() -> None:
    items = parsed(manifest({**ENV, "PASSWORD": "canary-value"}))
    assert "canary-value" not in repr(find_workload(FUNCTIONS, items, "api"))


def test_a_manifest_that_is_no_yaml_is_told_with_its_line_and_without_its_content() -> None:
    with pytest.raises(ReleaseError, match="is not valid YAML at line 3") as caught:
        parsed("kind: ConfigMap\ndata:\n  password: canary: x\n")
    assert "canary" not in str(caught.value)
    assert "helm rollback" in str(caught.value)
    with pytest.raises(ReleaseError, match="is not valid YAML at line 6"):
        around_workload("kind: Role\n---\nkind: Role\n---\nkind: ConfigMap\na: b: c\n", "nvcf")


@pytest.mark.parametrize(
    "text,shown",
    [
        ("kind: Job\nmetadata: {name: 7}", "Job nvcf/7"),
        ("kind: Job\nmetadata:", "Job nvcf/"),
        ("kind: Job\nmetadata: {name: größe, namespace: ''}", "Job nvcf/größe"),
    ],
)
def test_an_object_is_known_by_whatever_name_it_has(text: str, shown: str) -> None:
    assert [str(found) for found in parsed(text)] == [shown]


def test_what_a_manifest_leaves_to_others_is_not_claimed() -> None:
    workload = find_workload(FUNCTIONS, parsed(), "api")
    assert (workload.image, workload.replicas) == (None, None)


def test_image_replicas_and_sources_of_the_environment_are_those_that_are_rendered() -> None:
    items = parsed()
    spec = items[identity("Deployment", "nvcf-api")]["spec"]
    spec["replicas"] = 0
    container = spec["template"]["spec"]["containers"][0]
    container["image"] = "nvcr.io/api:1"
    container["envFrom"].append({"secretRef": {"name": "s"}})
    workload = find_workload(FUNCTIONS, items, "api")
    assert (workload.image, workload.replicas) == ("nvcr.io/api:1", 0)
    assert workload.env_from == container["envFrom"]
    assert workload.config_map == "nvcf-api-env"


def with_variables(*env: dict[str, Any]) -> dict[str, Any]:
    """A Deployment whose container has these variables."""
    containers = [{"name": "api", "env": list(env)}, {"name": "sidecar"}]
    return {"spec": {"template": {"spec": {"containers": containers}}}}


@pytest.mark.parametrize(
    "item,content",
    [
        ({"value": "1"}, "1"),
        ({"value": ""}, ""),
        ({}, ""),
        ({"value": None}, ""),
        ({"valueFrom": None}, ""),
        ({"valueFrom": {"secretKeyRef": None}}, ""),
        ({"valueFrom": {"fieldRef": {"fieldPath": "p"}}}, {"fieldRef": {"apiVersion": "v1", "fieldPath": "p"}}),
        (
            {"valueFrom": {"fieldRef": {"apiVersion": "v2", "fieldPath": "p"}}},
            {"fieldRef": {"apiVersion": "v2", "fieldPath": "p"}},
        ),
        (
            {"valueFrom": {"resourceFieldRef": {"resource": "cpu", "containerName": None}}},
            {"resourceFieldRef": {"divisor": "0", "resource": "cpu"}},
        ),
        (
            {"value": None, "valueFrom": {"secretKeyRef": {"name": "s", "key": 7}, "fieldRef": {}}},
            {"secretKeyRef": {"name": "s", "key": "7"}},
        ),
    ],
)
def test_a_variable_is_read_as_the_api_server_keeps_it(item: dict[str, Any], content: Any) -> None:
    assert container_env(with_variables({"name": "A", **item}), "api") == {"A": content}


@pytest.mark.parametrize("name", ["sidecar", "nobody"])
def test_a_container_without_variables_or_that_is_not_there_has_none(name: str) -> None:
    assert container_env(with_variables({"name": "A", "value": "1"}), name) == {}
    assert named_container(with_variables(), name).get("name") == (name if name == "sidecar" else None)


@pytest.mark.parametrize(
    "events,compared",
    [
        (["post-upgrade"], True),
        (["test"], False),
        (["test", "test-success"], False),
        (["test", "pre-upgrade"], True),
        ([], True),
        (None, True),
    ],
)
def test_only_what_runs_for_nothing_but_tests_is_left_out_of_the_hooks(events: Any, *, compared: bool) -> None:
    given: list[tuple[str, Any]] = [("a", events), ("b", [])]
    hooks = [{"events": of, "manifest": f"kind: Job\nmetadata: {{name: {name}}}"} for name, of in given]
    found = [str(one) for one in hook_objects(hooks, "nvcf")]
    assert found == (["Job nvcf/a", "Job nvcf/b"] if compared else ["Job nvcf/b"])


def test_hooks_of_one_name_are_told_apart_by_a_number() -> None:
    hooks = [hook("a", events=["pre-upgrade"]), hook("a", image="x"), hook("b"), hook("a", image="y")]
    assert [str(found) for found in hook_objects(hooks, "nvcf")] == [
        "Job nvcf/a",
        "Job nvcf/a (2)",
        "Job nvcf/b",
        "Job nvcf/a (3)",
    ]


def test_a_hook_without_a_manifest_is_none() -> None:
    assert hook_objects([{"events": ["pre-upgrade"]}, {"events": [], "manifest": None}], "nvcf") == {}
