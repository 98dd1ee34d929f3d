# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One result made of several, as a loop makes it, without a loop, which costs each host as much as a task. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._release_state.findings import VERDICTS

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
    if verdicts := [str(result["verdict"]) for result in results if "verdict" in result]:
        whole["verdict"] = min(verdicts, key=VERDICTS.index)
    # Ansible reads these two of the whole only.
    if warnings := [text for result in results for text in result.get("warnings", ())]:
        whole["warnings"] = list(dict.fromkeys(warnings))
    if reported := [result["ansible_stats"] for result in results if "ansible_stats" in result]:
        whole["ansible_stats"] = reported[0] | {"data": _joined([stats["data"] for stats in reported])}
    return whole


# fmt: off
_READ = frozenset({
    "api_problem", "disagreements", "drift", "elapsed", "findings", "functions_problem", "history",
    "last_good_revision", "missing", "on_top", "owner", "pending", "problems", "recognized_elsewhere",
    "refused", "registries", "release", "results", "rollout", "settled", "stranded", "stranded_problem",
    "unmet", "values_fragment", "wanted",
})
# fmt: on
"""What a look at a cluster returns."""
MOST_STEPS = 3


def summary(result: Result) -> Result:
    """A failed result without what was read, but with what to do next."""
    looks = result.get("results", [result])
    found = [finding for look in looks for finding in look.get("findings", ())]
    worst = [finding for finding in found if finding["severity"] == "error"] or found
    steps = list(dict.fromkeys(finding["next_step"] for finding in worst))[:MOST_STEPS]
    owner = next((look["owner"] for look in looks if look.get("owner")), None)
    return (
        {name: value for name, value in result.items() if name not in _READ}
        | ({"next_steps": steps} if steps else {})
        | ({"owner": owner} if owner else {})
    )


def maps_of(value: object) -> Sequence[Mapping[str, Any]]:
    """A map, or those of a list of maps; nothing for anything else."""
    values = value if isinstance(value, list) else [value]
    maps = [one for one in values if isinstance(one, Mapping)]
    return maps if len(maps) == len(values) else []


def _joined(lists: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    names = dict.fromkeys(name for one in lists for name in one)
    joined = {name: list(dict.fromkeys(item for one in lists for item in one.get(name, ()))) for name in names}
    # A host is in the list of its worst service only.
    worse: set[str] = set()
    for name in (f"nvcf_{verdict}" for verdict in VERDICTS if f"nvcf_{verdict}" in joined):
        joined[name] = [item for item in joined[name] if item not in worse]
        worse.update(joined[name])
    return {name: items for name, items in joined.items() if items}
