# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module api_rollout: wait for the API's pods, restart them gently if they must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._kubernetes.api_client import connect
from .._rollout.observed_state import current_workload
from .._rollout.wait import bring_up, wait_for_rollout
from .._runtime.claims import claim
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import ConnectionOptions, ReleaseOptions, RolloutOptions
from .._runtime.options import group


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    rollout: RolloutOptions = group(RolloutOptions)


def run(host: Host, options: Options) -> dict[str, Any]:
    """Waits until only pods with the current environment serve."""
    release, timeout = options.release, options.rollout.rollout_timeout
    with connect(options.connection) as cluster:
        claim(host, cluster.server, release)
        workload = current_workload(cluster, release)
        if host.check_mode:
            live, verdict = wait_for_rollout(host, cluster, workload, timeout=timeout, until=("done", "stale"))
            restarted = verdict.kind == "stale"
        else:
            live, restarted = bring_up(host, cluster, workload, timeout=timeout)
        return {
            "changed": restarted,
            "cluster": cluster.name,
            "deployment": workload.deployment,
            "namespace": workload.namespace,
            "restarted": restarted,
            "pods": [pod.facts() for pod in live.pods],
        }


OPERATION = Operation(options=Options, run=run)
