# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module api_rollout: wait for the API's pods, restart them gently if they must be."""

from __future__ import annotations

from typing import Any

from .._kubernetes.api_client import connect
from .._rollout.observed_state import current_workload
from .._rollout.verdict import judge
from .._rollout.wait import bring_up, wait_for_rollout
from .._runtime import argument_specs
from .._runtime.operation import Host, Operation


def run(host: Host) -> dict[str, Any]:
    """Waits until only pods with the current environment serve."""
    params = host.params
    with connect(params) as cluster:
        workload = current_workload(cluster, release=params["release"], namespace=params["namespace"])
        if host.check_mode:
            live = wait_for_rollout(host, cluster, workload, until=("done", "stale"))
            restarted = judge(live).kind == "stale"
        else:
            live, restarted = bring_up(host, cluster, workload)
        return {
            "changed": restarted,
            "cluster": cluster.name,
            "deployment": workload.deployment,
            "namespace": workload.namespace,
            "restarted": restarted,
            "pods": [pod.facts() for pod in live.pods],
        }


OPERATION = Operation(
    run=run,
    argument_spec={
        **argument_specs.CLUSTER,
        **argument_specs.RELEASE,
        **argument_specs.ROLLOUT,
    },
)
