# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report takes out of the results of the collection's actions. Pure.

Only fields that are known here are taken: whatever else is in a result may be secret, and a result that Ansible has
hidden has none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .model import LEVELS, Facts, Finding, Registry

COLLECTION = "fleetops.nvcf."
LONGEST = 2000
"""Characters of one text. A pod's log may be quoted in an error."""

_HIDDEN = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Colours and control characters, which neither a terminal nor XML should get. Tab and line feed stay."""

MOST_KEPT = 1024
"""Values that are kept to be shared."""

Result = Mapping[str, Any]
Learnt = dict[str, Any]


def learn(facts: Facts, action: str, result: Result, *, check_mode: bool = False) -> Facts:
    """What is known after an action, named in full, has ended, well or not."""
    read = _READERS.get(action.removeprefix(COLLECTION))
    if read is None or not action.startswith(COLLECTION):
        return facts
    for answer in answers(result):
        facts = replace(facts, **_cluster(answer))
        facts = replace(facts, **read(facts, answer))
        if answer.get("changed") is True:
            facts = replace(facts, planned=True) if check_mode else replace(facts, written=True)
    return facts


def answers(result: Result) -> Sequence[Result]:
    """The result, or those of a loop's items."""
    items = result.get("results")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else [result]


def cause(result: Result) -> str:
    """Why a task, or one item of its loop, has failed, in its own words."""
    if "censored" in result:
        return "The task's result is hidden (no_log)."
    return clean(result.get("msg")) or "The task told no reason."


def silent(result: Result) -> bool:
    """Whether an action of the collection failed because the cluster did not answer."""
    return result.get("no_answer") is True


def clean(value: Any) -> str:
    """A text without control characters, of bounded length; empty for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        return ""
    return _clean(value)


@lru_cache(maxsize=MOST_KEPT)
def _clean(value: str) -> str:
    # A thousand clusters say mostly the same: it need not be cleaned, nor kept, a thousand times.
    text = _HIDDEN.sub("", str(value)).encode("utf-8", "replace").decode("utf-8").strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} ..."


@lru_cache(maxsize=MOST_KEPT)
def _shared(value: Hashable) -> Any:
    """The first of all equal ones."""
    return value


def _cluster(answer: Result) -> Learnt:
    name = clean(answer.get("cluster"))
    return {"cluster": name} if name else {}


def _ours(drift: Result) -> bool:
    """Pods that an autoscaler added are no reason to call a cluster drifted; an audit tells of them."""
    return drift.get("kind") != "other"


def _release(answer: Result) -> Learnt:
    release = answer.get("release")
    if not isinstance(release, Mapping):
        return {}
    chart = [clean(release.get(field)) for field in ("chart", "chart_version")]
    return {
        "after": _number(release.get("revision")),
        "release": "/".join(filter(None, (clean(release.get("namespace")), clean(release.get("name"))))),
        "status": clean(release.get("status")),
        "chart": " ".join(filter(None, chart)),
        "app_version": clean(release.get("app_version")),
    }


def _info(facts: Facts, answer: Result) -> Learnt:
    if "history" not in answer or "registries" not in answer:
        return {}
    learnt = _release(answer)
    registries = _shared(tuple(_registry(entry) for entry in _maps(answer.get("registries"))))
    pending, rollout, on_top = (answer.get(field) for field in ("pending", "rollout", "on_top"))
    learnt |= {
        "before": learnt.get("after") if facts.before is None else facts.before,
        "registries": registries,
        "registries_before": registries if facts.registries_before is None else facts.registries_before,
        "settled": answer.get("settled") is True,
        "pending": _pending(pending) if isinstance(pending, Mapping) else "",
        "pods": clean(rollout.get("text")) if isinstance(rollout, Mapping) else "",
        "stranded": tuple(_words(entry, "name", "id", "image") for entry in _maps(answer.get("stranded"))),
        "drift": tuple(_words(e, "variable", "change", "object") for e in _maps(answer.get("drift")) if _ours(e)),
        "disagreements": _texts(answer.get("disagreements")),
        "problems": tuple(_words(entry, "key", "problem") for entry in _maps(answer.get("problems"))),
        "next_sync_drops": _drops(on_top) if isinstance(on_top, Mapping) else (),
    }
    return learnt | _fragment(answer)


def _change(facts: Facts, answer: Result) -> Learnt:
    if "previous_revision" not in answer:
        return {}
    learnt = _release(answer) | _fragment(answer) | {"change": clean(answer.get("summary"))}
    before = _number(answer.get("previous_revision"))
    learnt["before"] = before if facts.before is None else facts.before
    learnt["removed"] = tuple(clean(entry.get("key")) for entry in _maps(answer.get("removed")))
    if facts.registries_before is None:
        # Nobody has looked at the other levels.
        learnt["registries"] = tuple(_registry(entry | {"stored": True}) for entry in _maps(answer.get("registries")))
    return learnt


def _rollout(_facts: Facts, answer: Result) -> Learnt:
    rollout = answer.get("rollout")
    return {"pods": clean(rollout.get("text"))} if isinstance(rollout, Mapping) else {}


def _rollback(facts: Facts, answer: Result) -> Learnt:
    if not isinstance(answer.get("release"), Mapping):
        return {"restored": False, "restoration": clean(answer.get("msg"))}
    return _release(answer) | {
        "restored": True,
        "restoration": clean(answer.get("summary")),
        "registries": facts.registries_before or (),
        "pods": "",
    }


def _smoke_test(facts: Facts, answer: Result) -> Learnt:
    outcome = clean(answer.get("outcome")).replace("_", " ")
    listed = answer.get("recognized")
    if isinstance(listed, bool):
        outcome += ", listed by the API" if listed else ", not listed by the API"
    text = ": ".join(filter(None, (clean(answer.get("image")), outcome)))
    return {"tried": (*facts.tried, text)} if outcome else {}


def _pull_check(facts: Facts, answer: Result) -> Learnt:
    text = clean(answer.get("summary")) or clean(answer.get("msg"))
    return {"tried": (*facts.tried, text)} if text and not answer.get("skipped") else {}


def _audit(facts: Facts, answer: Result) -> Learnt:
    if "findings" not in answer:
        return {}
    found = _shared(
        tuple(
            Finding(
                severity=clean(entry.get("severity")),
                text=clean(entry.get("text")),
                next_step=clean(entry.get("next_step")),
            )
            for entry in _maps(answer.get("findings"))
        )
    )
    return _info(facts, answer) | {"findings": found, "verdict": clean(answer.get("verdict"))}


_READERS: Mapping[str, Callable[[Facts, Result], Learnt]] = {
    "api_rollout": _rollout,
    "function_smoke_test": _smoke_test,
    "image_pull_check": _pull_check,
    "recognized_registry": _change,
    "recognized_registry_audit": _audit,
    "recognized_registry_info": _info,
    "release_rollback": _rollback,
}


def _registry(entry: Mapping[str, Any]) -> Registry:
    levels = [entry.get(level) for level in LEVELS]
    return Registry(
        key=clean(entry.get("key")),
        name=clean(entry.get("name")),
        hostname=clean(entry.get("hostname")),
        levels=tuple(level if isinstance(level, bool) else None for level in levels),
    )


def _pending(pending: Mapping[str, Any]) -> str:
    number, status, since = (
        _number(pending.get("revision")),
        clean(pending.get("status")),
        clean(pending.get("modified")),
    )
    return f"revision {number} is {status} since {since}"


def _drops(on_top: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_words(entry, "key", "hostname") for entry in _maps(on_top.get("registries")))


def _fragment(answer: Result) -> Learnt:
    values = answer.get("values_fragment")
    return {"fragment": _shared(str(values))} if isinstance(values, str) else {}


def _words(entry: Mapping[str, Any], *fields: str) -> str:
    return " ".join(filter(None, (clean(entry.get(field)) for field in fields)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(clean, value))) if isinstance(value, list) else ()


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (dict(entry) for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
