# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One result made of several, as a loop makes it, without a loop, which costs each host as much as a task. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Result = dict[str, Any]


def together(results: Sequence[Result]) -> Result:
    """A single result unchanged; of several, their messages, whether any failed, and all of them in `results`."""
    if len(results) == 1:
        return results[0]
    whole: Result = {"changed": any(result.get("changed") for result in results), "results": list(results)}
    if failed := [result for result in results if result.get("failed")]:
        whole |= {"failed": True, "msg": " ".join(dict.fromkeys(str(result.get("msg")) for result in failed))}
    if all("settled" in result for result in results):
        whole["settled"] = all(result["settled"] for result in results)
    # Ansible reads these two of the whole only.
    if warnings := [text for result in results for text in result.get("warnings", ())]:
        whole["warnings"] = list(dict.fromkeys(warnings))
    if reported := [result["ansible_stats"] for result in results if "ansible_stats" in result]:
        whole["ansible_stats"] = reported[0] | {"data": _joined([stats["data"] for stats in reported])}
    return whole


def maps_of(value: object) -> Sequence[Mapping[str, Any]]:
    """A map, or those of a list of maps; nothing for anything else."""
    values = value if isinstance(value, list) else [value]
    maps = [one for one in values if isinstance(one, Mapping)]
    return maps if len(maps) == len(values) else []


def _joined(lists: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    names = dict.fromkeys(name for one in lists for name in one)
    return {name: list(dict.fromkeys(item for one in lists for item in one.get(name, ()))) for name in names}
