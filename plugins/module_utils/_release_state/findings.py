# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says about one cluster: each finding with what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from .._change.deployer_values import OnTop
from .._change.drift import KEPT, Drift
from .._helm.storage import UNINSTALLED, History
from .._nvcf.question import Outcome
from .._nvcf.workloads import OnImage
from .._registries.configured import HeldRegistry, Problem, problems
from .._registries.levels import Levels
from .._registries.rules import NATIVE_KEYS
from .._rollout.verdict import Verdict
from .._runtime.errors import NvcfError
from .elsewhere import Elsewhere
from .state import ApiAnswer, DeployedState, ReleaseState

Severity = Literal["error", "warning"]
UNREADABLE = "unreadable"
NOT_LOOKED_AT = ("unreachable", UNREADABLE)
"""Kinds of findings about a cluster of which nothing else is known, so that no change can be what it needs."""
VERDICTS = (*NOT_LOOKED_AT, "drifted", "warning", "ok")
"""Each goes before those behind it where several services of a cluster have different ones."""


class FindingFacts(TypedDict):
    """One finding in a result."""

    kind: str
    severity: str
    text: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a person should know."""

    kind: str
    severity: Severity
    text: str
    next_step: str

    def facts(self) -> FindingFacts:
        """For results and reports."""
        return {"kind": self.kind, "severity": self.severity, "text": self.text, "next_step": self.next_step}


def unreadable(error: NvcfError) -> Finding:
    """For a cluster that could not be looked at."""
    if error.silent:
        step = "Check that `kubectl get --raw /version` works with the same kubeconfig and context."
        return Finding(kind="unreachable", severity="error", text=str(error), next_step=step)
    step = "Fix what the message names, then run the audit again."
    return Finding(kind="unreadable", severity="error", text=str(error), next_step=step)


def findings(state: ReleaseState) -> list[Finding]:
    """All findings about one release, errors first."""
    found = [*_of_registries(state), *_of_functions(state.api), *_of_history(state.history)]
    if state.deployed:
        found += _of_rollout(state.deployed.rollout)
    found += [*_of_api(state.api), *_of_asked(state.api.asked)]
    if state.deployed:
        found += _of_next_sync(state.deployed.on_top)
    return sorted(found, key=lambda finding: finding.severity != "error")


def verdict(found: Sequence[Finding]) -> str:
    """unreachable, unreadable, drifted, warning or ok."""
    errors = {finding.kind for finding in found if finding.severity == "error"}
    for kind in NOT_LOOKED_AT:
        if kind in errors:
            return kind
    # An API that is up and cannot be asked keeps a change from being verified, so that a change is refused. One that
    # is down may be what a change heals.
    if "api" in errors and "rollout" not in errors:
        return UNREADABLE
    if errors:
        return "drifted"
    return "warning" if found else "ok"


def _of_registries(state: ReleaseState) -> Iterator[Finding]:
    step = "Run fleetops.nvcf.add (or remove) on this cluster, with --check --diff first."
    if state.deployed and (owner := state.deployed.owner):
        step = f"{owner.tool} {'owns' if owner.known else 'may own'} the release. {owner.way}"
    if state.deployed and state.deployed.conflicts:
        step = "Resolve the finding recognized_elsewhere first: until then a change is refused."
    for text in state.unmet:
        yield _error("unmet", text, step)
    if state.deployed:
        yield from _of_deployed(state.deployed, reported=state.unmet)


def _of_deployed(deployed: DeployedState, *, reported: Sequence[str]) -> Iterator[Finding]:
    for found in deployed.elsewhere:
        yield _of_elsewhere(found)
    for level in deployed.levels:
        text = level.disagreement
        if text and text not in reported and not level.elsewhere:
            yield _error("disagreement", text, "Run fleetops.nvcf.add on this cluster: it repairs all levels.")
    for problem in deployed.problems:
        yield _of_problem(problem)
    for level in deployed.levels:
        if level.recognized and not level.stored:
            yield from _of_listed(level)
    for item in deployed.drift:
        yield _of_drift(item)


def _of_elsewhere(found: Elsewhere) -> Finding:
    if found.conflict:
        return _error("recognized_elsewhere", found.text, "Remove it from registries, or remove it where it is set.")
    if found.also:
        return _error("recognized_elsewhere", found.text, "Remove one of the two entries.")
    step = "No action if the deployer intends this: it needs no entry in the release."
    return _warning("recognized_elsewhere", found.text, step)


def _of_problem(problem: Problem) -> Finding:
    text = f"{problem.key}: {problem.text}"
    if problem.key.upper() in NATIVE_KEYS and not problem.fatal:
        step = "No action if the deployer intends this; otherwise remove the key with state absent."
        return _warning("problem", text, step)
    return _error("problem", text, "Give the complete entry in registries, or remove it with state absent.")


def _of_listed(level: Levels) -> Iterator[Finding]:
    """Of what the API lists though the release does not hold it: the key is not known, and the API has started."""
    service = level.registry.service
    listed = HeldRegistry(service=service, key="LISTED", name=level.registry.name, hostname=level.registry.hostname)
    for problem in problems([listed]):
        if not problem.fatal:
            text = f"the API lists {listed.hostname}, but {problem.text.removesuffix('.')}"
            step = "Find what sets it outside the release's values, and correct or remove it there."
            yield _error("problem", text, step)


def _of_drift(item: Drift) -> Finding:
    text = f"{item.variable} was {item.change} by hand in {item.name}"
    if item.kind == KEPT:
        text = f"{item.variable} of {item.name} is {item.change} by the cluster itself (admission) at every write"
        step = "No action if that is intended: an upgrade does not change it. If not, change that policy or webhook."
        return _warning("drift", text, step)
    if item.ours:
        return _error("drift", text, "Run fleetops.nvcf.add on this cluster: it restores the values of the release.")
    return _warning("drift", text, "Find out who edited it: the next upgrade of the release may overwrite the edit.")


def _of_functions(api: ApiAnswer) -> Iterator[Finding]:
    for function in api.stranded or ():
        yield _warning("stranded", _on_image(function), "Move or delete it before you remove the registry.")
    for function in api.refused:
        text = f"{_on_image(function)}, which is not recognized"
        yield _warning(
            "refused", text, "It cannot be deployed again: add the registry again, or move or delete the workload."
        )


def _on_image(workload: OnImage) -> str:
    return f"{workload.noun} {workload.name} ({workload.id}) uses {workload.image}"


def _of_history(history: History) -> Iterator[Finding]:
    newest, deployed = history.newest, history.deployed
    if newest.status == UNINSTALLED:
        yield _error(
            "uninstalled",
            f"the release was uninstalled, {newest.since}",
            "Install it again, or return to a revision with release_rollback if that was a mistake.",
        )
    elif newest.pending:
        yield _error(
            "pending",
            f"revision {newest.number} is {newest.status} since {newest.since}",
            "Wait for it. If no helm process is running, run add with registry_allowlist_on_pending: rollback.",
        )
    elif newest.status == "failed":
        yield _warning(
            "failed_revision",
            f"the newest revision {newest.number} has failed; {deployed.number if deployed else 'none'} is deployed",
            "No action if that was rolled back intentionally; otherwise check `helm history`.",
        )


def _of_rollout(rollout: Verdict) -> Iterator[Finding]:
    if rollout.kind == "stale":
        yield _error(
            "rollout",
            rollout.text,
            "Run fleetops.nvcf.api_rollout or the playbook add: both restart the pods (kubectl rollout restart).",
        )
    elif rollout.kind != "done":
        yield _error(
            "rollout",
            rollout.text,
            "Check the events and the log of the pod. release_rollback returns to a good revision.",
        )


def _of_api(api: ApiAnswer) -> Iterator[Finding]:
    if api.problem:
        yield _error("api", api.problem, "Correct what the message names, or audit with ask_api: false.")
    if api.functions_problem:
        step = "Fix the cause; the token needs the scope list_functions."
        yield _warning("functions", api.functions_problem, step)


def _of_asked(asked: Mapping[str, Outcome]) -> Iterator[Finding]:
    """The API's answer about an image, if it is neither yes nor no. A reason of many hosts is reported once."""
    unknown: dict[str, list[str]] = {}
    for host, outcome in asked.items():
        if outcome.verdict == "credential_missing":
            text = f"{host} is built in and has no credential, so its images are rejected regardless of the allowlist"
            yield _warning("credential_missing", text, "Register a credential for it in NVCF.")
        elif outcome.verdict == "unknown":
            unknown.setdefault(outcome.explanation, []).append(host)
    for reason, hosts in unknown.items():
        text = f"whether images of {', '.join(hosts)} are accepted is unknown: {reason}"
        yield _warning("accepted", text, "Fix the cause, or run the audit without probe.")


def _of_next_sync(on_top: OnTop) -> Iterator[Finding]:
    for registry in on_top.registries:
        yield _warning(
            "next_sync_drops",
            f"{registry.key} ({registry.hostname}) is not in the stack values ({on_top.basis})",
            "Add values_fragment to the stack values before the next deployment.",
        )


def _error(kind: str, text: str, next_step: str) -> Finding:
    return Finding(kind=kind, severity="error", text=text, next_step=next_step)


def _warning(kind: str, text: str, next_step: str) -> Finding:
    return Finding(kind=kind, severity="warning", text=text, next_step=next_step)
