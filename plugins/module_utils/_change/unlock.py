# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release with a Helm operation under way, or one that was killed and left so for ever: it can't be told which."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .._helm.cli import GRACE_SECONDS
from .._helm.storage import DEPLOYED, History, Release, Revision, read_history
from .._kubernetes.api_client import Cluster
from .._runtime.errors import ReleaseError
from .._runtime.operation import Host
from .revisions import choices, read_base
from .rollback import restore
from .write_record import Trail

POLL_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A release at which nothing is pending any more."""

    history: History
    returned: Release | None = None
    """What is deployed after a pending revision was taken back; in check mode, what would be. None if none was."""


def settle(host: Host, cluster: Cluster, params: Mapping[str, Any], trail: Trail) -> Settled:
    """The release, once nothing is pending: `on_pending` says how to get there. Raises ReleaseError, HelmError."""
    history = _read(cluster, params)
    if history.newest.pending and params["on_pending"] == "wait":
        history = _wait(host, cluster, history, params)
    check_expected(params, history.deployed.number if history.deployed else None, history=history.facts())
    if not history.newest.pending:
        return Settled(history=history)
    if params["on_pending"] == "rollback":
        refuse_young(history, params)
        return _take_back(host, cluster, history, params, trail)
    raise ReleaseError(
        f"{_told(history)}. Another operation may be running. Set on_pending to wait, or to rollback if it was killed. "
        f"{choices(history)}",
        history=history.facts(),
    )


def check_expected(params: Mapping[str, Any], found: int | None, **facts: Any) -> None:
    """Raises ReleaseError when another revision is deployed than the change was decided on."""
    expected = params.get("expected_revision")
    if expected is not None and found != expected:
        raise ReleaseError(
            f"release {params['namespace']}/{params['release']} is at revision {found}, and expected_revision is "
            f"{expected}: somebody changed it since it was looked at. Look again, and run with what is there now.",
            **facts,
        )


def _take_back(host: Host, cluster: Cluster, history: History, params: Mapping[str, Any], trail: Trail) -> Settled:
    target = read_base(cluster, history)
    if host.check_mode:
        host.warn(f"{_told(history)}; it would be taken for dead, and the release be returned to {target.revision}.")
        return _returned(history, target)
    host.warn(f"{_told(history)}; it is taken for dead, and the release returned to revision {target.revision}.")
    trail.built_on(target.revision)
    restored = restore(cluster, history, target, params, trail)
    return Settled(history=_read(cluster, params), returned=restored)


def _returned(history: History, target: Release) -> Settled:
    """What a rollback will leave: Helm gives what it returns to a new number."""
    newest = Revision(number=history.newest.number + 1, status=DEPLOYED, modified=None)
    revisions = (*(replace(r, status="superseded") for r in history.revisions), newest)
    return Settled(
        history=replace(history, revisions=revisions), returned=replace(target, revision=newest.number, status=DEPLOYED)
    )


def refuse_young(history: History, params: Mapping[str, Any]) -> None:
    """Raises ReleaseError for a pending revision that is too young to be taken for dead."""
    age, least = age_seconds(history.newest), min_age(params)
    if history.newest.pending and age < least:
        raise ReleaseError(
            f"{_told(history)}: too young to be taken for dead (pending_min_age {least} s). "
            "Make sure that no helm runs against this release, then wait or lower pending_min_age.",
            history=history.facts(),
        )


def min_age(params: Mapping[str, Any]) -> int:
    """How old a pending revision must be, in seconds: by default, longer than a helm like this one may be at work."""
    given: int | None = params.get("pending_min_age")
    return params["timeout"] + GRACE_SECONDS if given is None else given


def age_seconds(revision: Revision) -> float:
    """How long ago Helm last wrote the revision, by this machine's clock."""
    return (datetime.now(tz=UTC) - revision.modified).total_seconds() if revision.modified else 0.0


def _wait(host: Host, cluster: Cluster, history: History, params: Mapping[str, Any]) -> History:
    deadline = time.monotonic() + params["pending_timeout"]
    host.say(f"{cluster.name}: {_told(history)}, waiting")
    while history.newest.pending:
        if time.monotonic() >= deadline:
            raise ReleaseError(
                f"{_told(history)}, and still so after {params['pending_timeout']} s of waiting. If it was killed, set "
                f"on_pending to rollback. {choices(history)}",
                history=history.facts(),
            )
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        history = _read(cluster, params)
    return history


def _read(cluster: Cluster, params: Mapping[str, Any]) -> History:
    return read_history(cluster, release=params["release"], namespace=params["namespace"])


def _told(history: History) -> str:
    newest = history.newest
    since = newest.modified.strftime("%H:%M:%S UTC") if newest.modified else "an unknown time"
    return (
        f"release {history.namespace}/{history.name} is {newest.status} since {since} "
        f"(revision {newest.number}, {age_seconds(newest) / 60:.0f} min)"
    )
