# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to an earlier revision, with helm, and a look at what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._cluster import Cluster
from ._drift import live_drift, remove_strangers
from ._errors import ReleaseError
from ._release import DEPLOYED, History, Release, read_history, read_release
from ._upgrade import make_helm


def same_content(one: Release, other: Release) -> bool:
    """Whether two revisions are the same but for their number and status."""
    return (one.values, one.manifest, one.chart_version) == (other.values, other.manifest, other.chart_version)


def is_current(cluster: Cluster, history: History, target: Release) -> bool:
    """Whether the release already is what `target` says, with nothing failed or pending on top."""
    if history.newest.status != DEPLOYED:
        return False
    if history.newest.number == target.revision:
        return True
    return same_content(read_release(cluster, history, history.newest.number), target)


def restore(cluster: Cluster, history: History, target: Release, params: Mapping[str, Any]) -> Release:
    """Makes `target` the deployed revision again, under a new number, and returns that.

    Raises HelmError, and ReleaseError when what is stored afterwards is not the target's content.
    """
    helm = make_helm(cluster, target, params)
    major, _minor = helm.version()
    remove_strangers(cluster, target.workload, live_drift(cluster, target), keep=target.workload.env)
    helm.roll_back(target.revision, timeout=params["timeout"], major=major, force=target.apply_method == "ssa")
    after = read_history(cluster, release=history.name, namespace=history.namespace)
    stored = read_release(cluster, after, after.newest.number)
    if stored.status != DEPLOYED or not same_content(stored, target):
        raise ReleaseError(
            f"helm rolled {history.namespace}/{history.name} back to revision {target.revision}, but its newest "
            f"revision {stored.revision} is {stored.status} or holds something else: somebody changed it meanwhile.",
            changed=True,
            history=after.facts(),
        )
    return stored
