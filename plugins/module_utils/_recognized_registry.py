# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry: read, plan, guard, apply, verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import _argspec
from ._change import Contended, apply_change, contended
from ._cluster import Cluster, connect
from ._drift import Drift, fates, live_drift, repairable
from ._errors import NvcfError, ReleaseError
from ._held import held
from ._history import read_base
from ._host import Host, Operation
from ._pending import settle
from ._plan import RegistryPlan, Wanted, check_wanted, make_plan
from ._release import History, Release, read_history, read_release
from ._report import change_facts
from ._restore import restore
from ._upgrade import prepare, refuse_others
from ._values import read_env

ATTEMPTS = 5


def run(host: Host) -> dict[str, Any]:
    """Brings the recognised registries of one release to what is wanted."""
    wanted = [Wanted(**entry) for entry in host.params["registries"]]
    for warning in check_wanted(wanted, host.params["state"]):
        host.warn(warning)
    with connect(host.params) as cluster:
        overtaken: int | None = None
        try:
            for attempt in range(ATTEMPTS):
                try:
                    return _change(host, cluster, wanted, overtaken)
                except Contended as other:
                    host.say(f"{cluster.name}: {other}; planning anew ({attempt + 1})")
                    overtaken = other.base
            raise ReleaseError(
                f"release {host.params['namespace']}/{host.params['release']} was changed by others {ATTEMPTS} times "
                "in a row while this run was at it. Nothing of theirs was lost. Run again when it is quiet."
            )
        except NvcfError:
            if overtaken is not None:
                _give_back(cluster, overtaken, host.params)
            raise


def _give_back(cluster: Cluster, revision: int, params: Mapping[str, Any]) -> None:
    """What this run has replaced without seeing it is deployed again, because it could not be built upon."""
    history = read_history(cluster, release=params["release"], namespace=params["namespace"])
    restore(cluster, history, read_release(cluster, history, revision), params)


def _change(host: Host, cluster: Cluster, wanted: Sequence[Wanted], revision: int | None) -> dict[str, Any]:
    params = host.params
    history = settle(host, cluster, params)
    _check_expected(history, params.get("expected_revision"))
    base = read_release(cluster, history, revision) if revision else read_base(cluster, history)
    plan = make_plan(read_env(base.values), wanted, state=params["state"], on_existing=params["on_existing"])
    for warning in plan.warnings:
        host.warn(warning)
    drift = live_drift(cluster, base)
    result = change_facts(cluster, history, base, plan, drift)
    summary = _summary(base, plan, drift, overtaken=revision is not None)
    for fate in fates(drift, base.revision, upgrading=summary is not None):
        host.warn(f"cluster {cluster.name}: {fate}")
    if summary is None:
        return result
    result |= {"changed": True, "summary": summary}
    return result | _upgrade(host, cluster, history, base, plan, summary, drift)


def _summary(base: Release, plan: RegistryPlan, drift: Sequence[Drift], *, overtaken: bool) -> str | None:
    """What an upgrade is for, in a line; None when none is needed."""
    if plan.changed:
        return plan.summary
    if held(base.workload.env) != plan.after:
        # With --reuse-values a null takes a variable out of the values, and leaves it in what is rendered.
        return "render what the values say"
    if repairable(drift):
        return "repair what was edited by hand"
    # It holds all that is wanted, but is not what is deployed.
    return "keep what was changed meanwhile" if overtaken else None


def _upgrade(
    host: Host,
    cluster: Cluster,
    history: History,
    base: Release,
    plan: RegistryPlan,
    summary: str,
    drift: Sequence[Drift],
) -> dict[str, Any]:
    upgrade = prepare(cluster, base, plan, summary, history.newest.number, host.params)
    found = upgrade.predict()
    facts: dict[str, Any] = {"command": upgrade.command, "other_changes": [str(difference) for difference in found]}
    refuse_others(found, base.chart_version, host.params)
    if host.check_mode:
        return facts
    with contended(cluster, history):
        stored = apply_change(cluster, history, upgrade, drift)
    after = live_drift(cluster, stored)
    return facts | {"release": stored.facts(), "drift_after": [item.facts() for item in after]}


def _check_expected(history: History, expected: int | None) -> None:
    found = history.deployed.number if history.deployed else None
    if expected is not None and found != expected:
        raise ReleaseError(
            f"release {history.namespace}/{history.name} is at revision {found}, and expected_revision is {expected}: "
            "somebody changed it since it was looked at. Look again, and run with what is there now.",
            history=history.facts(),
        )


_POLICIES: Mapping[str, Any] = {
    "on_existing": {"choices": ["fail", "replace", "keep"], "default": "fail"},
    "on_pending": {"choices": ["fail", "wait", "rollback"], "default": "fail"},
    "pending_timeout": {"type": "int", "default": 600},
    "expected_revision": {"type": "int"},
    "allow_other_changes": {"type": "bool", "default": False},
    "history_max": {"type": "int", "default": 10},
}

OPERATION = Operation(
    run=run,
    argument_spec={
        **_argspec.CLUSTER,
        **_argspec.RELEASE,
        **_argspec.HELM,
        **_argspec.CHART,
        **_POLICIES,
        "registries": _argspec.registries(required=True),
        "state": _argspec.STATE,
    },
)
