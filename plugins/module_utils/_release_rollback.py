# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module release_rollback: back to a good revision, and a look at whether it is one."""

from __future__ import annotations

from typing import Any

from . import _argspec
from ._cluster import Cluster, connect
from ._errors import NvcfError, ReleaseError
from ._history import choices, last_good, require
from ._host import Host, Operation
from ._pending import refuse_young
from ._release import History, Release, read_history, read_release
from ._restore import is_current, restore
from ._rollout import judge
from ._wait import bring_up
from ._workload import read_workload


def run(host: Host) -> dict[str, Any]:
    """Returns the release to an earlier revision and waits until its pods run."""
    params = host.params
    with connect(params) as cluster:
        history = read_history(cluster, release=params["release"], namespace=params["namespace"])
        target = _target(cluster, history, params.get("revision"))
        current = is_current(cluster, history, target)
        result = {
            "changed": not current,
            "cluster": cluster.name,
            "target_revision": target.revision,
            "from_revision": history.newest.facts(),
            "release": target.facts(),
        }
        if host.check_mode:
            return result
        if not current:
            refuse_young(history, params)
            result["release"] = restore(cluster, history, target, params).facts()
        result |= _verify(host, cluster, target, changed=not current)
        done = "is at" if current else "was returned to"
        return result | {"summary": f"The release {done} revision {target.revision}, and its pods are ready."}


def _verify(host: Host, cluster: Cluster, target: Release, *, changed: bool) -> dict[str, Any]:
    workload = target.workload
    try:
        live, _restarted = bring_up(host, cluster, workload)
    except NvcfError as error:
        error.facts["changed"] = changed
        raise
    return {"pods": [pod.facts() for pod in live.pods]}


def _target(cluster: Cluster, history: History, number: int | None) -> Release:
    """The revision asked for, or the last one with which the API ran. Raises ReleaseError."""
    if number is not None:
        return read_release(cluster, history, require(history, number).number)
    good = last_good(cluster, history, healthy=_healthy(cluster, history))
    if good is None:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} holds no revision that is known to be good. "
            f"{choices(history)} Set revision to choose one.",
            history=history.facts(),
        )
    return good


def _healthy(cluster: Cluster, history: History) -> bool:
    """Whether the deployed revision's pods run. Under a failed or pending one that is no matter: it is their base."""
    if history.deployed is None or history.newest != history.deployed:
        return True
    release = read_release(cluster, history, history.deployed.number)
    live = read_workload(cluster, release.workload)
    return judge(live).kind != "failed"


OPERATION = Operation(
    run=run,
    argument_spec={
        **_argspec.CLUSTER,
        **_argspec.RELEASE,
        **_argspec.HELM,
        **_argspec.ROLLOUT,
        "revision": {"type": "int"},
    },
)
