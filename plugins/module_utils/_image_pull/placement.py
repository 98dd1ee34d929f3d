# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which nodes a probe's pod may run, and which kinds of nodes there are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ARCHITECTURE = "kubernetes.io/arch"
POOL_LABELS = (
    ARCHITECTURE,
    "node.kubernetes.io/instance-type",
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
    "oci.oraclecloud.com/nodepool",
    "nvidia.com/gpu.product",
)
"""What nodes of different pools differ in, on the usual clouds."""
MOST_POOLS = 20
"""So many are tried."""
MOST_NODES = 20
"""So many nodes of a pool are named in a pod, which any of them may take."""
_CONDITIONS = "node.kubernetes.io/"
"""Taints that say how a node is, and not what it is for."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What a pod says about the nodes that it may run on."""

    tolerations: Sequence[Mapping[str, Any]] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    runtime_class: str | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """The fields of a pod's spec."""
        fields = {
            "tolerations": [dict(one) for one in self.tolerations],
            "nodeSelector": dict(self.node_selector),
            "runtimeClassName": self.runtime_class,
        }
        return {name: value for name, value in fields.items() if value}

    def admits(self, node: Mapping[str, Any]) -> bool:
        """Whether the scheduler would take the node, were there room on it."""
        labels, spec = node["metadata"].get("labels") or {}, node.get("spec") or {}
        conditions = (node.get("status") or {}).get("conditions") or []
        return (
            any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
            and not spec.get("unschedulable")
            # What the probe says of its container is not for Windows.
            and labels.get("kubernetes.io/os", "linux") == "linux"
            and all(labels.get(name) == value for name, value in self.node_selector.items())
            and all(self._tolerates(taint) for taint in _binding_taints(node))
        )

    def _tolerates(self, taint: Mapping[str, Any]) -> bool:
        return any(
            one.get("effect") in (None, "", taint.get("effect"))
            and (
                one.get("key") in (None, "", taint.get("key"))
                if one.get("operator") == "Exists"
                else (one.get("key"), one.get("value") or "") == (taint.get("key"), taint.get("value") or "")
            )
            for one in self.tolerations
        )


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one kind."""

    name: str
    """What sets them apart, for users."""
    nodes: tuple[str, ...]

    @property
    def affinity(self) -> dict[str, Any]:
        """What binds a pod to these nodes, as the DaemonSet controller does it: a term may name but one."""
        terms = [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
            for name in self.nodes[:MOST_NODES]
        ]
        return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def pools_of(nodes: Iterable[Mapping[str, Any]], placement: Placement) -> tuple[Pool, ...]:
    """The kinds of nodes that a pod may run on, by name."""
    found: dict[str, list[str]] = {}
    for node in filter(placement.admits, nodes):
        found.setdefault(_kind_of(node), []).append(node["metadata"]["name"])
    return tuple(Pool(name=name, nodes=tuple(sorted(members))) for name, members in sorted(found.items()))


def _kind_of(node: Mapping[str, Any]) -> str:
    labels = node["metadata"].get("labels") or {}
    traits = [str(labels[name]) for name in POOL_LABELS if labels.get(name)]
    traits += sorted(
        f"{taint.get('key')}={taint.get('value') or ''}:{taint.get('effect')}"
        for taint in _binding_taints(node)
        if not str(taint.get("key")).startswith(_CONDITIONS)
    )
    return ", ".join(traits) or "unlabeled"


def _binding_taints(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    taints = (node.get("spec") or {}).get("taints") or []
    return [taint for taint in taints if taint.get("effect") in ("NoSchedule", "NoExecute")]
