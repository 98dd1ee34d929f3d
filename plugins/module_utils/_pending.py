# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release with a Helm operation under way, or one that was killed and left so for ever: it can't be told which."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ._cluster import Cluster
from ._errors import ReleaseError
from ._history import choices, read_base
from ._host import Host
from ._release import History, Revision, read_history
from ._restore import restore

POLL_SECONDS = 2.0


def settle(host: Host, cluster: Cluster, params: Mapping[str, Any]) -> History:
    """The history, once nothing is pending: `on_pending` says how to get there. Raises ReleaseError, HelmError."""
    history = _read(cluster, params)
    if not history.newest.pending:
        return history
    if params["on_pending"] == "wait":
        return _wait(host, cluster, history, params)
    if params["on_pending"] == "rollback" and not host.check_mode:
        refuse_young(history, params)
        target = read_base(cluster, history)
        host.warn(f"{_told(history)}; it is taken for dead, and the release returned to revision {target.revision}.")
        restore(cluster, history, target, params)
        return _read(cluster, params)
    raise ReleaseError(
        f"{_told(history)}. Another operation may be running. Set on_pending to wait, or to rollback if it was killed. "
        f"{choices(history)}",
        history=history.facts(),
    )


def refuse_young(history: History, params: Mapping[str, Any]) -> None:
    """Raises ReleaseError for a pending revision that is too young to be taken for dead."""
    age = age_seconds(history.newest)
    if history.newest.pending and age < params["pending_min_age"]:
        raise ReleaseError(
            f"{_told(history)}: too young to be taken for dead (pending_min_age {params['pending_min_age']} s). "
            "Make sure that no helm runs against this release, then wait or lower pending_min_age.",
            history=history.facts(),
        )


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
