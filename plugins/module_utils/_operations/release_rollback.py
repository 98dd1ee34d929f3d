# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module release_rollback: back to a good revision, and a look at whether it is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .._change.deployer_values import MARK
from .._change.owned import check_owner
from .._change.release_handle import open_release
from .._change.revisions import choices, is_healthy, last_good, require
from .._change.rollback import is_current, restore
from .._change.unlock import left_pending, refuse_young
from .._helm.storage import History, Release, read_release
from .._kubernetes.api_client import Cluster
from .._rollout.wait import bring_up
from .._runtime.errors import InputError, NvcfError, ReleaseError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import REVISION, ConnectionOptions, HelmOptions, ReleaseOptions, RolloutOptions
from .._runtime.options import group, option

MARK_FORM = re.compile(r"[0-9a-f]+\.\d+")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    helm: HelmOptions = group(HelmOptions)
    rollout: RolloutOptions = group(RolloutOptions)
    revision: int | None = option(type="int", within=REVISION)
    """Where to return to; None: the last good revision."""
    expected_revision: int | None = option(type="int", within=REVISION)
    """The newest revision, if the rollback is intended for that one only."""
    mark: str | None = option()
    """The mark of the newest revision, if the rollback is for that one only; returned by the run that made it."""


def run(host: Host, options: Options) -> dict[str, Any]:
    """Returns the release to an earlier revision and waits until its pods run."""
    with open_release(host, options.connection, options.release, options.helm) as handle:
        cluster, history = handle.cluster, handle.history()
        expected = options.expected_revision
        if options.mark is not None:
            own = history.marked(check_mark(options.mark))
            if own is None:
                return _nothing_to_take_back(cluster, history)
            expected = own.number
        refuse_newer(cluster, history, expected)
        target = _target(cluster, history, options.revision)
        current = is_current(cluster, history, target)
        result = {
            "changed": not current,
            "cluster": cluster.name,
            "target_revision": target.revision,
            "from_revision": history.newest.facts(),
            "release": target.facts(),
        }
        if not current:
            refuse_young(history, options.helm)
            owner = check_owner(handle, history, target)
            result |= {"owner": owner.facts()} if owner else {}
        done = f"The release is at revision {target.revision}"
        if host.check_mode:
            would = f"The release would be returned from revision {history.newest.number} to {target.revision}."
            return result | {"summary": f"{done}." if current else would}
        if not current:
            restored = restore(handle, history, target)
            result["release"] = restored.facts()
            done = (
                f"The release was returned to revision {target.revision} (stored as new revision {restored.revision})"
            )
        live, _restarted = bring_up(host, cluster, target.workload, timeout=options.rollout.rollout_timeout)
        return result | {
            "pods": [pod.facts() for pod in live.pods],
            "summary": f"{done}, and its pods are ready.{'' if current else left_pending(history)}",
        }


def check_mark(mark: str) -> str:
    """Raises InputError for what no run has reported as its mark."""
    if not MARK_FORM.fullmatch(mark):
        raise InputError(f"mark {mark[:40]!r} is not valid. Use the `mark` that recognized_registry returned.")
    return mark


def _nothing_to_take_back(cluster: Cluster, history: History) -> dict[str, Any]:
    return {
        "changed": False,
        "cluster": cluster.name,
        "from_revision": history.newest.facts(),
        "summary": "No revision has the mark of that run: helm stored nothing, so nothing was rolled back.",
    }


def refuse_newer(cluster: Cluster, history: History, expected: int | None) -> None:
    """Raises ReleaseError, which shows what is known of it, when the newest revision is not the expected one."""
    newest = history.newest
    if expected is None or newest.number == expected:
        return
    raise ReleaseError(
        f"release {history.namespace}/{history.name} was not returned to another revision: its newest is "
        f"{newest.number} ({newest.status} since {newest.since}{_purpose(cluster, history)}), and expected_revision is "
        f"{expected}. Another user or tool has changed the release, and a rollback would revert that change too. "
        "Compare both revisions. To undo only your own change, run recognized_registry with the opposite state.",
        history=history.facts(),
    )


def _purpose(cluster: Cluster, history: History) -> str:
    """What the newest revision is for, where this collection wrote it. Descriptions of others may quote values."""
    try:
        reported = read_release(cluster, history, history.newest.number).description
    except NvcfError:
        return ""
    return f", {reported.removeprefix(MARK)!r}" if reported.startswith(MARK) else ""


def _target(cluster: Cluster, history: History, number: int | None) -> Release:
    """The revision asked for, or the last one with which the API ran. Raises ReleaseError."""
    if number is not None:
        return require(cluster, history, number)
    good = last_good(cluster, history, healthy=is_healthy(cluster, history))
    if good is None:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} has no revision that is known to be good. "
            f"{choices(cluster, history)}",
            history=history.facts(),
        )
    return good


OPERATION = Operation(options=Options, run=run)
