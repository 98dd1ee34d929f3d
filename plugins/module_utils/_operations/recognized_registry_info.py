# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_info: what is, at every level, without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._change.deployer_values import OnTop, on_top
from .._change.drift import find_drift, repairable
from .._change.revisions import is_healthy, last_good
from .._helm.manifest import Workload
from .._helm.storage import read_history, read_release
from .._kubernetes.api_client import Cluster, connect
from .._nvcf.client import Function, NvcfApi
from .._nvcf.connect import open_api
from .._nvcf.functions_by_host import leaving, stranded
from .._registries.configured import HeldRegistry, held, problems
from .._registries.levels import compare, unmet
from .._registries.plan import Wanted
from .._registries.values import fragment, read_env
from .._release_state.refusals import refusals
from .._rollout.observed_state import LiveWorkload, read_workload
from .._rollout.verdict import judge
from .._runtime import argument_specs
from .._runtime.errors import FindingsError, NvcfApiError
from .._runtime.operation import Host, Operation

_NO_RELEASE: dict[str, Any] = {
    "release": None,
    "registries": [],
    "problems": [],
    "disagreements": [],
    "unmet": ["the release has no deployed revision"],
    "settled": False,
    "api_problem": None,
    "stranded": [],
    "stranded_problem": None,
    "last_good_revision": None,
    "drift": [],
    "rollout": None,
    "on_top": OnTop().facts(),
    "values_fragment": "",
}


Also = Callable[[NvcfApi, Sequence[Mapping[str, str]]], None]
"""What else is asked while the API is open; it is given the API's own list."""


def run(host: Host) -> dict[str, Any]:
    """Looks, and fails with what was found where that is asked for."""
    info = look(host)
    for refusal in refusals(info):
        if refusal.condition in host.params["fail_when"]:
            failure = FindingsError(refusal.failure, **info)
            failure.cluster = info["cluster"]
            raise failure
        if refusal.condition == "stranded":
            host.warn(f"cluster {info['cluster']}: {refusal.text}")
    return info


def look(host: Host, *, also: Also | None = None) -> dict[str, Any]:
    """Reads one release and what became of it."""
    params = host.params
    with connect(params) as cluster:
        history = read_history(cluster, release=params["release"], namespace=params["namespace"])
        result: dict[str, Any] = {
            "changed": False,
            "cluster": cluster.name,
            "history": history.facts(),
            "pending": history.newest.facts() if history.newest.pending else None,
        }
        if history.deployed is None:
            return result | _NO_RELEASE
        release = read_release(cluster, history, history.deployed.number)
        stored = held(read_env(release.values))
        live = read_workload(cluster, release.workload)
        wanted = [Wanted(**entry) for entry in params["registries"] or []]
        api = _ask(cluster, params, (release.workload, live), leaving(stored, wanted, params["state"]), also)
        levels = compare(stored=stored, rendered=held(live.env), running=_running(live), recognized=api.recognized)
        verdict = judge(live)
        drift = find_drift(release.workload, {"data": live.env}, live.deployment)
        left = unmet(levels, wanted, params["state"]) if params["registries"] is not None else []
        good = last_good(cluster, history, release, healthy=is_healthy(cluster, history, live))
        return result | {
            "release": release.facts(),
            "registries": [level.facts() for level in levels],
            "problems": [problem.facts() for problem in problems(stored)],
            "disagreements": [level.disagreement for level in levels if level.disagreement],
            "unmet": left,
            "settled": params["registries"] is not None
            and not (left or api.problem or repairable(drift))
            and verdict.kind == "done"
            and history.newest == history.deployed
            and held(release.workload.env) == stored,
            "api_problem": api.problem,
            "stranded": None if api.stranded is None else [function.facts() for function in api.stranded],
            "stranded_problem": api.stranded_problem,
            "last_good_revision": good.revision if good else None,
            "drift": [item.facts() for item in drift],
            "rollout": {"state": verdict.kind, "text": verdict.text},
            "on_top": on_top(cluster, history, release, params["stack_values"]).facts(),
            "values_fragment": fragment(stored),
        }


def _running(live: LiveWorkload) -> tuple[HeldRegistry, ...] | None:
    """What the serving pods were started with; None when nobody serves, or where they differ or that is not known."""
    serving = [pod.name for pod in live.pods if pod.serving]
    environments = [live.started_with.get(name) if name in live.stale else live.env for name in serving]
    found = {None if environment is None else held(environment) for environment in environments}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the API says, or why it says nothing: an API that is down is a finding here, no error."""

    recognized: list[dict[str, str]] | None = None
    problem: str | None = None
    stranded: Sequence[Function] | None = ()
    """None when functions may be stranded and nobody could say which."""
    stranded_problem: str | None = None


def _ask(
    cluster: Cluster,
    params: Mapping[str, Any],
    seen: tuple[Workload, LiveWorkload],
    hosts: set[str],
    also: Also | None,
) -> _Told:
    if not params["ask_api"]:
        return _told_nothing(hosts, "the API is not asked (ask_api is false)")
    try:
        with open_api(cluster, params, seen) as api:
            recognized = api.recognized()
            if also:
                also(api, recognized)
            try:
                # Functions are many, and of interest only to a removal.
                return _Told(recognized=recognized, stranded=stranded(api.functions(), hosts) if hosts else ())
            except NvcfApiError as error:
                return replace(_told_nothing(hosts, str(error)), recognized=recognized)
    except NvcfApiError as error:
        return replace(_told_nothing(hosts, str(error)), problem=str(error))


def _told_nothing(hosts: set[str], reason: str) -> _Told:
    return _Told(stranded=None, stranded_problem=reason) if hosts else _Told()


OPERATION = Operation(
    run=run,
    argument_spec={
        **argument_specs.CLUSTER,
        **argument_specs.RELEASE,
        **argument_specs.NVCF_API,
        "ask_api": {"type": "bool", "default": False},
        "registries": argument_specs.registries(required=False),
        "state": argument_specs.STATE,
        "stack_values": {"type": "path"},
        "fail_when": {
            "type": "list",
            "elements": "str",
            "choices": ["unmet", "unverifiable", "stranded"],
            "default": [],
        },
    },
    constraints={"mutually_exclusive": [["token", "token_file"]]},
)
