# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit has to say about one cluster: each finding with what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._registries.configured import HeldRegistry, problems, variables
from .._registries.rules import NATIVE_KEYS
from .._runtime.errors import NvcfError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a person should know."""

    kind: str
    severity: Severity
    text: str
    next_step: str

    def facts(self) -> dict[str, str]:
        """For results and reports."""
        return {"kind": self.kind, "severity": self.severity, "text": self.text, "next_step": self.next_step}


def unreadable(error: NvcfError) -> Finding:
    """For a cluster that could not be looked at."""
    if error.silent:
        step = "See whether `kubectl get --raw /version` answers with the same kubeconfig and context."
        return Finding(kind="unreachable", severity="error", text=str(error), next_step=step)
    step = "Mend what the message names, then run the audit again."
    return Finding(kind="unreadable", severity="error", text=str(error), next_step=step)


def findings(info: Mapping[str, Any]) -> list[Finding]:
    """All findings about what recognized_registry_info returned, errors first."""
    found = [*_of_registries(info), *_of_release(info), *_of_pods(info), *_of_stack(info)]
    return sorted(found, key=lambda finding: finding.severity != "error")


def verdict(found: Sequence[Finding]) -> str:
    """unreachable, drifted, warning or ok."""
    if any(finding.kind == "unreachable" for finding in found):
        return "unreachable"
    if any(finding.severity == "error" for finding in found):
        return "drifted"
    return "warning" if found else "ok"


def _of_problem(problem: Mapping[str, Any]) -> Finding:
    text = f"{problem['key']}: {problem['problem']}"
    if problem["key"].upper() in NATIVE_KEYS and not problem["fatal"]:
        return _warning("problem", text, "Nothing, if the stack means it so. Else remove the key with state absent.")
    return _error("problem", text, "Give the key whole in registries, or remove it with state absent.")


def _of_registries(info: Mapping[str, Any]) -> Iterator[Finding]:
    for text in info["unmet"]:
        yield _error("unmet", text, "Run fleetops.nvcf.add (or rollback) on this cluster, with --check first.")
    for text in info["disagreements"]:
        if text not in info["unmet"]:
            yield _error("disagreement", text, "Run fleetops.nvcf.add on this cluster: it repairs and rolls out.")
    for problem in info["problems"]:
        yield _of_problem(problem)
    for row in info["registries"]:
        if row["recognized"] and not row["stored"]:
            yield from _of_listed(row["name"], row["hostname"])
    for item in info["drift"]:
        text = f"{item['variable']} was {item['change']} by hand in {item['object']}"
        if variables({item["variable"]: ""}) or (item["variable"], item["change"]) == ("envFrom", "removed"):
            yield _error("drift", text, "Run fleetops.nvcf.add on this cluster: it brings back what the release says.")
        else:
            yield _warning("drift", text, "Ask who did it: the next upgrade of the release may overwrite it.")
    for function in info["stranded"] or []:
        text = f"function {function['name']} ({function['id']}) is on {function['image']}"
        yield _warning("stranded", text, "Move or delete it before the registry goes.")
    for function in info["refused"]:
        text = f"function {function['name']} ({function['id']}) is on {function['image']}, which is not recognised"
        yield _warning("refused", text, "It can't be deployed again: bring the registry back, or move or delete it.")


def _of_listed(name: str, hostname: str) -> Iterator[Finding]:
    """Of what the API lists though the release does not hold it: the key is not known, and the API has started."""
    for problem in problems([HeldRegistry(key="LISTED", name=name, hostname=hostname)]):
        if not problem.fatal:
            text = f"the API lists {hostname}, but {problem.text.removesuffix('.')}"
            yield _error("problem", text, "Find what sets it beside the release's values, and mend or remove it there.")


def _of_release(info: Mapping[str, Any]) -> Iterator[Finding]:
    newest = info["history"][0]
    if pending := info["pending"]:
        yield _error(
            "pending",
            f"revision {pending['revision']} is {pending['status']} since {pending['modified']}",
            "Wait for it. If no helm runs any more, add with registry_allowlist_on_pending: rollback.",
        )
    elif newest["status"] == "failed":
        yield _warning(
            "failed_revision",
            f"the newest revision {newest['revision']} has failed; "
            + (f"{info['release']['revision']} is deployed" if info["release"] else "none is deployed"),
            "Nothing, if that was taken back on purpose. Else see `helm history`.",
        )


def _of_pods(info: Mapping[str, Any]) -> Iterator[Finding]:
    rollout = info["rollout"]
    if rollout and rollout["state"] == "stale":
        yield _error("rollout", rollout["text"], "Run fleetops.nvcf.api_rollout, or add: both restart gently.")
    elif rollout and rollout["state"] != "done":
        yield _error("rollout", rollout["text"], "See the pod's events and log; release_rollback leads back.")
    if info["api_problem"]:
        yield _error("api", info["api_problem"], "Mend what the message names, or audit with ask_api: false.")
    if info["functions_problem"]:
        yield _warning(
            "functions",
            info["functions_problem"],
            "Do what the message says; the token needs the scope list_functions.",
        )


def _of_stack(info: Mapping[str, Any]) -> Iterator[Finding]:
    for registry in info["on_top"]["registries"]:
        yield _warning(
            "next_sync_drops",
            f"{registry['key']} ({registry['hostname']}) is not in the stack's values ({info['on_top']['basis']})",
            "Put the values fragment into the stack before its next sync.",
        )


def _error(kind: str, text: str, next_step: str) -> Finding:
    return Finding(kind=kind, severity="error", text=text, next_step=next_step)


def _warning(kind: str, text: str, next_step: str) -> Finding:
    return Finding(kind=kind, severity="warning", text=text, next_step=next_step)
