# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One release of one cluster, as one run works on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .._helm.storage import History, Release, history_of, read_release
from .._kubernetes.api_client import Cluster, connect
from .._runtime.claims import claim
from .._runtime.operation import Host
from .._runtime.option_groups import ConnectionOptions, HelmOptions, ReleaseOptions
from .._runtime.unforeseen import adding
from .write_record import WriteRecord

OUTAGE_SECONDS = 90.0
"""How long an API server may be away in the middle of a change: one that is replaced takes a part of it."""


@dataclass(frozen=True, kw_only=True)
class ReleaseHandle:
    """What every step of a change needs: where the release is, how helm is run, and what was written so far."""

    cluster: Cluster
    release: ReleaseOptions
    helm: HelmOptions
    written: WriteRecord = field(default_factory=WriteRecord)
    warn: Callable[[str], None] = lambda _text: None
    """Reports something to the user that does not end the run."""

    def begin(self, mark: str) -> None:
        """Notes that helm is started. What follows must know what happened to it, so it waits for the API server."""
        self.written.begin(mark)
        self.outlast_outages()

    def outlast_outages(self) -> None:
        """Has everything that is read from now on wait for an API server that is away."""
        self.cluster.outlast(OUTAGE_SECONDS)

    def history(self) -> History:
        """The release's revisions as they are now. Raises ReleaseError, KubernetesError."""
        return history_of(self.cluster, self.release)

    def revision(self, history: History, number: int) -> Release:
        """One revision, whole. Raises ReleaseError, KubernetesError."""
        return read_release(self.cluster, history, number)


@contextmanager
def open_release(
    host: Host, connection: ConnectionOptions, release: ReleaseOptions, helm: HelmOptions
) -> Iterator[ReleaseHandle]:
    """Connects to the release's cluster; an NvcfError that passes says which cluster it was and what was written."""
    with connect(connection) as cluster:
        claim(host, cluster.server, release)

        def warn(text: str) -> None:
            host.warn(f"cluster {cluster.name}: {text}")

        handle = ReleaseHandle(cluster=cluster, release=release, helm=helm, warn=warn)
        with adding(handle.written.report):
            yield handle
