# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions and tasks that a removal leaves, or has left, without a recognized registry. Pure.

They stay listed and deletable, but a new version or a deployment of a function is refused until the registry is back,
and so is another launch of a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from .._registries.configured import HeldIndex, HeldRegistry
from .._registries.rules import native
from .._registries.wanted import State, Wanted
from .workloads import OnImage

Workload = TypeVar("Workload", bound=OnImage)


def leaving(stored: Iterable[HeldRegistry], wanted: Sequence[Wanted], state: State) -> set[str]:
    """The hosts that are stored and would no longer be, if `state` came true."""
    if state == "absent":
        index = HeldIndex(stored)
        gone = [registry for entry in wanted for registry in index.having(entry.mark)]
    elif state == "exact":
        hosts = {entry.hostname for entry in wanted}
        gone = [registry for registry in stored if registry.hostname not in hosts and not registry.native]
    else:
        gone = []
    return {registry.hostname for registry in gone if registry.hostname}


def stranded(workloads: Iterable[Workload], hosts: AbstractSet[str]) -> list[Workload]:
    """Those whose image is on one of `hosts`, by name."""
    return _in_order(workload for workload in workloads if image_host(workload.image) in hosts)


def refused(workloads: Iterable[Workload], recognized: Iterable[Mapping[str, str]]) -> list[Workload]:
    """Those whose image is on no host that the API lists or validates itself, by name.

    A function of a Helm chart has no image.
    """
    listed = {row["hostname"] for row in recognized}

    def known(host: str) -> bool:
        return host in listed or bool(native(host))

    return _in_order(workload for workload in workloads if workload.image and not known(image_host(workload.image)))


def _in_order(workloads: Iterable[Workload]) -> list[Workload]:
    return sorted(workloads, key=lambda workload: workload.order)


def image_host(image: str) -> str:
    """The host of an image reference as the API reads it: what stands before the first slash, without a port."""
    return image.partition("/")[0].partition(":")[0]
