# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a prepared upgrade while others may be changing the same release.

Helm's only lock is the Secret of the next revision: of two upgrades that start together one is refused. It does not see
an upgrade that began and ended between our look and helm's own. Both cases are found here by looking at the history
again, and told to the caller, who plans anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._helm.storage import DEPLOYED, History, Release
from .._registries.values import read_env
from .._runtime.errors import HelmError, NvcfError, ReleaseError
from .drift import Drift, remove_strangers, repairable
from .release_handle import ReleaseHandle
from .revisions import SOUND
from .rollback import restore
from .upgrade import Upgrade


@dataclass(frozen=True, kw_only=True)
class Overtaken:
    """A revision of somebody else's that an upgrade of this run has replaced without having seen it."""

    theirs: int
    ours: int


class Contended(Exception):
    """Somebody else changed the release at the same time."""

    def __init__(self, message: str, *, overtaken: Overtaken | None = None) -> None:
        super().__init__(message)
        self.overtaken = overtaken


def apply_change(handle: ReleaseHandle, planned_on: History, upgrade: Upgrade, drift: Sequence[Drift]) -> Release:
    """Removes what was added by hand, upgrades, and reads back what Helm stored.

    Raises Contended, HelmError, ReleaseError.
    """
    cluster, written = handle.cluster, handle.written
    now = handle.history()
    if now.newest != planned_on.newest:
        raise Contended(f"revision {now.newest.number} is {now.newest.status}")
    if repairable(drift):
        written.wrote(now.newest.number)
        remove_strangers(cluster, upgrade.base.workload, drift, keep=upgrade.plan.env_after, edited=True)
    revision = _upgrade(handle, planned_on, upgrade)
    written.wrote(revision)
    history = handle.history()
    if between := _between(planned_on, history, revision):
        # Theirs was complete before helm looked, and ours, planned without it, has replaced it: build on theirs.
        overtaken = Overtaken(theirs=between[-1], ours=revision)
        raise Contended(f"revision {overtaken.theirs} came in between", overtaken=overtaken)
    stored = handle.revision(history, revision)
    if stored.status != DEPLOYED or read_env(stored.values) != upgrade.plan.env_after:
        raise ReleaseError(
            f"helm reported success, but revision {revision} of {stored.namespace}/{stored.name} is {stored.status} "
            "or does not hold what was sent.",
            history=history.facts(),
        )
    return stored


def _upgrade(handle: ReleaseHandle, planned_on: History, upgrade: Upgrade) -> int:
    """Runs helm; notes what one has left that did not succeed. Raises Contended when it was refused for another's."""
    try:
        return upgrade.apply()
    except HelmError as error:
        now = _left_behind(handle, planned_on, upgrade, locked=error.locked)
        if now and error.locked and now.newest.number > planned_on.newest.number:
            raise Contended(f"revision {now.newest.number} was begun by somebody else") from error
        error.facts |= {"changed": handle.written.changed, "history": (now or planned_on).facts()}
        raise
    except BaseException:
        # Interrupted: what is to be given back then is told by the write record.
        _left_behind(handle, planned_on, upgrade, locked=False)
        raise


def _left_behind(handle: ReleaseHandle, planned_on: History, upgrade: Upgrade, *, locked: bool) -> History | None:
    """The history after a helm that did not succeed; the write record is told which revision of it is this run's.

    None where it can't be read. It counts as written then, because helm stores its revision before all else.
    """
    before, written = planned_on.newest.number, handle.written
    try:
        now = handle.history()
        newer = [r.number for r in now.revisions if r.number > before] if not locked else []
        ours = [number for number in newer if handle.revision(now, number).values == upgrade.values]
    except NvcfError:
        if not locked:
            written.wrote(before + 1)
        return None
    if ours:
        written.wrote(ours[-1])
        if between := _between(planned_on, now, ours[-1]):
            # Theirs is still what is deployed.
            written.built_on(between[-1])
    return now


def _between(planned_on: History, now: History, ours: int) -> list[int]:
    """Revisions of others that were begun and finished between the look that was planned on and this run's own."""
    unseen = range(planned_on.newest.number + 1, ours)
    return [r.number for r in now.revisions if r.number in unseen and r.status in SOUND]


def give_back(handle: ReleaseHandle, overtaken: Overtaken) -> None:
    """What this run has replaced without seeing it is deployed again, because it could not be built upon.

    Raises NvcfError, and ReleaseError when somebody else has changed the release since.
    """
    handle.written.built_on(overtaken.theirs)
    history = handle.history()
    newest = history.newest
    if newest.number != handle.written.newest:
        raise ReleaseError(f"the newest revision, {newest.number} ({newest.status}), is somebody else's by now.")
    restore(handle, history, handle.revision(history, overtaken.theirs))
