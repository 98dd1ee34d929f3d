# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to an earlier revision, with helm, and a look at what came of it."""

from __future__ import annotations

from contextlib import suppress

from .._helm.storage import DEPLOYED, History, Release, read_again, read_release
from .._kubernetes.api_client import Cluster
from .._runtime.errors import NvcfError, ReleaseError
from .drift import live_drift, remove_strangers
from .release_handle import ReleaseHandle
from .upgrade import make_helm


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


def restore(handle: ReleaseHandle, history: History, target: Release) -> Release:
    """Makes `target` the deployed revision again, under a new number, and returns that.

    Raises HelmError, and ReleaseError when somebody has changed the release since `history`, or when what is stored
    afterwards is not the target's content.
    """
    cluster, written = handle.cluster, handle.written
    helm = make_helm(cluster, target, handle.helm)
    major, _minor = helm.version()
    drift = live_drift(cluster, target)
    # A rollback is not refused while another helm is at work, so this look is all that keeps one from being run over.
    now = read_again(cluster, history)
    if now.newest != history.newest:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} was not returned to revision {target.revision}: its newest "
            f"revision is {now.newest.number} ({now.newest.status}) by now, so somebody else is at work on it.",
            history=now.facts(),
        )
    written.wrote(history.newest.number)
    remove_strangers(cluster, target.workload, drift, keep=target.workload.env)
    try:
        helm.roll_back(target.revision, timeout=handle.helm.timeout, major=major, force=target.apply_method == "ssa")
    except BaseException:
        with suppress(NvcfError):
            written.wrote(_begun(cluster, history, target))
        raise
    after = read_again(cluster, history)
    stored = read_release(cluster, after, after.newest.number)
    alone = stored.revision == history.newest.number + 1
    if stored.status != DEPLOYED or not alone or not same_content(stored, target):
        raise ReleaseError(
            f"helm rolled {history.namespace}/{history.name} back to revision {target.revision}, but its newest "
            f"revision {stored.revision} is {stored.status} or holds something else: somebody changed it meanwhile.",
            history=after.facts(),
        )
    written.wrote(stored.revision)
    return stored


def _begun(cluster: Cluster, history: History, target: Release) -> int:
    """The newest revision that a rollback has left that did not succeed: its own, if it had come to that."""
    number = history.newest.number + 1
    after = read_again(cluster, history)
    if after.revision(number) and same_content(read_release(cluster, after, number), target):
        return number
    return history.newest.number
