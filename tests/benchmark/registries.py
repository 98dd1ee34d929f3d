# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What many registries on one cluster cost: `python -m ansible_collections.fleetops.nvcf.tests.benchmark.registries`.

CPU seconds of the client, with a release, a cluster and a helm that only answer. A cost that doubles with the number of
registries is a ratio of 2.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import (
    recognized_registry,
    recognized_registry_audit,
    recognized_registry_info,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Operation
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import env_of, host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CHART_REF, Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import serving

COUNTS = (1000, 2000, 4000)


def many(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """So many registries."""
    return [
        {"key": f"REG{number}", "name": f"Registry {number}", "hostname": f"r{number}.example.com"}
        for number in range(first, first + count)
    ]


def seconds(operation: Operation[Any], held: Sequence[dict[str, Any]], **given: Any) -> float:
    """CPU seconds of this process for one run of the operation on a release that holds these registries."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder), env_of(*held))
        with serving(cluster.answer) as server:
            if operation is recognized_registry.OPERATION:
                given |= {"helm_binary": str(cluster.helm), "chart_ref": CHART_REF}
            params = params_of(operation, host=server.url, **given)
            begin = time.process_time()
            operation.start(host(), params)
            return time.process_time() - begin


RUNS: dict[str, Callable[[int], float]] = {
    "change: all are new": lambda n: seconds(recognized_registry.OPERATION, (), registries=many(n)),
    "change: half are new": lambda n: seconds(recognized_registry.OPERATION, many(n // 2), registries=many(n)),
    "change: one more": lambda n: seconds(recognized_registry.OPERATION, many(n), registries=many(1, first=n)),
    "change: nothing to do": lambda n: seconds(recognized_registry.OPERATION, many(n), registries=many(n)),
    "change: remove all by key": lambda n: seconds(
        recognized_registry.OPERATION, many(n), registries=[{"key": one["key"]} for one in many(n)], state="absent"
    ),
    "change: other ones exactly": lambda n: seconds(
        recognized_registry.OPERATION, many(n), registries=many(n, first=n), state="exact"
    ),
    "look: as wanted": lambda n: seconds(recognized_registry_info.OPERATION, many(n), registries=many(n)),
    "look: none of them wanted": lambda n: seconds(
        recognized_registry_info.OPERATION, many(n), registries=many(n), state="absent"
    ),
    "audit: as wanted": lambda n: seconds(
        recognized_registry_audit.OPERATION, many(n), registries=many(n), state="exact", fail_on="never"
    ),
}


def main(counts: Sequence[int]) -> None:
    """Print a line for each run."""
    print(f"{'run':28}" + "".join(f"{count:>10,}" for count in counts) + "   ratios")
    for name, run in RUNS.items():
        told = [run(count) for count in counts]
        ratios = ", ".join(f"{b / a:.1f}" for a, b in pairwise(told))
        print(f"{name:28}" + "".join(f"{took:9.2f}s" for took in told) + f"   {ratios}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or COUNTS)
