# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a prepared upgrade while others may be changing the same release.

Helm's only lock is the Secret of the next revision: of two upgrades that start together one is refused. It does not see
an upgrade that began and ended between our look and helm's own. Both cases are found here by looking at the history
again, and reported to the caller, which plans again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._helm.storage import DEPLOYED, RUN_LABEL, History, Release, Revision
from .._registries.values import read_env
from .._runtime.errors import HelmError, NvcfError, ReleaseError
from .autoscaling import Scaled, kept
from .drift import Drift, not_only_helms, remove_strangers, repairable
from .hook_failure import explain_wait
from .release_handle import ReleaseHandle
from .revisions import between
from .rollback import restore
from .upgrade import Prediction, Upgrade

SHOWN = 10
"""Differences in a message."""


@dataclass(frozen=True, kw_only=True)
class Overtaken:
    """A revision of another user's that an upgrade of this run has replaced without having seen it."""

    theirs: int
    ours: int


class Contended(Exception):
    """Another user changed the release at the same time."""

    def __init__(self, message: str, *, overtaken: Overtaken | None = None) -> None:
        super().__init__(message)
        self.overtaken = overtaken


def predict(upgrade: Upgrade) -> Prediction:
    """What the upgrade is going to store. Raises HelmError, PlanError, and Contended where another helm is running."""
    try:
        return upgrade.predict()
    except HelmError as error:
        if error.locked:
            raise Contended("another helm process is running on the release") from error
        raise


def apply_change(
    handle: ReleaseHandle,
    planned_on: History,
    upgrade: Upgrade,
    prediction: Prediction,
    drift: Sequence[Drift],
    scaled: Scaled | None = None,
) -> Release:
    """Removes what was added by hand, upgrades, and reads back what Helm stored.

    Raises Contended, HelmError, ReleaseError.
    """
    cluster, written = handle.cluster, handle.written
    now = handle.history()
    if now.newest != planned_on.newest:
        raise Contended(f"revision {now.newest.number} is {now.newest.status}")
    leaving = upgrade.plan.env_before.keys() - upgrade.plan.env_after.keys() if upgrade.force_conflicts else ()
    shared = not_only_helms(cluster, upgrade.base.workload, leaving)
    if shared or repairable(drift):
        written.wrote(now.newest.number)
        keep = upgrade.plan.env_after
        remove_strangers(cluster, upgrade.base.workload, drift, keep=keep, also=shared, edited=repairable(drift))
    history, own = _upgrade(handle, planned_on, upgrade, prediction, scaled)
    if theirs := between(planned_on, history, own.number):
        # Theirs was complete before helm looked, and ours, planned without it, has replaced it: build on theirs.
        overtaken = Overtaken(theirs=theirs[-1], ours=own.number)
        raise Contended(f"revision {overtaken.theirs} was created after this run read the release", overtaken=overtaken)
    if history.deployed and history.deployed.number > own.number:
        # Whether theirs holds ours too, only another look can show.
        raise Contended(f"revision {history.deployed.number} has replaced this run's {own.number} already")
    stored = handle.revision(history, own.number)
    _check_stored(stored, history, prediction)
    return stored


def _check_stored(stored: Release, history: History, prediction: Prediction) -> None:
    reported = f"helm reported success, but revision {stored.revision} of {stored.namespace}/{stored.name}"
    if stored.status != DEPLOYED or stored.env != read_env(prediction.values, stored.service):
        raise ReleaseError(f"{reported} is {stored.status} or does not contain what was sent.", history=history.facts())
    if missed := prediction.missed(stored):
        shown = "; ".join(map(str, missed[:SHOWN])) + ("; ..." if len(missed) > SHOWN else "")
        raise ReleaseError(
            f"{reported} renders differently than the checked dry run: {shown}. The chart, or a cluster object that it "
            "looks up, has changed since then. Run again, with check mode first.",
            history=history.facts(),
        )


def _upgrade(
    handle: ReleaseHandle, planned_on: History, upgrade: Upgrade, prediction: Prediction, scaled: Scaled | None
) -> tuple[History, Revision]:
    """Runs helm. Returns the history afterwards and this run's revision in it.

    Raises Contended when helm was refused for another's sake.
    """
    handle.begin(upgrade.mark)
    try:
        with kept(handle, upgrade.base.workload, scaled):
            upgrade.apply(prediction.values)
    except HelmError as error:
        now = _look(handle, planned_on, upgrade, stored=not error.locked)
        if now and error.locked and now.newest.number > planned_on.newest.number:
            raise Contended(f"revision {now.newest.number} was started by another user or tool") from error
        error.facts["history"] = (now or planned_on).facts()
        explain_wait(handle.cluster, upgrade.base, error)
        raise
    except BaseException:
        # Interrupted: the write record shows what must be given back then.
        _look(handle, planned_on, upgrade, stored=True)
        raise
    history = handle.history()
    own = history.marked(upgrade.mark)
    handle.written.end(own)
    if own is None:
        raise ReleaseError(
            f"{handle.helm.helm_binary!r} reported success, but no revision of release {handle.release} carries this "
            f"run's mark, --labels {RUN_LABEL}={upgrade.mark}: a wrapper script must pass all arguments on to helm.",
            history=history.facts(),
        )
    return history, own


def _look(handle: ReleaseHandle, planned_on: History, upgrade: Upgrade, *, stored: bool) -> History | None:
    """The history after a helm that did not succeed; the write record learns which revision is this run's.

    None where it cannot be read. What was `stored` is not known then, unless helm has said that it was nothing.
    """
    written = handle.written
    try:
        now = handle.history()
    except NvcfError:
        if not stored:
            written.end(None)
        return None
    own = now.marked(upgrade.mark)
    written.end(own)
    if own and (theirs := between(planned_on, now, own.number)):
        # Theirs is still what is deployed.
        written.built_on(theirs[-1])
    return now


def give_back(handle: ReleaseHandle, overtaken: Overtaken) -> None:
    """What this run has replaced without seeing it is deployed again, because it could not be built upon.

    Raises NvcfError, and ReleaseError when another user has changed the release since.
    """
    handle.written.built_on(overtaken.theirs)
    history = handle.history()
    newest = history.newest
    if newest.number != handle.written.newest:
        raise ReleaseError(
            f"the newest revision, {newest.number} ({newest.status}), was created by another user or tool."
        )
    restore(handle, history, handle.revision(history, overtaken.theirs))
