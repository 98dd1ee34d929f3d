# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revision to build on, and which one to return to."""

from __future__ import annotations

from ._cluster import Cluster
from ._errors import ReleaseError
from ._held import held, problems
from ._release import History, Release, Revision, read_release

SOUND = frozenset({"deployed", "superseded"})
"""Statuses of revisions that helm once finished."""


def choices(history: History) -> str:
    """The revisions that a person may return to, for an error's end."""
    numbers = [str(r.number) for r in history.revisions if r.status in SOUND]
    return f"Revisions to return to: {', '.join(numbers)}." if numbers else "No revision is left to return to."


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


def last_good(cluster: Cluster, history: History, known: Release | None = None, *, healthy: bool) -> Release | None:
    """The newest revision with which the API ran, None when there is none to be found.

    `deployed` is Helm's word and not health: with half a pair the hook passes against the old pod and the new one never
    starts. So the deployed revision counts only when its pods are `healthy`, and an older one only when what it renders
    holds nothing that keeps the API from starting.
    """
    for revision in reversed(history.revisions):
        if revision.status not in SOUND or (revision == history.deployed and not healthy):
            continue
        release = known if known and known.revision == revision.number else None
        release = release or read_release(cluster, history, revision.number)
        if starts(release):
            return release
    return None


def starts(release: Release) -> bool:
    """Whether the API can start with what the revision renders, as far as its registries go."""
    workload = release.workload
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
