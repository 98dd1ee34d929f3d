# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following the release of one cluster for as long as the process lives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from ...module_utils._helm.storage import stored_history
from ...module_utils._kubernetes.api_client import connect
from ...module_utils._kubernetes.watch import wait_for_event
from ...module_utils._runtime.errors import KubernetesError, NvcfError
from ...module_utils._runtime.option_groups import ConnectionOptions, ReleaseOptions
from .changes import Changes

WATCH_SECONDS = 120
"""After which the history is read again, whatever the watch has shown: a connection may be dead without a sign."""
UNWATCHED_SECONDS = 15
"""Between two looks where a watch ends at once."""
PAUSES = (5, 10, 20, 40, 60)
"""Seconds before a cluster that cannot be read is asked again."""


@dataclass(kw_only=True)
class Followed:
    """One release on one cluster."""

    host: str
    connection: ConnectionOptions
    release: ReleaseOptions
    changes: Changes
    report: Callable[[dict[str, Any]], None]
    """Gets each event."""
    warn: Callable[[str], None]
    _cause: str = ""
    _failures: int = 0
    _unwatched: bool = False

    def follow(self) -> NoReturn:
        """Reads the history and waits for a change of it, again and again.

        A failure is a warning once for each cause, and the kubeconfig is read again after it: it may have a new token.
        """
        while True:
            try:
                self._connected()
            except NvcfError as error:
                self._failed(error)
            time.sleep(PAUSES[min(self._failures, len(PAUSES)) - 1])

    def _connected(self) -> None:
        with connect(self.connection) as cluster:
            while True:
                history, records = stored_history(
                    cluster, self.release.of, release=self.release.name, namespace=self.release.namespace
                )
                self._succeeded()
                if event := self.changes.see(history):
                    self.report(event)
                began = time.monotonic()
                changed = wait_for_event(cluster, records.path, resource_version=records.version, seconds=WATCH_SECONDS)
                if not changed and time.monotonic() - began < WATCH_SECONDS / 10:
                    self._poll()

    def _poll(self) -> None:
        if not self._unwatched:
            self._unwatched = True
            self.warn(
                f"host {self.host}: the watch of release {self.release} ended at once, so the release is read every "
                f"{UNWATCHED_SECONDS} seconds instead. If the verb watch on secrets in the namespace is not granted, "
                "grant it (docs/eda.md)."
            )
        time.sleep(UNWATCHED_SECONDS)

    def _failed(self, error: NvcfError) -> None:
        self._failures += 1
        status = error.status if isinstance(error, KubernetesError) else str(error)
        cause = f"{type(error).__name__} {status}"
        if cause == self._cause:
            return
        self._cause = cause
        self.warn(
            f"host {self.host}: the release {self.release} cannot be read, so its changes are not seen. It is read "
            "again until it answers, and changes since then will be reported. "
            f"Cause: {error.result()['msg']}"
        )

    def _succeeded(self) -> None:
        if self._cause:
            self.warn(f"host {self.host}: the release {self.release} can be read again.")
        self._cause, self._failures = "", 0
