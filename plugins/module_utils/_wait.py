# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a rollout: a look at every event until it is done or can't be any more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from ._cluster import STRATEGIC_PATCH, Cluster, path_of
from ._errors import KubernetesError, RolloutError
from ._held import held
from ._host import Host
from ._manifest import Workload
from ._redact import Redactor
from ._release import read_history, read_release
from ._rollout import Verdict, judge
from ._start_failure import explain
from ._workload import LiveWorkload, read_workload

LOOK_SECONDS = 2.0
"""The longest time between two looks: what shows where nobody watches just then is seen this late."""
LOG_LINES = 30
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def bring_up(host: Host, cluster: Cluster, workload: Workload) -> tuple[LiveWorkload, bool]:
    """Waits for the rollout, after a gentle restart if pods run with another environment than they should.

    Returns the workload and whether it was restarted. Raises RolloutError.
    """
    # Whether a restart is needed shows only when a rollout that is under way has ended.
    live = wait_for_rollout(host, cluster, workload, until=("done", "stale"))
    verdict = judge(live)
    if verdict.kind == "done":
        return live, False
    host.say(f"{cluster.name}: {verdict.text}, restarting")
    _restart(cluster, workload)
    return wait_for_rollout(host, cluster, workload), True


def _restart(cluster: Cluster, workload: Workload) -> None:
    """As `kubectl rollout restart` does it: new pods first, then the old ones end. No pod is deleted."""
    stamp = datetime.now(tz=UTC).isoformat(timespec="seconds")
    cluster.patch(
        path_of("apis/apps/v1/namespaces", workload.namespace, "deployments", workload.deployment),
        {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}},
        kind=STRATEGIC_PATCH,
    )


def wait_for_rollout(
    host: Host, cluster: Cluster, workload: Workload, *, until: Sequence[str] = ("done",)
) -> LiveWorkload:
    """The workload once the verdict on it is one of `until`.

    Uses the option `rollout_timeout`. Raises RolloutError.
    """
    timeout = host.params["rollout_timeout"]
    deadline = time.monotonic() + timeout
    said = ""
    while True:
        live = read_workload(cluster, workload)
        verdict = judge(live)
        if verdict.kind in until:
            return live
        if verdict.kind == "failed":
            raise _failure(cluster, workload, verdict)
        left = deadline - time.monotonic()
        if left <= 0:
            raise RolloutError(
                f"the rollout of {workload.namespace}/{workload.deployment} is not done after {timeout} s: "
                f"{verdict.text}. Raise rollout_timeout if the API needs longer.",
                rollout={"state": verdict.kind, "text": verdict.text},
            )
        if verdict.text != said:
            said = verdict.text
            host.say(f"{cluster.name}: {said}")
        path, version = live.watchable[verdict.awaits]
        cluster.wait_for_event(path, resource_version=version, seconds=min(LOOK_SECONDS, left))


def _failure(cluster: Cluster, workload: Workload, verdict: Verdict) -> RolloutError:
    log = _last_log(cluster, workload, verdict.pod) if verdict.pod else []
    shown = explain(log) or (f"Its log ends: {' / '.join(log[-3:])}" if log else "")
    return RolloutError(
        f"rollout of {workload.namespace}/{workload.deployment} failed: {verdict.text} {shown}".strip(),
        rollout={"state": verdict.kind, "pod": verdict.pod, "text": verdict.text, "log": log},
    )


def _last_log(cluster: Cluster, workload: Workload, pod: str) -> list[str]:
    """The end of the log of the container's previous run, or of this one where there was none before.

    A program that fails to start may well print what it was started with, so the release's values are taken out.
    """
    redact = _redactor(cluster, workload)
    path = path_of("api/v1/namespaces", workload.namespace, "pods", pod, "log")
    for previous in ("true", "false"):
        query = f"?container={workload.container}&tailLines={LOG_LINES}&previous={previous}"
        try:
            text = cluster.raw("GET", path + query, accept="text/plain, */*").decode(errors="replace")
        except KubernetesError:
            continue
        if lines := [line for line in redact(text).splitlines() if line.strip()]:
            return lines
    return []


def _redactor(cluster: Cluster, workload: Workload) -> Redactor:
    history = read_history(cluster, release=workload.release, namespace=workload.namespace)
    release = read_release(cluster, history, history.newest.number)
    registries = held(release.workload.env)
    return Redactor(release.values, public={text for registry in registries for text in registry.public})
