# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helm's stored revisions, read from the cluster without the helm program.

Helm keeps each revision of a release as an object `sh.helm.release.v1.<release>.v<N>`: labels for what a list needs,
and base64(gzip(JSON)) for the rest (helm.sh, `pkg/storage/driver`). A list of metadata is a hundredth of the bytes of
the objects themselves; one revision is then read whole.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypedDict

from .._kubernetes.api_client import Cluster
from .._kubernetes.managed_fields import writers
from .._registries.configured import HeldRegistry, held
from .._registries.values import read_env
from .._runtime.errors import ReleaseError
from .._runtime.option_groups import ReleaseOptions
from .._runtime.services import Service
from .absent import absence
from .manifest import Workload, around_workload, find_workload
from .records import Driver, Records, called, decode, list_records, record_path

DEPLOYED = "deployed"
RUN_LABEL = "fleetops.nvcf/run"
"""The label of a revision's Secret that shows which helm of which run has made it; see `new_mark`."""
SOUND = frozenset({DEPLOYED, "superseded"})
"""Statuses of revisions that helm once finished, unless their descriptions report otherwise."""
UNINSTALLED = "uninstalled"
"""The status of the newest revision of a release that was taken away and whose history was kept."""
PENDING = frozenset({"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"})

# What helm writes when something failed, and before it has ended; see Release.finished.
_UNFINISHED = re.compile(r'(?:Upgrade|Rollback|Release) ".*" failed: |Preparing upgrade$|Initial install underway$')


class RevisionFacts(TypedDict):
    """One revision in a result."""

    revision: int
    status: str
    modified: str | None


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One line of a release's history."""

    number: int
    status: str
    """Helm's word: deployed, superseded, failed, pending-upgrade, ..."""
    modified: datetime | None
    """When it was last heard of, UTC: Helm's own times in its labels are those of the revision before for a while."""
    created: datetime | None = None
    """When Helm began it, by the API server's clock."""
    mark: str = ""
    """That of the run that has made it, or what has become of it since: Helm hands labels down."""
    writer: str = ""
    """What the program that has stored it calls itself to the API server: helm, helm-controller, terraform-...."""

    @property
    def pending(self) -> bool:
        """True while a Helm operation runs, or for ever after it was killed."""
        return self.status in PENDING

    @property
    def uninstalled(self) -> bool:
        """True once another user has begun to take the release away."""
        return self.status in ("uninstalling", UNINSTALLED)

    @property
    def since(self) -> str:
        """When it was last heard of, for users."""
        return self.modified.strftime("%Y-%m-%d %H:%M:%S UTC") if self.modified else "an unknown time"

    def facts(self) -> RevisionFacts:
        """For results and reports."""
        return {
            "revision": self.number,
            "status": self.status,
            "modified": self.modified.isoformat() if self.modified else None,
        }


@dataclass(frozen=True, kw_only=True)
class History:
    """All revisions of a release that are still stored, oldest first; never empty."""

    service: Service = field(repr=False)
    """Whose release it is."""
    name: str
    namespace: str
    revisions: tuple[Revision, ...]
    driver: Driver = "secret"
    """How Helm keeps them."""
    seen: datetime = field(default_factory=lambda: datetime.now(tz=UTC), compare=False)
    """When they were looked at, by the API server's clock."""

    def age_seconds(self, revision: Revision) -> float:
        """How long ago the revision was last heard of. What a clock that is ahead has written is new."""
        return max(0.0, (self.seen - revision.modified).total_seconds()) if revision.modified else 0.0

    @property
    def newest(self) -> Revision:
        return self.revisions[-1]

    @property
    def deployed(self) -> Revision | None:
        """The last revision that Helm calls deployed: the only trustworthy base for new values.

        None once the release is uninstalled, also where an older revision is still called so.
        """
        if self.newest.uninstalled:
            return None
        return next((r for r in reversed(self.revisions) if r.status == DEPLOYED), None)

    def revision(self, number: int) -> Revision | None:
        """The revision of that number, None when it was never there or is pruned."""
        return next((r for r in self.revisions if r.number == number), None)

    def in_effect(self, moment: datetime) -> tuple[Revision, ...]:
        """The revision that Helm had begun last before `moment`; none when it is pruned.

        Times are known to the second, so what was begun in that of `moment` may have been in effect as well.
        """
        before = [r for r in self.revisions if r.created and r.created < moment]
        return (*before[-1:], *(r for r in self.revisions if r.created == moment))

    def marked(self, mark: str) -> Revision | None:
        """The revision that was made under a `new_mark`; None when there is none.

        Helm gives the labels of a revision to what is built on it and to what returns to it: the first one is intended.
        """
        _token, _dot, above = mark.rpartition(".")
        return next((r for r in self.revisions if r.mark == mark and r.number > int(above)), None)

    def facts(self, *, details: bool = True) -> list[RevisionFacts]:
        """Newest first, as users read it; without `details` only the newest one and the deployed one."""
        reported = self.revisions if details else [r for r in self.revisions if r in (self.newest, self.deployed)]
        return [revision.facts() for revision in reversed(reported)]


class ReleaseFacts(TypedDict):
    """A release in a result, without values."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    chart_version: str
    app_version: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """One stored revision, whole. What could hold a password is kept out of its repr."""

    service: Service = field(repr=False)
    """Whose release it is."""
    name: str
    namespace: str
    revision: int
    status: str
    values: Mapping[str, Any] = field(repr=False)
    """What the user set; chart defaults are not in it."""
    chart: Mapping[str, Any] = field(repr=False)
    """Helm's stored chart: metadata, templates, files, values (defaults), schema."""
    manifest: str = field(repr=False)
    """The rendered objects, a YAML stream, without hooks."""
    hooks: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    """Helm's stored hooks, each with its `manifest` and the `events` at which it runs."""
    description: str = ""
    """Why it was made, as its author described it."""
    apply_method: str = ""
    """`ssa` or `csa`; empty for what Helm 3 wrote."""
    driver: Driver = "secret"
    """How Helm keeps it."""
    kept_in: str = ""
    """The namespace in which Helm keeps it, where that is another one than its own."""

    @property
    def finished(self) -> bool:
        """Whether helm once finished it, whatever it is called now: Helm 4 renames what has failed or was cut off.

        It does so when a rollback from it fails in its turn.
        """
        return self.status in SOUND and not _UNFINISHED.match(self.description)

    @property
    def chart_name(self) -> str:
        return str(self.chart.get("metadata", {}).get("name", ""))

    @property
    def chart_version(self) -> str:
        return str(self.chart.get("metadata", {}).get("version", ""))

    @property
    def app_version(self) -> str:
        return str(self.chart.get("metadata", {}).get("appVersion", ""))

    @cached_property
    def workload(self) -> Workload:
        """The API's workload as this revision renders it. Raises ReleaseError when the chart renders none."""
        return find_workload(self.service, around_workload(self.manifest, self.namespace), self.name, self.values)

    @property
    def env(self) -> Mapping[str, Any]:
        """The map of its values that becomes the environment. Raises ReleaseError when something else is there."""
        return read_env(self.values, self.service)

    @property
    def stored(self) -> tuple[HeldRegistry, ...]:
        """The recognized registries that its values hold."""
        return held(self.env, self.service)

    @property
    def rendered(self) -> tuple[HeldRegistry, ...]:
        """Those that its manifest holds. Raises ReleaseError like `workload`."""
        return held(self.workload.env, self.service)

    def facts(self) -> ReleaseFacts:
        """What may be shown."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "revision": self.revision,
            "status": self.status,
            "chart": self.chart_name,
            "chart_version": self.chart_version,
            "app_version": self.app_version,
        }


def stored_history(
    cluster: Cluster, service: Service, *, release: str, namespace: str
) -> tuple[History | None, Records]:
    """The revisions of a service's release, None where there is none, and the list that shows them.

    Raises ReleaseError when the number of one is unknown, KubernetesError when they cannot be listed.
    """
    records = list_records(cluster, namespace, f"owner=helm,name={release}")
    revisions = sorted((_revision(records.driver, metadata) for metadata in records.metadata), key=lambda r: r.number)
    if not revisions:
        return None, records
    history = History(
        service=service,
        name=release,
        namespace=namespace,
        revisions=tuple(revisions),
        driver=records.driver,
        seen=cluster.clock(),
    )
    return history, records


def read_history(cluster: Cluster, service: Service, *, release: str, namespace: str) -> History:
    """The same, for those who cannot do without. Raises ReleaseError also where there is none."""
    history, _records = stored_history(cluster, service, release=release, namespace=namespace)
    if history is None:
        raise absence(cluster, service, release=release, namespace=namespace)
    return history


def history_of(cluster: Cluster, release: ReleaseOptions) -> History:
    """The revisions of the release that the options name. Raises like `read_history`."""
    return read_history(cluster, release.of, release=release.name, namespace=release.namespace)


def _revision(driver: Driver, metadata: Mapping[str, Any]) -> Revision:
    labels = metadata.get("labels", {})
    try:
        number = int(labels["version"])
        # While its hooks run, the newest revision has the modifiedAt of the one before and no createdAt.
        stamps = [int(labels[name]) for name in ("modifiedAt", "createdAt") if labels.get(name)]
    except (LookupError, ValueError):
        raise ReleaseError(
            f"{called(driver)} {metadata.get('namespace')}/{metadata.get('name')} is labeled as a revision of the "
            f"Helm release {labels.get('name')!r}, but its labels contain no revision number: they were edited by "
            "hand. Correct the labels version, createdAt and modifiedAt, or remove the label owner if Helm did not "
            "create it."
        ) from None
    created = _created(metadata)
    heard = [datetime.fromtimestamp(stamp, tz=UTC) for stamp in stamps]
    return Revision(
        number=number,
        status=labels.get("status", "unknown"),
        modified=max([*heard, *([created] if created else [])], default=None),
        created=created,
        mark=labels.get(RUN_LABEL, ""),
        # The labels may be another user's.
        writer=next(writers(metadata, ("data",)), ""),
    )


def _created(metadata: Mapping[str, Any]) -> datetime | None:
    stamp = metadata.get("creationTimestamp")
    return datetime.fromisoformat(stamp) if stamp else None


def read_release(cluster: Cluster, history: History, revision: int) -> Release:
    """One revision of `history`, whole.

    Raises ReleaseError when what is stored cannot be decoded.
    """
    driver = history.driver
    record = cluster.get(record_path(driver, history.namespace, history.name, revision))
    try:
        stored = decode(driver, record)
        namespace = stored.get("namespace", history.namespace)
        return Release(
            service=history.service,
            name=stored["name"],
            namespace=namespace,
            revision=int(stored["version"]),
            status=stored["info"]["status"],
            description=stored["info"].get("description", ""),
            values=stored.get("config") or {},
            chart=stored["chart"],
            manifest=stored.get("manifest", ""),
            hooks=stored.get("hooks") or (),
            apply_method=stored.get("apply_method", ""),
            driver=driver,
            kept_in=history.namespace if namespace != history.namespace else "",
        )
    except (LookupError, TypeError, ValueError, OSError, EOFError, zlib.error) as error:
        raise ReleaseError(
            f"{called(driver)} {history.namespace}/{record['metadata']['name']} does not contain a Helm release "
            f"({type(error).__name__}): it was edited or truncated. Return to another revision with `helm rollback`."
        ) from None
