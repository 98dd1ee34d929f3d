# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What many registries on one cluster cost the client, with a release, a cluster and a helm that only answer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import (
    recognized_registry,
    recognized_registry_audit,
    recognized_registry_info,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Operation
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Row
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import env_of, host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CHART_REF, Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import serving


def many(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """So many registries."""
    return [
        {"key": f"REG{number}", "name": f"Registry {number}", "hostname": f"r{number}.example.com"}
        for number in range(first, first + count)
    ]


def cost(operation: Operation[Any], held: Sequence[dict[str, Any]], **given: Any) -> dict[str, Any]:
    """What one run of the operation on a release that holds these registries costs this process, as `measure` tells."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder), env_of(*held))
        with serving(cluster.answer) as server:
            if operation is recognized_registry.OPERATION:
                given |= {"helm_binary": str(cluster.helm), "chart_ref": CHART_REF}
            params = params_of(operation, host=server.url, **given)
            begin, spent = time.monotonic(), time.process_time()
            operation.start(host(), params)
            return {"wall": time.monotonic() - begin, "cpu": time.process_time() - spent, "peak_mib": 0.0}


RUNS: dict[str, Callable[[int], dict[str, Any]]] = {
    "change: all are new": lambda n: cost(recognized_registry.OPERATION, (), registries=many(n)),
    "change: one more": lambda n: cost(recognized_registry.OPERATION, many(n), registries=many(1, first=n)),
    "change: nothing to do": lambda n: cost(recognized_registry.OPERATION, many(n), registries=many(n)),
    "change: remove all by key": lambda n: cost(
        recognized_registry.OPERATION, many(n), registries=[{"key": one["key"]} for one in many(n)], state="absent"
    ),
    "change: other ones exactly": lambda n: cost(
        recognized_registry.OPERATION, many(n), registries=many(n, first=n), state="exact"
    ),
    "look: as wanted": lambda n: cost(recognized_registry_info.OPERATION, many(n), registries=many(n)),
    "audit: as wanted": lambda n: cost(
        recognized_registry_audit.OPERATION, many(n), registries=many(n), state="exact", fail_on="never"
    ),
}


def measured(who: str, size: int, turn: int) -> Row:
    """One run with that many registries."""
    return Row(case="registries", who=who, size=size, sample=1, turn=turn, **RUNS[who](size))
