# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The kubelet's rules for the environment of a container."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.environment import (
    ConfigError,
    EnvironmentBuilder,
    expand,
    service_variables,
)

POD: dict[str, Any] = {
    "metadata": {
        "name": "api-0",
        "namespace": "nvcf",
        "uid": "u-1",
        "labels": {"tier": "front"},
        "annotations": {"example.com/note": "hi"},
    },
    "spec": {"serviceAccountName": "runner", "enableServiceLinks": False},
}
SERVICE = {
    "metadata": {"name": "my-api"},
    "spec": {"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 8080}, {"name": "grpc-x", "port": 9090}]},
}


class FakeObjects:
    """One ConfigMap, one Secret, one Service."""

    async def config(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return {
            ("configmap", "nvcf", "settings"): {"data": {"A": "1", "B": "2", "dotted.key": "3", "spaced out": "4"}},
            ("configmap", "nvcf", "empty"): {},
            ("secret", "nvcf", "keys"): {"data": {"B": base64.b64encode(b"from-secret").decode()}},
        }.get((kind, namespace, name))

    async def services(self, namespace: str) -> list[dict[str, Any]]:
        return [SERVICE] if namespace == "nvcf" else []


def build(container: dict[str, Any], **spec: Any) -> dict[str, str]:
    pod = POD | {"spec": POD["spec"] | spec}
    builder = EnvironmentBuilder(objects=FakeObjects(), pod=pod, node="n1", host_ip="127.0.0.1", pod_ip="127.1.0.9")
    return asyncio.run(builder.build(container))


def from_config(name: str, **more: Any) -> dict[str, Any]:
    return {"configMapRef": {"name": name, **more}}


def key_of(kind: str, name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"name": "X", "valueFrom": {kind: {"name": name, "key": key, **more}}}


@pytest.mark.parametrize(
    "container, expected",
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {"envFrom": [from_config("settings")]},
            {"A": "1", "B": "2", "dotted.key": "3", "spaced out": "4"},
            id="every key that is printable",
        ),
        pytest.param(
            {"envFrom": [{"prefix": "P_", **from_config("settings")}]},
            {"P_A": "1", "P_B": "2", "P_dotted.key": "3", "P_spaced out": "4"},
            id="prefix",
        ),
        pytest.param(
            {"envFrom": [from_config("settings"), {"secretRef": {"name": "keys"}}]},
            {"A": "1", "B": "from-secret", "dotted.key": "3", "spaced out": "4"},
            id="a later source wins",
        ),
        pytest.param({"envFrom": [from_config("empty")]}, {}, id="object without data"),
        pytest.param({"envFrom": [from_config("none", optional=True)]}, {}, id="optional source missing"),
        pytest.param(
            {"envFrom": [{"secretRef": {"name": "keys"}}], "env": [{"name": "B", "value": "own"}]},
            {"B": "own"},
            id="env wins over envFrom",
        ),
        pytest.param(
            {"envFrom": [{"secretRef": {"name": "keys"}}], "env": [{"name": "C", "value": "<$(B)>"}]},
            {"B": "from-secret", "C": "<from-secret>"},
            id="reference to envFrom",
        ),
        pytest.param(
            {"env": [{"name": "L", "value": "$(E)"}, {"name": "E", "value": "x"}]},
            {"L": "$(E)", "E": "x"},
            id="reference to something later stays",
        ),
        pytest.param({"env": [{"name": "N"}]}, {"N": ""}, id="no value"),
        pytest.param({"env": [key_of("configMapKeyRef", "settings", "A")]}, {"X": "1"}, id="key of a ConfigMap"),
        pytest.param({"env": [key_of("secretKeyRef", "keys", "B")]}, {"X": "from-secret"}, id="key of a Secret"),
        pytest.param(
            {"env": [key_of("configMapKeyRef", "settings", "Z", optional=True)]}, {}, id="optional key missing"
        ),
        pytest.param({"env": [key_of("secretKeyRef", "none", "Z", optional=True)]}, {}, id="optional object missing"),
    ],
)
def test_sources_in_order(container: dict[str, Any], expected: dict[str, str]) -> None:
    assert build(container) == expected


@pytest.mark.parametrize(
    "container, message",
    [
        ({"envFrom": [from_config("none")]}, 'configmap "none" not found'),
        ({"envFrom": [{"secretRef": {"name": "none"}}]}, 'secret "none" not found'),
        ({"env": [key_of("configMapKeyRef", "none", "A")]}, 'configmap "none" not found'),
        (
            {"env": [key_of("configMapKeyRef", "settings", "Z")]},
            "couldn't find key Z in ConfigMap nvcf/settings",
        ),
        ({"env": [key_of("secretKeyRef", "keys", "Z")]}, "couldn't find key Z in Secret nvcf/keys"),
        (
            {"env": [{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "spec.nothing"}}}]},
            "unsupported fieldPath: spec.nothing",
        ),
    ],
)
def test_a_missing_thing_is_a_configuration_error_in_the_kubelets_words(
    container: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        build(container)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "path, expected",
    [
        ("metadata.name", "api-0"),
        ("metadata.namespace", "nvcf"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['tier']", "front"),
        ("metadata.annotations['example.com/note']", "hi"),
        ("metadata.labels['absent']", ""),
        ("spec.nodeName", "n1"),
        ("spec.serviceAccountName", "runner"),
        ("status.hostIP", "127.0.0.1"),
        ("status.podIP", "127.1.0.9"),
    ],
)
def test_fields_of_the_pod(path: str, expected: str) -> None:
    assert build({"env": [{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}]}) == {"X": expected}


@pytest.mark.parametrize(
    "resource, divisor, expected",
    [("limits.memory", None, "67108864"), ("limits.memory", "1Mi", "64"), ("requests.cpu", None, "1")],
)
def test_resources_are_divided_and_rounded_up(resource: str, divisor: str | None, expected: str) -> None:
    reference = {"resource": resource} | ({"divisor": divisor} if divisor else {})
    container = {
        "resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "250m"}},
        "env": [{"name": "X", "valueFrom": {"resourceFieldRef": reference}}],
    }
    assert build(container) == {"X": expected}


@pytest.mark.parametrize(
    "value, expected",
    [
        ("plain", "plain"),
        ("$(A)/$(A)", "1/1"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A ${A} $", "$A ${A} $"),
        ("$(A", "$(A"),
        ("$()", "$()"),
    ],
)
def test_references_expand_as_in_the_kubelet(value: str, expected: str) -> None:
    assert expand(value, {"A": "1"}) == expected


def test_services_are_announced_below_everything_else() -> None:
    container = {
        "env": [{"name": "URL", "value": "http://$(MY_API_SERVICE_HOST)"}, {"name": "MY_API_PORT", "value": "own"}]
    }
    environment = build(container, enableServiceLinks=True)
    assert environment["URL"] == "http://10.96.0.7"
    assert environment["MY_API_PORT"] == "own"
    assert environment["MY_API_SERVICE_PORT_GRPC_X"] == "9090"


def test_the_variables_of_a_service() -> None:
    assert service_variables(
        {"metadata": {"name": "a"}, "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80}]}}
    ) == {
        "A_SERVICE_HOST": "10.0.0.1",
        "A_SERVICE_PORT": "80",
        "A_PORT": "tcp://10.0.0.1:80",
        "A_PORT_80_TCP": "tcp://10.0.0.1:80",
        "A_PORT_80_TCP_PROTO": "tcp",
        "A_PORT_80_TCP_PORT": "80",
        "A_PORT_80_TCP_ADDR": "10.0.0.1",
    }


def test_a_headless_service_announces_nothing() -> None:
    assert service_variables({"metadata": {"name": "a"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}) == {}
