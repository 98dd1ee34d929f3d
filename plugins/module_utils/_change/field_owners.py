# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has written a field of a live object, by what the API server notes of each. Pure.

What an admission webhook or policy adds to a write, or pins in it, is noted as the writer's own or as nobody's: that is
how it differs from what somebody has edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_RELEASE = ("metadata", "annotations", "meta.helm.sh/release-name")
"""What only whoever installs the release writes."""


def kept_by_the_cluster(item: Mapping[str, Any], place: tuple[str | dict[str, str], ...]) -> bool:
    """Whether nobody but the release's own writer has written the field at `place`, though it is not what he wrote.

    A map in `place` is the key of an item of a list. False where the API server notes nothing.
    """
    entries = (item.get("metadata") or {}).get("managedFields") or []
    release = _writers(entries, _RELEASE)
    return bool(release) and _writers(entries, place) <= release


def _writers(entries: list[Mapping[str, Any]], place: tuple[str | dict[str, str], ...]) -> set[str]:
    return {str(entry.get("manager")) for entry in entries if _holds(entry.get("fieldsV1"), place)}


def _holds(fields: Any, place: tuple[str | dict[str, str], ...]) -> bool:
    for step in place:
        name = f"f:{step}" if isinstance(step, str) else f"k:{json.dumps(step, separators=(',', ':'))}"
        if not isinstance(fields, Mapping) or name not in fields:
            return False
        fields = fields[name]
    return True
