# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why the API did not start, read from the end of its log. Pure.

Spring's report of a configuration that does not bind is dozens of lines; what the operator needs is the key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PROPERTY = re.compile(r"Property: nvcf\.registries\.recognized\.container\.(?P<key>[^.\s]+)\.(?P<part>name|hostname)")
_DUPLICATE = re.compile(r"Duplicate key (?P<value>.+?) \(attempted merging values")


def explain(log: Sequence[str]) -> str:
    """The cause in plain words with the cure, empty when the log holds none that is known."""
    text = "\n".join(log)
    if match := _PROPERTY.search(text):
        key, part = match["key"].upper(), match["part"].upper()
        return (
            f"The registry with key {key} has no {part}, and the API does not start with half a pair. Add it whole "
            f"with recognized_registry, or remove {key} with state absent."
        )
    if match := _DUPLICATE.search(text):
        return (
            f"Two recognised registries share {match['value']!r} as name or hostname, and the API does not start then. "
            "Remove one of them with recognized_registry and state absent."
        )
    return ""
