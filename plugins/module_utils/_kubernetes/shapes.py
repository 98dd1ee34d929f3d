# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an answer has the shape that an API server gives it. Pure.

A proxy, a load balancer or a login page answers 200 as well, and a program that believes it takes nothing there for
nothing stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def check_object(content: bytes, _path: str = "") -> dict[str, Any]:
    """The JSON object in an answer. Raises ValueError with what it is instead."""
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ValueError("no JSON object")
    return answer


def check_read(content: bytes, path: str) -> dict[str, Any]:
    """The list or the object at `path`; an empty list may come as null. Raises ValueError with what it is instead."""
    answer = check_object(content)
    if "items" in answer:
        answer["items"] = answer["items"] or []
        if not isinstance(answer["items"], list) or not all(map(_name, answer["items"])):
            raise ValueError("a list whose items are not Kubernetes objects")
    elif str(answer.get("kind", "")).startswith("API"):
        # What the API server reports about itself has no name.
        pass
    elif (name := _name(answer)) != (asked := unquote(path.partition("?")[0].rpartition("/")[2])):
        raise ValueError(f"an object named {name!r} instead of {asked!r}" if name else "not a Kubernetes object")
    return answer


def _name(item: Any) -> str:
    metadata = item.get("metadata") if isinstance(item, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return name if isinstance(name, str) else ""
