# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release with a Helm operation under way, or one that was killed and left so for ever: it is unknown which."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from .._helm.cli import GRACE_SECONDS
from .._helm.storage import DEPLOYED, History, Release, Revision
from .._runtime.errors import ReleaseError
from .._runtime.operation import Host
from .._runtime.option_groups import HelmOptions, PendingOptions, ReleaseOptions
from .release_handle import ReleaseHandle
from .revisions import choices, read_base
from .rollback import restore

POLL_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A release at which nothing is pending any more."""

    history: History
    returned: Release | None = None
    """What is deployed after a pending revision was rolled back; in check mode, what would be. None if none was."""


def settle(
    host: Host, handle: ReleaseHandle, pending: PendingOptions, expected: int | None, *, contended: bool = False
) -> Settled:
    """The release, once nothing is pending: `pending` says how to get there.

    `contended`: this run has met another user's already. Theirs is then waited for while it is young: of two runs that
    begin together both are to get in.

    Raises HelmError, and ReleaseError also when another revision than the `expected` one is deployed.
    """
    history = handle.history()
    if history.newest.pending and pending.on_pending == "wait":
        history = _wait(host, handle, history, pending.pending_timeout)
    elif history.newest.pending and contended and _is_young(history, handle.helm):
        history = _wait(host, handle, history, handle.helm.timeout)
    found = history.deployed.number if history.deployed else None
    check_expected(handle.release, expected, found, history=history.facts())
    if not history.newest.pending:
        return Settled(history=history)
    if pending.on_pending == "rollback":
        refuse_young(history, handle.helm)
        return _take_back(host, handle, history)
    raise ReleaseError(
        f"{_told(history)}. Another operation may be running. Set on_pending to wait, or to rollback if it was killed. "
        f"{choices(handle.cluster, history)}",
        history=history.facts(),
    )


def check_expected(release: ReleaseOptions, expected: int | None, found: int | None, **facts: Any) -> None:
    """Raises ReleaseError when another revision is deployed than the change was decided on."""
    if expected is not None and found != expected:
        raise ReleaseError(
            f"release {release} is at revision {found}, and expected_revision is {expected}: the release was changed "
            "since it was read. Read it again and use the current revision.",
            **facts,
        )


def _take_back(host: Host, handle: ReleaseHandle, history: History) -> Settled:
    target = read_base(handle.cluster, history)
    if host.check_mode:
        host.warn(
            f"{_told(history)}; it would be considered abandoned, and the release would be returned to revision "
            f"{target.revision}."
        )
        return _returned(history, target)
    handle.written.built_on(target.revision)
    restored = restore(handle, history, target)
    host.warn(
        f"{_told(history)}; it was considered abandoned, and the release was returned to revision {target.revision} "
        f"(stored as new revision {restored.revision}).{left_pending(history)}"
    )
    return Settled(history=handle.history(), returned=restored)


def _returned(history: History, target: Release) -> Settled:
    """What a rollback will leave: Helm gives what it returns to a new number."""
    newest = Revision(number=history.newest.number + 1, status=DEPLOYED, modified=None)
    revisions = (*(replace(r, status="superseded") for r in history.revisions), newest)
    return Settled(
        history=replace(history, revisions=revisions), returned=replace(target, revision=newest.number, status=DEPLOYED)
    )


def left_pending(history: History) -> str:
    """What a rollback from `history` leaves to be seen, in a sentence with a leading space; or nothing."""
    found = [revision for revision in history.revisions if revision.pending]
    if not found:
        return ""
    reported = " and ".join(f"revision {revision.number} as {revision.status}" for revision in found)
    return f" Helm's history keeps {reported}, which has no effect."


def refuse_young(history: History, helm: HelmOptions) -> None:
    """Raises ReleaseError for a pending revision that is not old enough to be considered abandoned."""
    if history.newest.pending and _is_young(history, helm):
        raise ReleaseError(
            f"{_told(history)}. That is less than pending_min_age ({min_age(helm)} s), so its helm process may still "
            "be running. Check whether it is, on the machine that started it. If so, wait; if not, lower "
            "pending_min_age.",
            history=history.facts(),
        )


def min_age(helm: HelmOptions) -> int:
    """How old a pending revision must be, in seconds: by default, longer than a helm like this one may be at work."""
    return helm.timeout + GRACE_SECONDS if helm.pending_min_age is None else helm.pending_min_age


def _is_young(history: History, helm: HelmOptions) -> bool:
    return history.age_seconds(history.newest) < min_age(helm)


def _wait(host: Host, handle: ReleaseHandle, history: History, timeout: int) -> History:
    deadline = time.monotonic() + timeout
    host.say(f"{handle.cluster.name}: {_told(history)}, waiting")
    while history.newest.pending:
        if time.monotonic() >= deadline:
            raise ReleaseError(
                f"{_told(history)} and still is after {timeout} s of waiting. If it was killed, set "
                f"on_pending to rollback. {choices(handle.cluster, history)}",
                history=history.facts(),
            )
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        history = handle.history()
    return history


def _told(history: History) -> str:
    newest = history.newest
    return (
        f"release {history.namespace}/{history.name} is {newest.status} since {newest.since} "
        f"(revision {newest.number}, {history.age_seconds(newest) / 60:.0f} min)"
    )
