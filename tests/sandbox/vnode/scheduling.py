# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Whether a pod fits the node, in the scheduler's words when it does not."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .client import Manifest
from .quantity import quantity


def requests(pod: Manifest) -> dict[str, Decimal]:
    """Return what the pod's containers ask for in sum, by resource, and the pod itself as one of `pods`."""
    total = {"pods": Decimal(1)}
    for container in pod["spec"]["containers"]:
        for resource, amount in container.get("resources", {}).get("requests", {}).items():
            total[resource] = total.get(resource, Decimal(0)) + quantity(str(amount))
    return total


def unschedulable(pod: Manifest, node: Manifest, placed: Iterable[Manifest]) -> str | None:
    """Return why the only node cannot take the pod, or None when it can.

    `placed` are the pods that already hold their share of the node.
    """
    if node["spec"].get("unschedulable"):
        return _refusal("node(s) were unschedulable")
    labels = node["metadata"].get("labels", {})
    selector = pod["spec"].get("nodeSelector", {})
    if any(labels.get(key) != value for key, value in selector.items()):
        return _refusal("node(s) didn't match Pod's node affinity/selector")
    wanted = requests(pod)
    free = {resource: quantity(str(amount)) for resource, amount in node["status"]["allocatable"].items()}
    for other in placed:
        for resource, amount in requests(other).items():
            free[resource] = free.get(resource, Decimal(0)) - amount
    for resource, amount in sorted(wanted.items()):
        if amount > free.get(resource, Decimal(0)):
            return _refusal("Too many pods" if resource == "pods" else f"Insufficient {resource}")
    return None


def _refusal(reason: str) -> str:
    preemption = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    return f"0/1 nodes are available: 1 {reason}. {preemption}"
