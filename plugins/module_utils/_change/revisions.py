# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revision to build on, and which one to return to."""

from __future__ import annotations

from .._helm.storage import SOUND, UNINSTALLED, History, Release, read_release
from .._kubernetes.api_client import Cluster
from .._registries.configured import problems
from .._rollout.assess import assess
from .._rollout.observed_state import LiveWorkload, read_workload
from .._rollout.verdict import Verdict
from .._runtime.errors import KubernetesError, ReleaseError


def choices(cluster: Cluster, history: History) -> str:
    """The revisions that a user may return to, for the end of an error; without numbers if they cannot be read now."""
    try:
        numbers = [str(r.number) for r in history.revisions if finished(cluster, history, r.number)]
    except KubernetesError:
        return "The module release_rollback can return to another revision (option revision)."
    if not numbers:
        return "No revision is left that release_rollback can return to: install the release again."
    return f"The module release_rollback can return to revision {' or '.join(numbers)} (option revision)."


def finished(cluster: Cluster, history: History, number: int) -> Release | None:
    """The revision of that number if helm has finished it; None also for one that cannot be decoded."""
    revision = history.revision(number)
    if revision is None or revision.status not in SOUND:
        return None
    try:
        release = read_release(cluster, history, number)
    except ReleaseError:
        return None
    return release if release.finished else None


def between(planned_on: History, now: History, ours: int) -> list[int]:
    """Revisions of others that were begun and finished between the look that was planned on and this run's own."""
    unseen = range(planned_on.newest.number + 1, ours)
    return [r.number for r in now.revisions if r.number in unseen and r.status in SOUND]


def read_base(cluster: Cluster, history: History) -> Release:
    """The last deployed revision, whole: the only trustworthy base for new values.

    A helm that died just before its last write has left none: what it was about to replace is superseded already, and
    its own revision pending. The former is the base then.

    Raises ReleaseError when there is none; a failed or pending revision is never used, and nothing below one that was
    uninstalled.
    """
    if history.newest.uninstalled:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} is {history.newest.status} since {history.newest.since}: "
            "another user or tool is uninstalling or has uninstalled it. It is not changed. Install it again, or "
            "return to a revision with release_rollback if it was uninstalled by mistake.",
            history=history.facts(),
        )
    if history.deployed:
        return read_release(cluster, history, history.deployed.number)
    if history.newest.pending and (replaced := _newest_finished(cluster, history)):
        return replaced
    raise ReleaseError(
        f"release {history.namespace}/{history.name} has no deployed revision to build on: its newest is "
        f"{history.newest.number} ({history.newest.status}). {choices(cluster, history)}",
        history=history.facts(),
    )


def _newest_finished(cluster: Cluster, history: History) -> Release | None:
    found = (finished(cluster, history, revision.number) for revision in reversed(history.revisions))
    return next(filter(None, found), None)


def last_good(
    cluster: Cluster, history: History, known: Release | None = None, *, healthy: bool, newest: int | None = None
) -> Release | None:
    """The newest revision with which the API ran, none above `newest` or what is deployed; None when there is none.

    `deployed` is Helm's word and not health: with half a pair the hook passes against the old pod and the new one never
    starts. So the deployed revision counts only when it is `healthy`, and an older one only when what it renders holds
    nothing that keeps the API from starting. What helm has not finished, and what cannot be read, is none to return to,
    and of a release that was uninstalled there is none.
    """
    if history.newest.uninstalled:
        return None
    deployed = history.deployed.number if history.deployed else None
    highest = min((bound for bound in (newest, deployed) if bound is not None), default=history.newest.number)
    for revision in reversed(history.revisions):
        if revision.number > highest or (revision.number == deployed and not healthy):
            continue
        is_known = known is not None and known.revision == revision.number
        release = known if is_known else finished(cluster, history, revision.number)
        if release and starts(release):
            return release
    return None


def is_healthy(cluster: Cluster, history: History, seen: tuple[LiveWorkload, Verdict] | None = None) -> bool:
    """Whether the deployed revision is one to return to, according to its pods. `seen`: where that was read already.

    Under a failed or pending revision the pods show nothing about it: they may be those of the newer one.
    """
    if history.deployed is None or history.newest != history.deployed:
        return True
    if seen is None:
        try:
            workload = read_release(cluster, history, history.deployed.number).workload
            live = read_workload(cluster, workload)
        except ReleaseError:
            # An object was deleted by hand, or what is stored cannot be read: no pod reports anything against it.
            return True
        seen = live, assess(cluster, workload, live)
    return not condemned(*seen)


def condemned(live: LiveWorkload, verdict: Verdict) -> bool:
    """Whether the pods have shown that the API does not run with what they were given.

    One that waits reports nothing, for a node for instance, and one that has ended may come back; nor does a Deployment
    that was paused or scaled down.
    """
    serves = any(pod.serving and pod.owner == live.newest and pod.name not in live.stale for pod in live.pods)
    return verdict.disproved and not serves


def starts(release: Release) -> bool:
    """Whether the API can start with what the revision renders, as far as its registries go."""
    try:
        rendered = release.rendered
    except ReleaseError:
        # Another chart, or one of another shape: nothing that this collection could return to.
        return False
    return not any(problem.fatal for problem in problems(rendered))


def require(cluster: Cluster, history: History, number: int) -> Release:
    """The revision of that number, whole, if it is one to return to. Raises ReleaseError."""
    revision = history.revision(number)
    where = f"release {history.namespace}/{history.name}"
    if revision is None:
        raise ReleaseError(
            f"{where} has no revision {number}: it never existed, or Helm has deleted it (history limit). "
            f"{choices(cluster, history)}",
            history=history.facts(),
        )
    # What an uninstalled one was before is not stored; anyone who names it wants it back.
    readable = revision.status in (*SOUND, UNINSTALLED)
    release = read_release(cluster, history, number) if readable else None
    if release is None or not (release.finished or release.status == UNINSTALLED):
        found = revision.status if release is None else f"{revision.status} and its operation never finished"
        raise ReleaseError(
            f"{where}: revision {number} has status {found}, so it was never fully applied. "
            f"{choices(cluster, history)}",
            history=history.facts(),
        )
    return release
