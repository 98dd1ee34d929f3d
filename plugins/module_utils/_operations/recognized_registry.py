# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry: read, plan, guard, apply, verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._change.apply import Contended, Overtaken, apply_change, give_back
from .._change.drift import Drift, fates, live_drift, repairable
from .._change.result import artifacts, change_facts
from .._change.revisions import is_healthy, last_good, read_base
from .._change.unlock import check_expected, settle
from .._change.upgrade import prepare, refuse_others
from .._change.write_record import Trail
from .._helm.storage import History, Release, read_release
from .._kubernetes.api_client import Cluster, connect
from .._registries.configured import held
from .._registries.plan import RegistryPlan, Wanted, check_wanted, make_plan
from .._registries.values import read_env
from .._runtime import argument_specs
from .._runtime.errors import NvcfError, ReleaseError
from .._runtime.operation import Host, Operation

ATTEMPTS = 5


def run(host: Host) -> dict[str, Any]:
    """Brings the recognised registries of one release to what is wanted."""
    wanted = [Wanted(**entry) for entry in host.params["registries"]]
    for warning in check_wanted(wanted, host.params["state"]):
        host.warn(warning)
    trail = Trail()
    with connect(host.params) as cluster, trail.told():
        result = _attempts(host, cluster, wanted, trail)
    if host.params["report_as"] and result["changed"] and not host.check_mode:
        return result | artifacts("nvcf_changed", host.params["report_as"])
    return result


def _attempts(host: Host, cluster: Cluster, wanted: Sequence[Wanted], trail: Trail) -> dict[str, Any]:
    overtaken: Overtaken | None = None
    try:
        for attempt in range(ATTEMPTS):
            try:
                return _change(host, cluster, wanted, overtaken, trail)
            except Contended as other:
                host.say(f"{cluster.name}: {other}; planning anew ({attempt + 1})")
                former, overtaken = overtaken, other.overtaken or overtaken
            if former and overtaken and former != overtaken:
                raise ReleaseError(
                    f"while revision {former.theirs} was being built upon, revision {overtaken.theirs} came in "
                    f"between, which holds nothing of it. Make the change of revision {former.theirs} again, then this."
                )
        raise ReleaseError(
            f"release {host.params['namespace']}/{host.params['release']} was changed by others {ATTEMPTS} times "
            "in a row while this run was at it. Nothing of theirs was lost. Run again when it is quiet."
        )
    except BaseException as cause:
        # An interrupt too: what was replaced unseen must not stay so.
        if overtaken:
            _give_back(host, cluster, overtaken, trail, cause)
        raise


def _give_back(host: Host, cluster: Cluster, overtaken: Overtaken, trail: Trail, cause: BaseException) -> None:
    try:
        give_back(cluster, overtaken, host.params, trail)
    except NvcfError as second:
        if isinstance(cause, NvcfError):
            raise ReleaseError(
                f"{cause} Revision {overtaken.theirs}, which somebody else made and this run's {overtaken.ours} "
                f"replaced without seeing it, could not be given back: {second} See whether what it held is there.",
                **cause.facts,
            ) from cause


def _change(
    host: Host, cluster: Cluster, wanted: Sequence[Wanted], overtaken: Overtaken | None, trail: Trail
) -> dict[str, Any]:
    params = host.params
    if overtaken:
        check_expected(params, overtaken.theirs)
    settled = settle(host, cluster, params, trail)
    history = settled.history
    if overtaken and history.deployed and history.deployed.number != trail.newest:
        raise ReleaseError(
            f"revision {history.deployed.number} was built on this run's {overtaken.ours} before that could be made "
            "anew. Run again when it is quiet."
        )
    base = read_release(cluster, history, overtaken.theirs) if overtaken else settled.returned
    base = base or read_base(cluster, history)
    plan = make_plan(read_env(base.values), wanted, state=params["state"], on_existing=params["on_existing"])
    for warning in plan.warnings:
        host.warn(warning)
    # What a rollback that is only told would leave is its target.
    drift = [] if settled.returned and host.check_mode else live_drift(cluster, base)
    result = change_facts(cluster, history, base, plan, drift)
    summary = _summary(base, plan, drift, overtaken=overtaken is not None)
    for fate in fates(drift, base.revision, upgrading=summary is not None):
        host.warn(f"cluster {cluster.name}: {fate}")
    if summary is None:
        if settled.returned:
            result["summary"] = "take back what was pending"
        written = trail.changed or settled.returned is not None
        return result | ({"changed": True, "last_good_revision": base.revision} if written else {})
    change = _Change(
        history=history, base=base, plan=plan, summary=summary, drift=drift, taken_back=settled.returned is not None
    )
    return result | {"changed": True, "summary": summary} | _upgrade(host, cluster, change, trail)


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


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A planned change and what it is planned on."""

    history: History
    base: Release
    plan: RegistryPlan
    summary: str
    drift: Sequence[Drift]
    taken_back: bool
    """Whether a pending revision was taken back first; in check mode, would be."""


def _upgrade(host: Host, cluster: Cluster, change: _Change, trail: Trail) -> dict[str, Any]:
    history, base = change.history, change.base
    good = _way_back(cluster, change)
    # Helm spares only what is deployed, and neither of these is after the upgrade.
    keep = history.newest.number - min(base.revision, good or base.revision) + 2
    upgrade = prepare(cluster, base, change.plan, change.summary, keep, host.params)
    found = [] if change.taken_back and host.check_mode else upgrade.predict()
    facts: dict[str, Any] = {
        "command": upgrade.command,
        "other_changes": [str(difference) for difference in found],
        "last_good_revision": good,
        "newest_revision": history.newest.number + 1,
    }
    refuse_others(found, base.chart_version, host.params)
    if host.check_mode:
        return facts
    trail.base, trail.good = base.revision, good
    stored = apply_change(cluster, history, upgrade, change.drift, trail)
    after = [item.facts() for item in live_drift(cluster, stored)]
    return facts | {"release": stored.facts(), "newest_revision": stored.revision, "drift_after": after}


def _way_back(cluster: Cluster, change: _Change) -> int | None:
    """The revision to return to if the change does not hold: the one that it is built on, unless that does not run."""
    history, base = change.history, change.base
    # The pods of what was deployed again just now, or is not deployed at all, tell nothing about it.
    told = base.revision == history.newest.number and not change.taken_back
    healthy = not told or is_healthy(cluster, history)
    good = last_good(cluster, history, base, healthy=healthy, newest=base.revision)
    return good.revision if good else None


_POLICIES: Mapping[str, Any] = {
    "on_existing": {"choices": ["fail", "replace", "keep"], "default": "fail"},
    "on_pending": {"choices": ["fail", "wait", "rollback"], "default": "fail"},
    "pending_timeout": {"type": "int", "default": 600},
    "expected_revision": {"type": "int"},
    "allow_other_changes": {"type": "bool", "default": False},
    "history_max": {"type": "int", "default": 10},
    "report_as": {},
}

OPERATION = Operation(
    run=run,
    argument_spec={
        **argument_specs.CLUSTER,
        **argument_specs.RELEASE,
        **argument_specs.HELM,
        **argument_specs.CHART,
        **_POLICIES,
        "registries": argument_specs.registries(required=True),
        "state": argument_specs.STATE,
    },
)
