# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which nodes a probe's pod may run on, and which of them are of one kind."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.placement import (
    MOST_NODES,
    Placement,
    pools_of,
)

GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def node(
    name: str = "n", *taints: dict[str, str], ready: str = "True", off: bool = False, **labels: str
) -> dict[str, Any]:
    named = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
    named |= {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return {
        "metadata": {"name": name, "labels": named},
        "spec": {"unschedulable": off, "taints": list(taints)},
        "status": {"conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]},
    }


@pytest.mark.parametrize(
    "candidate,placement,admitted",
    [
        pytest.param(node(), Placement(), True, id="plain"),
        pytest.param(node(ready="False"), Placement(), False, id="not ready"),
        pytest.param(node(ready="Unknown"), Placement(), False, id="silent"),
        pytest.param(node(off=True), Placement(), False, id="cordoned"),
        pytest.param(node(kubernetes_io__os="windows"), Placement(), False, id="Windows"),
        pytest.param(node(gpu="yes"), Placement(node_selector={"gpu": "yes"}), True, id="selected"),
        pytest.param(node(gpu="no"), Placement(node_selector={"gpu": "yes"}), False, id="another value"),
        pytest.param(node(), Placement(node_selector={"gpu": "yes"}), False, id="no such label"),
        pytest.param({"metadata": {"name": "bare"}}, Placement(), False, id="nothing known"),
    ],
)
def test_only_nodes_that_the_scheduler_would_take_count(
    candidate: dict[str, Any], placement: Placement, *, admitted: bool
) -> None:
    assert placement.admits(candidate) is admitted


@pytest.mark.parametrize(
    "toleration,tolerated",
    [
        ({"operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "nvidia.com/gpu", "operator": "Equal", "value": "present"}, True),
        ({"key": "nvidia.com/gpu", "value": "present"}, True),
        ({"key": "nvidia.com/gpu", "value": "absent"}, False),
        ({"key": "nvidia.com/gpu"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_taints_are_tolerated_by_the_rules_of_kubernetes(toleration: dict[str, str], *, tolerated: bool) -> None:
    assert Placement(tolerations=[toleration]).admits(node("n", GPU)) is tolerated


def test_a_taint_that_only_asks_to_be_avoided_keeps_nobody_away() -> None:
    assert Placement().admits(node("n", GPU | {"effect": "PreferNoSchedule"}))


def test_nodes_are_of_one_pool_when_nothing_that_matters_sets_them_apart() -> None:
    nodes = [
        node("c", GPU, nvidia_com__gpu_product="a2"),
        node("a", GPU, nvidia_com__gpu_product="a2", zone="1"),
        node("b", nvidia_com__gpu_product="a2"),
        node("arm", kubernetes_io__arch="arm64"),
        node("gone", ready="Unknown", kubernetes_io__arch="riscv64"),
    ]
    found = pools_of(nodes, Placement(tolerations=[{"operator": "Exists"}]))
    assert {pool.name: pool.nodes for pool in found} == {
        "amd64, a2": ("b",),
        "amd64, a2, nvidia.com/gpu=present:NoSchedule": ("a", "c"),
        "arm64": ("arm",),
    }
    [without_gpu] = [pool.nodes for pool in pools_of(nodes[:3], Placement())]
    assert without_gpu == ("b",)


def test_a_pod_is_bound_to_the_nodes_of_its_pool_and_to_no_more_than_are_needed() -> None:
    [pool] = pools_of([node(f"n{number:03}") for number in range(MOST_NODES + 5)], Placement())
    required = pool.affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    named = [field["values"] for term in required["nodeSelectorTerms"] for field in term["matchFields"]]
    assert named == [[name] for name in pool.nodes[:MOST_NODES]]


def test_a_pod_says_only_what_was_given() -> None:
    assert Placement().spec == {}
    given = Placement(tolerations=[{"operator": "Exists"}], node_selector={"a": "b"}, runtime_class="nvidia")
    assert given.spec == {
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"a": "b"},
        "runtimeClassName": "nvidia",
    }


def test_what_a_taint_says_about_a_nodes_condition_and_a_node_without_labels_have_a_kind() -> None:
    everything = Placement(tolerations=[{"operator": "Exists"}])
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    bare = {"metadata": {"name": "bare"}, "status": ready}
    pressed = node("pressed", {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"})
    plain = node("plain", {"key": "maintenance", "effect": "NoExecute"}, GPU)
    assert {pool.name: pool.nodes for pool in pools_of([bare, pressed, plain], everything)} == {
        "unlabeled": ("bare",),
        "amd64": ("pressed",),
        "amd64, maintenance=:NoExecute, nvidia.com/gpu=present:NoSchedule": ("plain",),
    }
    assert [pool.nodes for pool in pools_of([pressed], Placement())] == []


@pytest.mark.parametrize("empty", [None, ""])
def test_what_a_toleration_leaves_out_or_empty_stands_for_anything_or_nothing(empty: str | None) -> None:
    tainted = node("n", {"key": "maintenance", "effect": "NoExecute"})
    for toleration, tolerated in (
        ({"key": empty, "operator": "Exists", "effect": empty}, True),
        ({"key": "maintenance", "value": empty, "effect": empty}, True),
        ({"key": empty, "value": empty}, False),
    ):
        given = {name: value for name, value in toleration.items() if value is not None}
        assert Placement(tolerations=[given]).admits(tainted) is tolerated
