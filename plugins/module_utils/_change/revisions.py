# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revision to build on, and which one to return to."""

from __future__ import annotations

from .._helm.storage import History, Release, Revision, read_release
from .._kubernetes.api_client import Cluster
from .._registries.configured import held, problems
from .._rollout.assess import assess
from .._rollout.observed_state import LiveWorkload, read_workload
from .._rollout.verdict import Verdict
from .._runtime.errors import ReleaseError

SOUND = frozenset({"deployed", "superseded"})
"""Statuses of revisions that helm once finished."""


def choices(history: History) -> str:
    """The revisions that a person may return to, for an error's end."""
    numbers = [str(r.number) for r in history.revisions if r.status in SOUND]
    return f"Revisions to return to: {', '.join(numbers)}." if numbers else "No revision is left to return to."


def between(planned_on: History, now: History, ours: int) -> list[int]:
    """Revisions of others that were begun and finished between the look that was planned on and this run's own."""
    unseen = range(planned_on.newest.number + 1, ours)
    return [r.number for r in now.revisions if r.number in unseen and r.status in SOUND]


def read_base(cluster: Cluster, history: History) -> Release:
    """The last deployed revision, whole: the only trustworthy base for new values.

    Raises ReleaseError when there is none; a failed or pending revision is never used.
    """
    if history.deployed is None:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} has no deployed revision to build on: its newest is "
            f"{history.newest.number} ({history.newest.status}). {choices(history)} See release_rollback.",
            history=history.facts(),
        )
    return read_release(cluster, history, history.deployed.number)


def last_good(
    cluster: Cluster, history: History, known: Release | None = None, *, healthy: bool, newest: int | None = None
) -> Release | None:
    """The newest revision with which the API ran, none above `newest`; None when there is none to be found.

    `deployed` is Helm's word and not health: with half a pair the hook passes against the old pod and the new one never
    starts. So the deployed revision counts only when it is `healthy`, and an older one only when what it renders holds
    nothing that keeps the API from starting. A revision that can't be read is none to return to.
    """
    for revision in reversed(history.revisions):
        if revision.status not in SOUND or (revision == history.deployed and not healthy):
            continue
        if newest is not None and revision.number > newest:
            continue
        try:
            release = known if known and known.revision == revision.number else None
            release = release or read_release(cluster, history, revision.number)
        except ReleaseError:
            continue
        if starts(release):
            return release
    return None


def is_healthy(cluster: Cluster, history: History, seen: tuple[LiveWorkload, Verdict] | None = None) -> bool:
    """Whether the deployed revision is one to return to, as far as its pods tell. `seen`: where that was read already.

    Under a failed or pending revision the pods tell nothing about it: they may be those of the newer one.
    """
    if history.deployed is None or history.newest != history.deployed:
        return True
    if seen is None:
        try:
            workload = read_release(cluster, history, history.deployed.number).workload
            live = read_workload(cluster, workload)
        except ReleaseError:
            # An object was deleted by hand, or what is stored can't be read: no pod tells anything against it.
            return True
        seen = live, assess(cluster, workload, live)
    return not condemned(*seen)


def condemned(live: LiveWorkload, verdict: Verdict) -> bool:
    """Whether the pods have shown that the API does not run with what they were given.

    One that waits tells nothing, for a node for instance, and one that has ended may come back; nor does a Deployment
    that was paused or scaled down.
    """
    serves = any(pod.serving and pod.owner == live.newest and pod.name not in live.stale for pod in live.pods)
    return verdict.disproved and not serves


def starts(release: Release) -> bool:
    """Whether the API can start with what the revision renders, as far as its registries go."""
    try:
        workload = release.workload
    except ReleaseError:
        # Another chart, or one of another shape: nothing that this collection could return to.
        return False
    return not any(problem.fatal for problem in problems(held(workload.env)))


def require(history: History, number: int) -> Revision:
    """The revision of that number, if it is one to return to. Raises ReleaseError."""
    revision = history.revision(number)
    where = f"release {history.namespace}/{history.name}"
    if revision is None:
        raise ReleaseError(
            f"{where} has no revision {number}: it was never there, or Helm has pruned it. {choices(history)}",
            history=history.facts(),
        )
    if revision.status not in SOUND:
        raise ReleaseError(
            f"{where}: revision {number} is {revision.status}, so the cluster never had it whole. {choices(history)}",
            history=history.facts(),
        )
    return revision
