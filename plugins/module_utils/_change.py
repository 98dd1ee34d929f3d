# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying a prepared upgrade while others may be changing the same release.

Helm's only lock is the Secret of the next revision: of two upgrades that start together one is refused, in words that
vary. It does not see an upgrade that began and ended between our look and helm's own. Both cases are found here by
looking at the history again, and told to the caller, who plans anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ._cluster import Cluster
from ._drift import Drift, remove_strangers
from ._errors import HelmError, ReleaseError
from ._history import SOUND
from ._release import DEPLOYED, History, Release, read_history, read_release
from ._upgrade import Upgrade
from ._values import read_env

_REFUSED = re.compile(r"another operation|already exists|has been modified|already in progress", re.IGNORECASE)


class Contended(Exception):
    """Somebody else changed the release at the same time. `base` is a revision to build on that is not deployed."""

    def __init__(self, message: str, *, base: int | None = None) -> None:
        super().__init__(message)
        self.base = base


@contextmanager
def contended(cluster: Cluster, planned_on: History) -> Iterator[None]:
    """Turns helm's refusal for another's sake into Contended; a failure of our own is told what it left behind."""
    try:
        yield
    except HelmError as error:
        now = read_history(cluster, release=planned_on.name, namespace=planned_on.namespace)
        if now.newest.number > planned_on.newest.number and _REFUSED.search(str(error)):
            raise Contended(f"revision {now.newest.number} was begun by somebody else") from error
        error.facts |= {"changed": now.newest.number > planned_on.newest.number, "history": now.facts()}
        raise


def apply_change(cluster: Cluster, planned_on: History, upgrade: Upgrade, drift: Sequence[Drift]) -> Release:
    """Removes what was added by hand, upgrades, and reads back what Helm stored.

    Raises Contended, HelmError, ReleaseError.
    """
    now = read_history(cluster, release=planned_on.name, namespace=planned_on.namespace)
    if now.newest != planned_on.newest:
        raise Contended(f"revision {now.newest.number} is {now.newest.status}")
    remove_strangers(cluster, upgrade.base.workload, drift, keep=upgrade.plan.env_after)
    revision = upgrade.apply()
    history = read_history(cluster, release=planned_on.name, namespace=planned_on.namespace)
    unseen = range(planned_on.newest.number + 1, revision)
    between = [r.number for r in history.revisions if r.number in unseen and r.status in SOUND]
    if between:
        # Theirs was complete before helm looked, and ours, planned without it, has replaced it: build on theirs.
        raise Contended(f"revision {between[-1]} came in between", base=between[-1])
    stored = read_release(cluster, history, revision)
    if stored.status != DEPLOYED or read_env(stored.values) != upgrade.plan.env_after:
        raise ReleaseError(
            f"helm reported success, but revision {revision} of {stored.namespace}/{stored.name} is {stored.status} "
            "or does not hold what was sent.",
            changed=True,
            history=history.facts(),
        )
    return stored
