# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry: read, plan, guard, apply, verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._change.apply import Contended, Overtaken, apply_change, give_back, predict
from .._change.autoscaling import Scaled, find_scaled
from .._change.drift import Drift, fates, live_drift, repairable
from .._change.owned import check_owner, complete
from .._change.owner import Goal
from .._change.release_handle import ReleaseHandle, open_release
from .._change.result import artifacts, change_facts
from .._change.revisions import is_healthy, last_good, read_base
from .._change.unlock import Settled, check_expected, settle
from .._change.upgrade import Prediction, UpgradeOptions, prepare, refuse_others
from .._helm.marks import new_mark
from .._helm.storage import History, Release
from .._registries.plan import RegistryPlan, make_plan
from .._registries.wanted import ChangeOptions, OnExisting, check_wanted
from .._runtime.errors import NvcfError, ReleaseError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import (
    REVISION,
    ChartOptions,
    ConnectionOptions,
    HelmOptions,
    PendingOptions,
    ReleaseOptions,
)
from .._runtime.options import group, option
from .._runtime.unforeseen import adding

ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    helm: HelmOptions = group(HelmOptions)
    chart: ChartOptions = group(ChartOptions)
    pending: PendingOptions = group(PendingOptions)
    upgrade: UpgradeOptions = group(UpgradeOptions)
    change: ChangeOptions = group(ChangeOptions)
    on_existing: OnExisting = option(choices=["fail", "replace", "keep"], default="fail")
    expected_revision: int | None = option(type="int", within=REVISION)
    """The deployed revision on which the change was decided; None: whichever it is."""
    report_as: str | None = option()


def run(host: Host, options: Options) -> dict[str, Any]:
    """Brings the recognized registries of one release to what is wanted."""
    # Anyone who has to roll the change back must not have to guess.
    with adding(lambda error: error.facts.setdefault("written", False)):
        for warning in check_wanted(options.change.registries, options.change.state):
            host.warn(warning)
        with (
            adding(lambda error: complete(error, options.release.of, options.change.registries, options.change.state)),
            open_release(host, options.connection, options.release, options.helm) as handle,
        ):
            result = _Run(host=host, options=options, handle=handle).attempts()
    if options.report_as and result["changed"] and not host.check_mode:
        return result | artifacts("nvcf_changed", options.report_as)
    return result


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A planned change and what it is planned on."""

    history: History
    base: Release
    plan: RegistryPlan
    summary: str
    drift: Sequence[Drift]
    taken_back: bool
    """Whether a pending revision was rolled back first; in check mode, would be."""
    scaled: Scaled | None


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One run on one release."""

    host: Host
    options: Options
    handle: ReleaseHandle

    def attempts(self) -> dict[str, Any]:
        """The result of the first attempt that no one interferes with."""
        overtaken: Overtaken | None = None
        try:
            for attempt in range(ATTEMPTS):
                try:
                    return self._attempt(overtaken, contended=attempt > 0)
                except Contended as other:
                    self.host.say(f"{self.handle.cluster.name}: {other}; planning again ({attempt + 1})")
                    former, overtaken = overtaken, other.overtaken or overtaken
                if former and overtaken and former != overtaken:
                    raise ReleaseError(
                        f"while this run used revision {former.theirs}, revision {overtaken.theirs} was created "
                        f"without its change. Repeat the change of revision {former.theirs}, then "
                        "this."
                    )
            raise ReleaseError(
                f"release {self.options.release} was modified concurrently {ATTEMPTS} times. Nothing of the other "
                "changes was lost. Run again when no other deployment is in progress."
            )
        except BaseException as cause:
            # An interrupt too: what was replaced unseen must not stay so.
            if overtaken:
                self._give_back(overtaken, cause)
            raise

    def _give_back(self, overtaken: Overtaken, cause: BaseException) -> None:
        try:
            give_back(self.handle, overtaken)
        except NvcfError as second:
            if isinstance(cause, NvcfError):
                raise ReleaseError(
                    f"{cause} Revision {overtaken.theirs} of another user or tool was replaced by this run's revision "
                    f"{overtaken.ours} unintentionally and could not be restored: {second} Check whether its change "
                    "is present.",
                    **cause.facts,
                ) from cause

    def _attempt(self, overtaken: Overtaken | None, *, contended: bool) -> dict[str, Any]:
        options, cluster = self.options, self.handle.cluster
        if overtaken:
            check_expected(options.release, options.expected_revision, overtaken.theirs)
        settled = settle(self.host, self.handle, options.pending, options.expected_revision, contended=contended)
        base = self._base(settled, overtaken)
        wanted = options.change
        plan = make_plan(base.service, base.env, wanted.registries, state=wanted.state, on_existing=options.on_existing)
        for warning in plan.warnings:
            self.host.warn(warning)
        # What a rollback that is only predicted would leave is its target.
        drift = [] if settled.returned and self.host.check_mode else live_drift(cluster, base)
        result = change_facts(cluster, settled.history, base, plan, drift)
        summary = _summary(base, plan, drift, overtaken=overtaken is not None)
        scaled = None
        if summary is not None:
            goal = Goal(service=plan.service, after=plan.after, removed=plan.removed)
            owner = check_owner(self.handle, settled.history, base, goal, values_fragment=result["values_fragment"])
            result |= {"owner": owner.facts()} if owner else {}
            if not (settled.returned and self.host.check_mode):
                scaled = find_scaled(self.handle, base.workload)
        for fate in fates(drift, base.revision, upgrading=summary is not None, scaled=scaled):
            self.handle.warn(fate)
        if summary is None:
            if settled.returned:
                result["summary"] = "roll back the pending revision"
            written = self.handle.written.changed or settled.returned is not None
            return result | ({"changed": True, "last_good_revision": base.revision} | self._mark() if written else {})
        change = _Change(
            history=settled.history,
            base=base,
            plan=plan,
            summary=summary,
            drift=drift,
            taken_back=settled.returned is not None,
            scaled=scaled,
        )
        return result | {"changed": True, "summary": summary} | self._upgrade(change)

    def _base(self, settled: Settled, overtaken: Overtaken | None) -> Release:
        """The revision to build on."""
        history, newest = settled.history, self.handle.written.newest
        if overtaken is None:
            return settled.returned or read_base(self.handle.cluster, history)
        if history.deployed and history.deployed.number != newest:
            raise ReleaseError(
                f"revision {history.deployed.number} was created on top of this run's {overtaken.ours} before that "
                "could be repeated. Run again when no other deployment is in progress."
            )
        return self.handle.revision(history, overtaken.theirs)

    def _upgrade(self, change: _Change) -> dict[str, Any]:
        handle, options, host = self.handle, self.options, self.host
        history, base = change.history, change.base
        good = self._way_back(change)
        upgrade = prepare(
            handle,
            base,
            change.plan,
            change.summary,
            chart=options.chart,
            upgrade=options.upgrade,
            # Helm spares only what is deployed, and neither of these is after the upgrade.
            keep=history.newest.number - min(base.revision, good or base.revision) + 2,
            mark=new_mark(history),
        )
        told_only = change.taken_back and host.check_mode
        prediction = Prediction(objects={}, others=[]) if told_only else predict(upgrade)
        facts: dict[str, Any] = {
            "command": upgrade.command,
            "other_changes": [str(difference) for difference in prediction.others],
            "last_good_revision": good,
            "newest_revision": history.newest.number + 1,
        }
        refuse_others(prediction, base.chart_version, options.chart, options.upgrade)
        if prediction.texts:
            handle.warn(
                f"the values hold whole numbers at {', '.join(prediction.texts)} that were set with helm's --set. "
                "This upgrade stores them as text, because helm would otherwise render them with an exponent."
            )
        if host.check_mode:
            return facts
        handle.written.base, handle.written.good = base.revision, good
        stored = apply_change(handle, history, upgrade, prediction, change.drift, change.scaled)
        after = [item.facts() for item in live_drift(handle.cluster, stored)]
        now = {"release": stored.facts(), "newest_revision": stored.revision, "drift_after": after}
        return facts | now | self._mark()

    def _mark(self) -> dict[str, str]:
        return {"mark": self.handle.written.mark} if self.handle.written.mark else {}

    def _way_back(self, change: _Change) -> int | None:
        """The revision to return to if the change does not hold: what it is built on, unless that does not run."""
        cluster, history, base = self.handle.cluster, change.history, change.base
        # The pods of what was deployed again just now, or is not deployed at all, show nothing about it.
        reported = base.revision == history.newest.number and not change.taken_back
        healthy = not reported or is_healthy(cluster, history)
        good = last_good(cluster, history, base, healthy=healthy, newest=base.revision)
        return good.revision if good else None


def _summary(base: Release, plan: RegistryPlan, drift: Sequence[Drift], *, overtaken: bool) -> str | None:
    """What an upgrade is for, in a line; None when none is needed."""
    if plan.changed:
        return plan.summary
    if base.rendered != plan.after:
        # With --reuse-values a null takes a variable out of the values, and leaves it in what is rendered.
        return "apply the current values"
    if repairable(drift):
        return "repair manual edits"
    # It holds all that is wanted, but is not what is deployed.
    return "keep a concurrent change" if overtaken else None


OPERATION = Operation(options=Options, run=run, constraints={"mutually_exclusive": [["chart_ref", "chart_repository"]]})
