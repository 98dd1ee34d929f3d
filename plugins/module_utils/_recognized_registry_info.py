# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_info: what is, at every level, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import _argspec
from ._api_access import open_api
from ._cluster import Cluster, connect
from ._drift import find_drift, repairable
from ._errors import NvcfApiError
from ._held import HeldRegistry, held, problems
from ._history import is_healthy, last_good
from ._host import Host, Operation
from ._levels import compare, unmet
from ._manifest import Workload
from ._nvcf_api import Function
from ._plan import Wanted
from ._release import read_history, read_release
from ._rollout import judge
from ._stack import OnTop, on_top
from ._stranded import leaving, stranded
from ._values import fragment, read_env
from ._workload import LiveWorkload, read_workload

_NO_RELEASE: dict[str, Any] = {
    "release": None,
    "registries": [],
    "problems": [],
    "disagreements": [],
    "unmet": ["the release has no deployed revision"],
    "settled": False,
    "api_problem": None,
    "stranded": [],
    "last_good_revision": None,
    "drift": [],
    "rollout": None,
    "on_top": OnTop().facts(),
    "values_fragment": "",
}


def run(host: Host) -> dict[str, Any]:
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
        api = _ask(cluster, params, (release.workload, live), leaving(stored, wanted, params["state"]))
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
            "stranded": [function.facts() for function in api.stranded],
            "last_good_revision": good.revision if good else None,
            "drift": [item.facts() for item in drift],
            "rollout": {"state": verdict.kind, "text": verdict.text},
            "on_top": on_top(cluster, history, release, params["stack_values"]).facts(),
            "values_fragment": fragment(stored),
        }


def _running(live: LiveWorkload) -> tuple[HeldRegistry, ...] | None:
    """What the serving pods run with; None when nobody serves or when one is older than its environment."""
    serving = [pod for pod in live.pods if pod.serving]
    if not serving or any(pod.name in live.stale for pod in serving):
        return None
    return held(live.env)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the API says, or why it says nothing: an API that is down is a finding here, no error."""

    recognized: list[dict[str, str]] | None = None
    stranded: Sequence[Function] = ()
    problem: str | None = None


def _ask(cluster: Cluster, params: Mapping[str, Any], seen: tuple[Workload, LiveWorkload], hosts: set[str]) -> _Told:
    if not params["ask_api"]:
        return _Told()
    try:
        with open_api(cluster, params, seen) as api:
            # Functions are many, and of interest only to a removal.
            return _Told(recognized=api.recognized(), stranded=stranded(api.functions(), hosts) if hosts else ())
    except NvcfApiError as error:
        return _Told(problem=str(error))


OPERATION = Operation(
    run=run,
    argument_spec={
        **_argspec.CLUSTER,
        **_argspec.RELEASE,
        **_argspec.NVCF_API,
        "ask_api": {"type": "bool", "default": False},
        "registries": _argspec.registries(required=False),
        "state": _argspec.STATE,
        "stack_values": {"type": "path"},
    },
    constraints={"mutually_exclusive": [["token", "token_file"]]},
)
