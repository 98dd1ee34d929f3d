# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A rendered manifest as objects, and the API's workload in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._manifest import ObjectId, find_workload, objects
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import manifest

ENV = env_of(GHCR)


def parsed(text: str | None = None) -> dict[ObjectId, dict[str, Any]]:
    return objects(manifest(ENV) if text is None else text, "nvcf")


def identity(kind: str, name: str) -> ObjectId:
    return ObjectId(kind=kind, namespace="nvcf", name=name)


def test_each_object_is_found_by_kind_namespace_and_name() -> None:
    assert set(parsed()) == {
        identity("ConfigMap", "nvcf-api-env"),
        identity("Service", "api"),
        identity("Deployment", "nvcf-api"),
    }


def test_an_object_keeps_the_namespace_that_it_names() -> None:
    [found] = objects("kind: Role\nmetadata: {name: a, namespace: other}", "nvcf")
    assert str(found) == "Role other/a"


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


def test_a_manifest_that_is_no_yaml_is_an_error_of_the_release() -> None:
    with pytest.raises(ReleaseError):
        parsed("kind: [")


def test_the_workload_is_found_through_label_and_env_from() -> None:
    workload = find_workload(parsed(), "api")
    assert (workload.namespace, workload.deployment, workload.container) == ("nvcf", "nvcf-api", "helm-nvcf-api")
    assert workload.config_map == "nvcf-api-env"
    assert workload.env == ENV


def test_names_that_a_stack_overrides_do_not_matter() -> None:
    workload = find_workload(
        parsed(manifest(ENV).replace("nvcf-api", "acme").replace("helm-acme", "helm-nvcf-api")), "api"
    )
    assert (workload.deployment, workload.config_map) == ("acme", "acme-env")


def test_other_containers_and_other_sources_are_passed_over() -> None:
    items = parsed()
    spec = items[identity("Deployment", "nvcf-api")]["spec"]["template"]["spec"]
    mine = spec["containers"][0]
    mine["envFrom"] = [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "elsewhere"}}, *mine["envFrom"]]
    spec["containers"].insert(0, {"name": "sidecar"})
    assert find_workload(items, "api").container == "helm-nvcf-api"


def test_a_config_map_without_data_is_an_empty_environment() -> None:
    items = parsed()
    items[identity("ConfigMap", "nvcf-api-env")].pop("data")
    assert find_workload(items, "api").env == {}


def test_a_release_of_another_chart_is_told() -> None:
    with pytest.raises(ReleaseError, match=r"0 Deployments .* \(none\)"):
        find_workload(parsed("kind: Deployment\nmetadata: {name: web}"), "api")


def test_two_deployments_of_the_chart_are_named() -> None:
    second = manifest(ENV).replace('"nvcf-api"', '"second"')
    with pytest.raises(ReleaseError, match="Deployment nvcf/nvcf-api, Deployment nvcf/second"):
        find_workload(parsed(manifest(ENV) + second), "api")


def test_a_deployment_without_the_config_map_is_told() -> None:
    items = parsed()
    del items[identity("ConfigMap", "nvcf-api-env")]
    with pytest.raises(ReleaseError, match="takes its environment from no ConfigMap"):
        find_workload(items, "api")


def test_no_value_of_the_environment_shows_in_the_workloads_repr() -> None:
    items = parsed(manifest({**ENV, "PASSWORD": "canary-value"}))
    assert "canary-value" not in repr(find_workload(items, "api"))
