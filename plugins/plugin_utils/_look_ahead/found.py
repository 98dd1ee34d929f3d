# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task has found for all hosts, kept until the task of each host takes its own.

In the memory that the processes of a run share. What was found is taken once: whoever looks again sees what is then.
"""

from __future__ import annotations

import json
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...module_utils._runtime.run_cache import keep, recall

FRESH_SECONDS = 600
"""For so long what was found may wait for the host's own task, which follows when all have been looked at."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a task asks of one host."""

    operation: str
    """Name of the module, without the collection's."""
    options_from: str
    """Name of the variable that holds its options."""
    host: str
    check_mode: bool


def leave(asked: Asked, result: dict[str, Any]) -> None:
    """Leaves a result for the host's own task. One that is no JSON is not left, and the host's task looks itself."""
    with suppress(TypeError, ValueError):
        content = json.dumps({"at": time.monotonic(), "result": result}).encode()
        # Most of it is names of fields: a thousand clusters would fill tens of megabytes.
        keep(_name(asked), zlib.compress(content, 1).decode("latin-1"))


def take(asked: Asked) -> dict[str, Any] | None:
    """The result that was left, once; None where there is none or it has grown old."""
    name = _name(asked)
    if not (text := recall(name)):
        return None
    keep(name, "")
    left: dict[str, Any] = json.loads(zlib.decompress(text.encode("latin-1")))
    return left["result"] if time.monotonic() - left["at"] < FRESH_SECONDS else None


def _name(asked: Asked) -> str:
    return f"found ahead: {asked!r}"
