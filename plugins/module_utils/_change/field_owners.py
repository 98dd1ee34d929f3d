# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a live object differs from what was written by another user's edit, or by the cluster itself. Pure.

What an admission webhook or policy adds to a write, or pins in it, is noted as the writer's own or no user's. That is
how it differs from what another user has edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._kubernetes.managed_fields import OF_THE_RELEASE, Place, writers


def kept_by_the_cluster(item: Mapping[str, Any], place: Place) -> bool:
    """Whether no one but the release's own writer has written the field at `place`, though it is not what he wrote.

    False where the API server notes nothing.
    """
    metadata = item.get("metadata") or {}
    release = set(writers(metadata, OF_THE_RELEASE))
    return bool(release) and set(writers(metadata, place)) <= release
