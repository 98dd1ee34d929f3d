# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_audit: one cluster judged, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._change.result import artifacts
from .._nvcf.client import NvcfApi
from .._nvcf.functions_by_host import refused
from .._registries.plan import Wanted, check_wanted
from .._release_state.findings import Finding, findings, unreadable, verdict
from .._runtime.errors import FindingsError, InputError, NvcfApiError, NvcfError
from .._runtime.operation import Host, Operation
from . import recognized_registry_info


def run(host: Host) -> dict[str, Any]:
    """Looks at one cluster and judges it; what can't be looked at is judged too."""
    params = host.params
    if params["registries"]:
        check_wanted([Wanted(**entry) for entry in params["registries"]], params["state"])
    try:
        functions = _Functions()
        info = recognized_registry_info.look(host, also=functions.read) | functions.facts()
        found = findings(info)
    except InputError:
        raise
    except NvcfError as error:
        cluster = error.cluster or params["context"] or params["host"]
        info, found = {"changed": False, "cluster": cluster}, [unreadable(error)]
    result = {**info, "findings": [finding.facts() for finding in found], "verdict": verdict(found)}
    if failing := [finding for finding in found if _fails(finding, params["fail_on"])]:
        failure = FindingsError("; ".join(finding.text.removesuffix(".") for finding in failing) + ".", **result)
        failure.cluster = result["cluster"]
        raise failure
    if params["report_as"] and result["verdict"] in ("drifted", "unreachable"):
        return result | artifacts(f"nvcf_{result['verdict']}", params["report_as"])
    return result


@dataclass
class _Functions:
    """What a look at all functions tells. An audit is the only one to look: they may be many."""

    told: Sequence[dict[str, str]] = ()
    problem: str | None = None

    def read(self, api: NvcfApi, recognized: Sequence[Mapping[str, str]]) -> None:
        """A token may be allowed less than the rest of the audit needs, so a refusal is a finding."""
        try:
            self.told = [function.facts() for function in refused(api.functions(), recognized)]
        except NvcfApiError as error:
            self.problem = str(error)

    def facts(self) -> dict[str, Any]:
        return {"refused": list(self.told), "functions_problem": self.problem}


def _fails(finding: Finding, fail_on: str) -> bool:
    return fail_on == "warning" or (fail_on == "error" and finding.severity == "error")


# It has its own way to say what fails.
_LOOK = {name: spec for name, spec in recognized_registry_info.OPERATION.argument_spec.items() if name != "fail_when"}

OPERATION = Operation(
    run=run,
    argument_spec={
        **_LOOK,
        "report_as": {},
        "fail_on": {"choices": ["error", "warning", "never"], "default": "error"},
    },
    constraints=recognized_registry_info.OPERATION.constraints,
)
