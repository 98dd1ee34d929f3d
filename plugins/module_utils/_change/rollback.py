# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to an earlier revision, with helm, and a look at what came of it."""

from __future__ import annotations

from contextlib import suppress

from .._helm.cli import Helm
from .._helm.marks import new_mark, set_mark
from .._helm.storage import DEPLOYED, History, Release, Revision, read_release
from .._kubernetes.api_client import Cluster
from .._runtime.errors import HelmError, KubernetesError, NvcfError, ReleaseError
from .autoscaling import find_scaled, kept
from .deployer_values import MARK
from .drift import live_drift, remove_strangers, repairable
from .release_handle import ReleaseHandle
from .revisions import between
from .upgrade import make_helm

ATTEMPTS = 3


def same_content(one: Release, other: Release) -> bool:
    """Whether two revisions are the same but for their number and status."""
    return (one.values, one.manifest, one.chart_version) == (other.values, other.manifest, other.chart_version)


def is_current(cluster: Cluster, history: History, target: Release) -> bool:
    """Whether the release already is what `target` says, live too, with nothing failed or pending on top.

    Helm 3 removes only what the last deployed revision had. What a failed upgrade has added to the ConfigMap stays
    there under another user's upgrade that follows.
    """
    newest = history.newest
    if newest.status != DEPLOYED:
        return False
    stored = target if newest.number == target.revision else read_release(cluster, history, newest.number)
    return same_content(stored, target) and not repairable(live_drift(cluster, target))


def restore(handle: ReleaseHandle, history: History, target: Release) -> Release:
    """Makes `target` the deployed revision again, under a new number, and returns that.

    Raises HelmError, KubernetesError, and ReleaseError when another user has changed the release since `history`, or
    when what is stored afterwards is not the target's content.
    """
    handle.outlast_outages()
    helm = make_helm(handle.cluster, target, handle.helm)
    version = helm.version()
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _restore_once(handle, helm, history, target, version=version)
        except (HelmError, KubernetesError):
            # The API server may have been away for a moment. It answers again now, or this is the end.
            mine = _only_mine(handle, history)
            if mine is None:
                raise
            history = mine
    return _restore_once(handle, helm, history, target, version=version)


def _only_mine(handle: ReleaseHandle, history: History) -> History | None:
    """The history now, if no one but this run has been at the release since `history`; None if that is not known."""
    try:
        now = handle.history()
    except NvcfError:
        return None
    own = now.marked(handle.written.mark) if handle.written.mark else None
    return now if now.newest in (history.newest, own) else None


def _restore_once(
    handle: ReleaseHandle, helm: Helm, history: History, target: Release, *, version: tuple[int, int]
) -> Release:
    drift = live_drift(handle.cluster, target)
    # A rollback is not refused while another helm is running, so this look is all that keeps one from being run over.
    now = handle.history()
    if now.newest != history.newest:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} was not returned to revision {target.revision}: its newest "
            f"revision is {now.newest.number} ({now.newest.status}), so another user or tool is changing it.",
            history=now.facts(),
        )
    mark = new_mark(now)
    set_mark(handle.cluster, now, target.revision, mark)
    if repairable(drift):
        handle.written.wrote(now.newest.number)
        remove_strangers(handle.cluster, target.workload, drift, keep=target.workload.env)
    scaled = find_scaled(handle, target.workload)
    if scaled:
        handle.warn(scaled.explain())
    handle.begin(mark)
    try:
        with kept(handle, target.workload, scaled):
            helm.roll_back(
                target.revision,
                timeout=handle.helm.timeout,
                version=version,
                description=f"{MARK}rollback to {target.revision}",
                force=target.apply_method == "ssa",
            )
    except BaseException:
        with suppress(NvcfError):
            handle.written.end(handle.history().marked(mark))
        raise
    after = handle.history()
    own = after.marked(mark)
    handle.written.end(own)
    if own and (theirs := between(now, after, own.number)):
        # Theirs was complete before helm looked, and was run over: it is what must be deployed.
        given = _restore_once(handle, helm, after, handle.revision(after, theirs[-1]), version=version)
        raise ReleaseError(
            f"release {now.namespace}/{now.name} was not returned to revision {target.revision}: another user or tool "
            f"created revision {theirs[-1]} at the same time, which is deployed again as revision {given.revision}. "
            "Compare both revisions, then repeat the change that is missing.",
            history=after.facts(),
        )
    return _proven(handle, after, own, target)


def _proven(handle: ReleaseHandle, after: History, own: Revision | None, target: Release) -> Release:
    """What helm has stored, if it is the target's content and nothing is on top."""
    if own is None:
        found = f"its newest revision {after.newest.number} does not have the mark of this rollback"
    elif own != after.newest:
        found = f"another user or tool created revision {after.newest.number} ({after.newest.status}) then"
    else:
        stored = handle.revision(after, own.number)
        if stored.status == DEPLOYED and same_content(stored, target):
            return stored
        found = f"its new revision {own.number} "
        found += "has other content" if stored.status == DEPLOYED else f"is {stored.status}"
    raise ReleaseError(
        f"helm reported that {after.namespace}/{after.name} was rolled back to revision {target.revision}, but "
        f"{found}. See `helm history` for the changes, and audit the release when its newest revision is not pending.",
        history=after.facts(),
    )
