# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pods that are older than the ConfigMap's last write were started with: proven, or not known.

After a rollback the pods of before are still there: older than the write, but started with the same. The cluster keeps
no copy of what a pod was started with, so it is taken from the revision of that time, and only where no write of the
ConfigMap says otherwise. A pod that was started after an edit by hand would else be taken for one of its revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._helm.manifest import ENV_WRITTEN, Workload
from .._helm.storage import History, Revision, read_history, read_release
from .._kubernetes.api_client import Cluster
from .._kubernetes.managed_fields import OF_THE_RELEASE, entries, holds
from .._runtime.errors import ReleaseError
from .pod_status import PodState


@dataclass(frozen=True, kw_only=True)
class Writes:
    """When a ConfigMap's data was written, to the second: the last time for each writer that left a trace."""

    expected: Sequence[datetime]
    """By helm, or when this collection took variables away for it."""
    foreign: Sequence[datetime]
    """By others."""
    created: datetime

    @property
    def last(self) -> datetime:
        """The object's creation where nothing better is known."""
        return max((*self.expected, *self.foreign), default=self.created)


def writes(metadata: Mapping[str, Any]) -> Writes:
    """As the API server keeps them, in `managedFields`."""
    expected: list[datetime] = []
    foreign: list[datetime] = []
    for entry in entries(metadata):
        ours = holds(entry, ("metadata", "annotations", ENV_WRITTEN))
        if entry.get("time") and (ours or holds(entry, ("data",))):
            known = expected if ours or holds(entry, OF_THE_RELEASE) else foreign
            known.append(datetime.fromisoformat(entry["time"]))
    created = datetime.fromisoformat(metadata["creationTimestamp"])
    return Writes(expected=expected, foreign=foreign, created=created)


def older(pod: PodState, written: datetime) -> bool:
    """Whether a pod may have been started before the write. Times are known to the second, and nodes have own clocks.

    What the API server made in the second of the write was made for it: helm writes the Deployment last.
    """
    if pod.started is None or (pod.made is not None and pod.made > written):
        return False
    return pod.started < written or (pod.started == written and pod.made is not None and pod.made < written)


Origins = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass
class Known:
    """What one look has found out about the past, for the next one of the same wait."""

    asked: object = None
    found: Origins = field(default_factory=dict)
    workloads: dict[tuple[int, datetime | None], Workload] = field(default_factory=dict)
    """What a revision renders, by its number and when it was made."""


def origins(cluster: Cluster, workload: Workload, old: Sequence[PodState], written: Writes, known: Known) -> Origins:
    """What each of the `old` pods can have been started with, by its name.

    Two different ones where a second is too coarse to show which revision was in effect, and none where it is pruned or
    a write contradicts it. What is `known` already of the same pods and writes is not read again.
    """
    if not old:
        return {}
    asked = [written, *((pod.name, pod.started, pod.made) for pod in old)]
    if known.asked == asked:
        return known.found
    history = read_history(cluster, workload.service, release=workload.release, namespace=workload.namespace)
    past = _Past(cluster, history, known.workloads)
    found = {pod.name: _different(past.given_to(pod, written)) for pod in old}
    # Of a revision that is made later nothing of that was started with, once its second is over.
    if history.seen > max((written.last, *(pod.started for pod in old if pod.started))):
        known.asked, known.found = asked, found
    return found


def _different(environments: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for environment in environments:
        if environment not in found:
            found.append(environment)
    return found


@dataclass(frozen=True)
class _Past:
    """What the stored revisions render."""

    cluster: Cluster
    history: History
    _read: dict[tuple[int, datetime | None], Workload]

    def given_to(self, pod: PodState, written: Writes) -> Iterator[Mapping[str, str]]:
        """The environments of the revisions in effect when the pod was started; none where a doubt is left."""
        found = self.history.in_effect(pod.started) if pod.started else ()
        try:
            if not any(self._contradicted(revision, pod, written) for revision in found):
                yield from [self._workload(revision).env for revision in found]
        except ReleaseError:
            # What cannot be read proves nothing.
            return

    def _contradicted(self, since: Revision, pod: PodState, written: Writes) -> bool:
        """Whether the data may have been something else than what `since` rendered when the pod was started."""
        if any(since.created is None or moment >= since.created for moment in written.foreign):
            return True
        return any(older(pod, moment) and not self._accounted(since, moment) for moment in written.expected)

    def _accounted(self, since: Revision, moment: datetime) -> bool:
        """Whether helm had a reason to write then: a revision after `since` that renders something else.

        With what is there already neither helm nor the API server writes. So there was another user's edit.
        """
        rendered = self._workload(since).rendered
        later = [r for r in self.history.revisions if r.number > since.number and r.created and r.created <= moment]
        return any(self._workload(revision).rendered != rendered for revision in later)

    def _workload(self, revision: Revision) -> Workload:
        which = revision.number, revision.created
        if which not in self._read:
            self._read[which] = read_release(self.cluster, self.history, revision.number).workload
        return self._read[which]
