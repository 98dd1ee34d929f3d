# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a rollout: a look at every event until it is done or cannot be any more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from .._helm.manifest import Workload
from .._kubernetes.api_client import STRATEGIC_PATCH, Cluster, path_of
from .._kubernetes.watch import wait_for_event
from .._runtime.errors import RolloutError
from .._runtime.operation import Host
from .assess import Read, assess
from .observed_state import LiveWorkload, read_workload
from .pod_logs import explain, read_log
from .started_with import Known
from .verdict import Verdict

LOOK_SECONDS = 2.0
"""The longest time between two looks: what shows where no one watches just then is seen this late."""
PATIENCE_SECONDS = 30.0
"""How long the API server may be away before the wait is given up: one that is replaced takes as long."""
SHOWN_LINES = 30
"""Of a log are returned."""
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def bring_up(host: Host, cluster: Cluster, workload: Workload, *, timeout: int) -> tuple[LiveWorkload, bool]:
    """Waits for the rollout, after a gentle restart if pods run with another environment than they should.

    Each of the two may take `timeout` seconds. Returns the workload and whether it was restarted. Raises RolloutError.
    """
    # Whether a restart is needed shows only when a rollout that is under way has ended.
    live, verdict = wait_for_rollout(host, cluster, workload, timeout=timeout, until=("done", "stale"))
    if verdict.kind == "done":
        return live, False
    host.say(f"{cluster.name}: {verdict.text}, restarting")
    _restart(cluster, workload)
    live, _done = wait_for_rollout(host, cluster, workload, timeout=timeout)
    return live, True


def _restart(cluster: Cluster, workload: Workload) -> None:
    """As `kubectl rollout restart` does it: new pods first, then the old ones end. No pod is deleted."""
    stamp = datetime.now(tz=UTC).isoformat(timespec="seconds")
    cluster.patch(
        path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment),
        {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}},
        kind=STRATEGIC_PATCH,
    )


def wait_for_rollout(
    host: Host, cluster: Cluster, workload: Workload, *, timeout: int, until: Sequence[str] = ("done",)
) -> tuple[LiveWorkload, Verdict]:
    """The workload and the verdict on it once that is one of `until`, within `timeout` seconds. Raises RolloutError."""
    deadline = time.monotonic() + timeout
    # Pods roll out also while no one can look.
    cluster.outlast(PATIENCE_SECONDS)
    said = ""
    read: Read = {}
    known = Known()
    while True:
        live = read_workload(cluster, workload, known)
        verdict = assess(cluster, workload, live, read)
        if verdict.kind in until:
            return live, verdict
        if verdict.kind == "failed":
            text = f"rollout of {workload.namespace}/{workload.deployment} failed: {verdict.text}"
            raise _failure(cluster, workload, verdict, text)
        left = deadline - time.monotonic()
        if left <= 0:
            text = (
                f"the rollout of {workload.namespace}/{workload.deployment} did not finish within {timeout} s: "
                f"{verdict.text}. Increase rollout_timeout if the API needs more time."
            )
            raise _failure(cluster, workload, verdict, text)
        if verdict.text != said:
            said = verdict.text
            host.say(f"{cluster.name}: {said}")
        path, version = live.watchable[verdict.awaits]
        wait_for_event(cluster, path, resource_version=version, seconds=min(LOOK_SECONDS, left))


def _failure(cluster: Cluster, workload: Workload, verdict: Verdict, text: str) -> RolloutError:
    log = read_log(cluster, workload, verdict) if verdict.pod else []
    # The cause, where it is known already, is in the text.
    shown = "" if verdict.cause else explain(log) or (f"The end of its log: {' / '.join(log[-3:])}" if log else "")
    return RolloutError(
        " ".join(filter(None, (text, verdict.unready, shown))),
        rollout={"state": verdict.kind, "pod": verdict.pod, "text": verdict.text, "log": log[-SHOWN_LINES:]},
    )
