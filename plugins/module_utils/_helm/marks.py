# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks by which a run finds the revision that it has made among those of others."""

from __future__ import annotations

import secrets

from .._kubernetes.api_client import Cluster
from .records import record_path
from .storage import RUN_LABEL, History


def new_mark(history: History) -> str:
    """A mark that no one else has, for the next revision: what bears it and is newer than `history` is its owner's.

    Numbers and values do not show whose a revision is: others may have stored the very same at the same time.
    """
    return f"{secrets.token_hex(8)}.{history.newest.number}"


def set_mark(cluster: Cluster, history: History, revision: int, mark: str) -> None:
    """Has what returns to `revision` bear the mark: `helm rollback` takes labels from there only.

    Raises KubernetesError.
    """
    path = record_path(history.driver, history.namespace, history.name, revision)
    record = cluster.get(path)
    record["metadata"].setdefault("labels", {})[RUN_LABEL] = mark
    # Anyone who runs helm may update these objects; patching them is another right.
    cluster.request("PUT", path, body=record)
