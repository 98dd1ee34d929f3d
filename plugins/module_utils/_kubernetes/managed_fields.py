# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API server notes of who has written which field of an object, in its `managedFields`. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Union

Place = tuple[Union[str, dict[str, str]], ...]  # noqa: UP007 - pylint takes the other form for a sum
"""Names from an object's top; a map is the key of an item of a list."""
OF_THE_RELEASE: Place = ("metadata", "annotations", "meta.helm.sh/release-name")
"""An annotation that only the installer of a release writes, whatever the program is called."""


def writers(metadata: Mapping[str, Any], place: Place) -> Iterator[str]:
    """What those who have written a field call themselves."""
    return (str(entry.get("manager") or "") for entry in entries(metadata) if holds(entry, place))


def entries(metadata: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """One for each writer and way of writing."""
    return iter(metadata.get("managedFields") or ())


def holds(entry: Mapping[str, Any], place: Place) -> bool:
    """Whether the writer has written the field."""
    fields = entry.get("fieldsV1")
    for step in place:
        name = f"f:{step}" if isinstance(step, str) else f"k:{json.dumps(step, separators=(',', ':'))}"
        if not isinstance(fields, Mapping) or name not in fields:
            return False
        fields = fields[name]
    return True
