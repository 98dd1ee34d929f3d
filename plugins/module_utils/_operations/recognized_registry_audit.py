# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_audit: one cluster evaluated, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .._change.result import artifacts
from .._registries.wanted import check_wanted
from .._release_state.findings import NOT_LOOKED_AT, UNREADABLE, Finding, findings, unreadable, verdict
from .._release_state.read import LookOptions, read_state
from .._release_state.state import Missing
from .._runtime.errors import FindingsError, InputError, NvcfError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS
from .._runtime.options import group, option

FailOn = Literal["error", "warning", "never"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    look: LookOptions = group(LookOptions)
    report_as: str | None = option()
    fail_on: FailOn = option(choices=["error", "warning", "never"], default="error")


def run(host: Host, options: Options) -> dict[str, Any]:
    """Looks at one cluster and evaluates it; what cannot be looked at is evaluated too."""
    wanted = options.look.wanted
    if wanted.registries:
        check_wanted(wanted.registries, wanted.state)
    facts, found = _judge(host, options.look)
    if facts.get("missing"):
        return facts
    reported = {"findings": [finding.facts() for finding in found], "verdict": verdict(found)}
    result = {**facts, **reported, "wanted": wanted.compared_with is not None}
    if not result["wanted"] and reported["verdict"] not in NOT_LOOKED_AT:
        host.warn(
            f"cluster {result['cluster']}: registries is empty, so there is no desired state: only drift, the rollout "
            "and differences between the levels were checked."
        )
    if failing := [finding for finding in found if _fails(finding, options.fail_on)]:
        failure = FindingsError("; ".join(finding.text.removesuffix(".") for finding in failing) + ".", **result)
        failure.cluster = result["cluster"]
        raise failure
    if options.report_as and result["verdict"] in ("drifted", *NOT_LOOKED_AT):
        return result | artifacts(f"nvcf_{result['verdict']}", options.report_as)
    return result


def _judge(host: Host, look: LookOptions) -> tuple[dict[str, Any], Sequence[Finding]]:
    """What was found, as facts and as findings."""
    try:
        state = read_state(host, look, list_refused=True)
    except InputError:
        raise
    except NvcfError as error:
        cluster = error.cluster or look.connection.context or look.connection.host
        owner = {"owner": error.facts["owner"]} if "owner" in error.facts else {}
        return {"changed": False, "cluster": cluster, **owner}, [unreadable(error)]
    if isinstance(state, Missing):
        return state.facts(), ()
    refused = [function.facts() for function in state.api.refused]
    return {
        **state.facts(details=look.details),
        "refused": refused,
        "functions_problem": state.api.functions_problem,
    }, findings(state)


def _fails(finding: Finding, fail_on: FailOn) -> bool:
    return fail_on == "warning" or (fail_on == "error" and finding.severity == "error")


# What is refused, times out or ends unexpectedly says nothing about the cluster.
OPERATION = Operation(options=Options, run=run, constraints=TOKENS, failing={"verdict": UNREADABLE})
