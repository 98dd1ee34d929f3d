# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the facts of a report from the results of the collection's actions. Pure.

Only known fields are read: other fields may be secret, and a result that Ansible has hidden has none of the known ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ...module_utils._release_state.findings import UNREADABLE
from ...module_utils._runtime.services import FUNCTIONS, SERVICES
from .model import LEVELS, Facts, Finding, Registry

COLLECTION = "fleetops.nvcf."
MAX_LENGTH = 2000
"""Of one text, in characters. An error may quote the log of a pod."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Colors and control characters, which must not reach a terminal or XML. Tab and line feed are allowed."""

CACHE_SIZE = 1024
"""How many different values are kept for reuse."""

Result = Mapping[str, Any]
Changes = dict[str, Any]


def known_after(
    known: Mapping[str, Facts], action: str, result: Result, *, check_mode: bool = False
) -> Mapping[str, Facts]:
    """What is known after an action, by service."""
    after = dict(known)
    for answer in results_of(result):
        if answer.get("missing") is not True:
            service = str(answer.get("service"))
            service = service if service in SERVICES else FUNCTIONS.name
            facts = after.get(service) or Facts(service=service)
            after[service] = facts_after(facts, action, answer, check_mode=check_mode)
    return after


def facts_after(facts: Facts, action: str, result: Result, *, check_mode: bool = False) -> Facts:
    """What is known after an action, given by its full name, has ended, failed or not."""
    read = _READERS.get(action.removeprefix(COLLECTION))
    if read is None or not action.startswith(COLLECTION):
        return facts
    for answer in results_of(result):
        # Pods run on other clusters than the host's, too.
        if read is not _pull_check or not facts.cluster:
            facts = replace(facts, **_cluster(answer))
        facts = replace(facts, **read(facts, answer))
        if answer.get("changed") is True:
            facts = replace(facts, planned=True) if check_mode else replace(facts, written=True)
    return facts


def results_of(result: Result) -> Sequence[Result]:
    """The result, or the results of the items of a loop."""
    items = result.get("results")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else [result]


def failure_message(result: Result) -> str:
    """The message of a failed task, or of a failed item of its loop."""
    if "censored" in result:
        return "The task's result is hidden (no_log)."
    return clean_text(result.get("msg")) or "The task failed without a message."


def elapsed(result: Result) -> float | None:
    """Seconds that the work took, where it was done before the task; None where the task has done it."""
    seconds = result.get("elapsed")
    return float(seconds) if isinstance(seconds, (int, float)) else None


def did_not_answer(result: Result) -> bool:
    """Whether an action of the collection failed because the cluster did not answer."""
    return any(answer.get("no_answer") is True for answer in results_of(result))


def clean_text(value: Any) -> str:
    """A text, or a list of lines, without control characters and of bounded length; empty for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        return ""
    return _clean_text(value)


@lru_cache(maxsize=CACHE_SIZE)
def _clean_text(value: str) -> str:
    # A thousand clusters return mostly the same texts, which are cleaned and kept once.
    text = _CONTROL.sub("", str(value)).encode("utf-8", "replace").decode("utf-8").strip()
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH].rstrip()} ..."


@lru_cache(maxsize=CACHE_SIZE)
def _deduplicated(value: Hashable) -> Any:
    """The first of all equal values, so that equal ones are kept once."""
    return value


def _cluster(answer: Result) -> Changes:
    name = clean_text(answer.get("cluster"))
    return {"cluster": name} if name else {}


def _is_drift(drift: Result) -> bool:
    """Whether a difference is drift. Replicas that an autoscaler added are not, nor what the cluster adds itself."""
    return drift.get("kind") not in ("other", "kept")


def _release(answer: Result) -> Changes:
    release = answer.get("release")
    if not isinstance(release, Mapping):
        return {}
    chart = [clean_text(release.get(field)) for field in ("chart", "chart_version")]
    return {
        "after": _number(release.get("revision")),
        "release": "/".join(filter(None, (clean_text(release.get("namespace")), clean_text(release.get("name"))))),
        "status": clean_text(release.get("status")),
        "chart": " ".join(filter(None, chart)),
        "app_version": clean_text(release.get("app_version")),
    }


def _info(facts: Facts, answer: Result) -> Changes:
    if "history" not in answer or "registries" not in answer:
        return _fragment(answer)
    changes = _release(answer)
    registries = _deduplicated(tuple(_registry(facts, entry) for entry in _maps(answer.get("registries"))))
    pending, rollout, on_top = (answer.get(field) for field in ("pending", "rollout", "on_top"))
    changes |= {
        "before": changes.get("after") if facts.before is None else facts.before,
        "registries": registries,
        "registries_before": registries if facts.registries_before is None else facts.registries_before,
        "settled": answer.get("settled") is True,
        "pending": _pending(pending) if isinstance(pending, Mapping) else "",
        "pods": clean_text(rollout.get("text")) if isinstance(rollout, Mapping) else "",
        "stranded": tuple(_words(entry, "name", "id", "image") for entry in _maps(answer.get("stranded"))),
        "drift": tuple(_words(e, "variable", "change", "object") for e in _maps(answer.get("drift")) if _is_drift(e)),
        "disagreements": _texts(answer.get("disagreements")),
        "problems": tuple(_words(entry, "key", "problem") for entry in _maps(answer.get("problems"))),
        "next_sync_drops": _drops(on_top) if isinstance(on_top, Mapping) else (),
    }
    return changes | _fragment(answer)


def _died(answer: Result) -> bool:
    """Whether a module's process ended before it could return a result, as Ansible reports it."""
    return answer.get("failed") is True and bool({"module_stdout", "timedout"} & answer.keys())


def _change(facts: Facts, answer: Result) -> Changes:
    if "previous_revision" not in answer:
        # It may have been in the middle of a write.
        return {"written": True} if _died(answer) else _fragment(answer)
    changes = _release(answer) | _fragment(answer) | {"change": clean_text(answer.get("summary"))}
    before = _number(answer.get("previous_revision"))
    changes["before"] = before if facts.before is None else facts.before
    left = {entry.get("key") for entry in _maps(answer.get("registries"))}
    gone = [entry for entry in _maps(answer.get("removed")) if entry.get("key") not in left]
    changes["removed"] = tuple(clean_text(entry.get("key")) for entry in gone)
    if facts.registries_before is None:
        # The other levels were not read.
        changes["registries"] = tuple(
            _registry(facts, entry | {"stored": True}) for entry in _maps(answer.get("registries"))
        )
    return changes


def _rollout(_facts: Facts, answer: Result) -> Changes:
    rollout = answer.get("rollout")
    return {"pods": clean_text(rollout.get("text"))} if isinstance(rollout, Mapping) else {}


def _rollback(facts: Facts, answer: Result) -> Changes:
    if not isinstance(answer.get("release"), Mapping):
        return {"restored": False, "restoration": clean_text(answer.get("msg"))}
    return _release(answer) | {
        "restored": True,
        "restoration": clean_text(answer.get("summary")),
        "registries": facts.registries_before or (),
        "pods": "",
    }


def _smoke_test(facts: Facts, answer: Result) -> Changes:
    outcome = clean_text(answer.get("outcome")).replace("_", " ")
    listed = answer.get("recognized")
    if isinstance(listed, bool):
        outcome += ", listed by the API" if listed else ", not listed by the API"
    text = ": ".join(filter(None, (clean_text(answer.get("image")), outcome)))
    return {"tried": (*facts.tried, text)} if outcome else {}


def _pull_check(facts: Facts, answer: Result) -> Changes:
    text = clean_text(answer.get("summary")) or clean_text(answer.get("msg"))
    return {"tried": (*facts.tried, text)} if text and not answer.get("skipped") else {}


def _audit(facts: Facts, answer: Result) -> Changes:
    if "findings" not in answer:
        # It was refused, or has ended before it had found anything: nothing is known of the cluster.
        return {"verdict": clean_text(answer.get("verdict")) or UNREADABLE} if "msg" in answer else {}
    found = _deduplicated(
        tuple(
            Finding(
                severity=clean_text(entry.get("severity")),
                text=clean_text(entry.get("text")),
                next_step=clean_text(entry.get("next_step")),
            )
            for entry in _maps(answer.get("findings"))
        )
    )
    return _info(facts, answer) | {
        "findings": found,
        "verdict": clean_text(answer.get("verdict")),
        "nothing_wanted": answer.get("wanted") is False,
    }


_READERS: Mapping[str, Callable[[Facts, Result], Changes]] = {
    "api_rollout": _rollout,
    "function_smoke_test": _smoke_test,
    "image_pull_check": _pull_check,
    "recognized_registry": _change,
    "recognized_registry_audit": _audit,
    "recognized_registry_info": _info,
    "release_rollback": _rollback,
}


def _registry(facts: Facts, entry: Mapping[str, Any]) -> Registry:
    levels = [entry.get(level) for level in LEVELS]
    return Registry(
        service=facts.service,
        key=clean_text(entry.get("key")),
        name=clean_text(entry.get("name")),
        hostname=clean_text(entry.get("hostname")),
        levels=tuple(level if isinstance(level, bool) else None for level in levels),
    )


def _pending(pending: Mapping[str, Any]) -> str:
    number, status, since = (
        _number(pending.get("revision")),
        clean_text(pending.get("status")),
        clean_text(pending.get("modified")),
    )
    return f"revision {number} is {status} since {since}"


def _drops(on_top: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_words(entry, "key", "hostname") for entry in _maps(on_top.get("registries")))


def _fragment(answer: Result) -> Changes:
    owner, values = answer.get("owner"), answer.get("values_fragment")
    if isinstance(owner, Mapping) and isinstance(patch := owner.get("patch"), str):
        return {
            "fragment": _deduplicated(patch),
            "to_remove": _deduplicated(_texts(owner.get("remove"))),
            "delegated": "registries" not in answer,
        }
    return {"fragment": _deduplicated(values), "to_remove": (), "delegated": False} if isinstance(values, str) else {}


def _words(entry: Mapping[str, Any], *fields: str) -> str:
    return " ".join(filter(None, (clean_text(entry.get(field)) for field in fields)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(clean_text, value))) if isinstance(value, list) else ()


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (dict(entry) for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
