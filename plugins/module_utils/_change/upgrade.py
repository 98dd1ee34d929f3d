# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of a release: rendered and guarded first, then applied with the very same arguments."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .._helm.chart import obtain
from .._helm.cli import GRACE_SECONDS, Chart, Helm
from .._helm.manifest import ObjectId, find_workload, hook_objects, objects
from .._helm.manifest_diff import Difference, at, check_rendered, differences, others, shown
from .._helm.storage import RUN_LABEL, Release
from .._helm.whole_numbers import as_text, misread
from .._kubernetes.api_client import Cluster
from .._registries.plan import RegistryPlan
from .._registries.values import with_env
from .._runtime.errors import PlanError
from .._runtime.option_groups import ChartOptions, HelmOptions
from .._runtime.options import option
from .._runtime.redaction import Redactor
from .deployer_values import MARK
from .release_handle import ReleaseHandle


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What an upgrade is going to store."""

    objects: Mapping[ObjectId, Mapping[str, Any]] = field(repr=False)
    others: Sequence[Difference]
    """What would change beside the registries."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What helm is given."""
    texts: Sequence[str] = ()
    """Where a whole number is given as text, because helm would render it otherwise."""
    misread: Sequence[str] = ()
    """Where one is that helm renders otherwise, and text too."""

    def missed(self, stored: Release) -> list[Difference]:
        """Where a revision differs from it. What was to change anyway is not a surprise: it may be random or dated."""
        known = [(difference.object, difference.place) for difference in self.others if not difference.hook]

        def surprising(found: Difference) -> bool:
            return not any(found.object == one and found.place[: len(place)] == place for one, place in known)

        return list(filter(surprising, differences(self.objects, objects(stored.manifest, stored.namespace))))


_Objects = Mapping[ObjectId, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class _Rendered:
    """What is deployed, and what helm renders with some values."""

    values: Mapping[str, Any] = field(repr=False)
    before: _Objects = field(repr=False)
    after: _Objects = field(repr=False)
    hooks_before: _Objects = field(repr=False)
    hooks_after: _Objects = field(repr=False)

    @cached_property
    def found(self) -> list[Difference]:
        """All in which the two differ."""
        return [
            *differences(self.before, self.after),
            *differences(self.hooks_before, self.hooks_after, hook=True),
        ]

    def changed(self) -> Iterator[tuple[Difference, Any, Any]]:
        """The places at which something else is, with what is there."""
        for it in self.found:
            if it.change == "changed":
                before, after = (self.hooks_before, self.hooks_after) if it.hook else (self.before, self.after)
                yield it, at(before, it), at(after, it)


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """A prepared upgrade of one release."""

    helm: Helm
    chart: Chart
    base: Release
    plan: RegistryPlan
    summary: str
    """What it is for, in a line: the new revision's description."""
    mark: str
    """What the new revision bears, and no other that helm makes on its own."""
    timeout: int
    history_max: int
    force_conflicts: bool = False
    check_schema: bool = True
    values: Mapping[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", with_env(self.base.values, self.plan.env_after, self.plan.service))

    def _argv(self, *, dry_run: bool) -> list[str]:
        return self.helm.upgrade_argv(
            self.chart,
            timeout=self.timeout,
            history_max=self.history_max,
            description=f"{MARK}{self.summary}"[:256],
            labels=f"{RUN_LABEL}={self.mark}",
            dry_run=dry_run,
            force_conflicts=self.force_conflicts,
            check_schema=self.check_schema,
        )

    @property
    def command(self) -> str:
        """What is run, for users. The values are not in it: they come on stdin."""
        return shlex.join(self._argv(dry_run=False))

    def predict(self) -> Prediction:
        """Renders on the server, and compares with what is deployed.

        Raises HelmError when the chart does not render, PlanError when it would not render the wanted registries.
        """
        plain = self._render(self.values)
        numbers = misread(self.values, plain.changed())
        if not numbers:
            return self._prediction(plain)
        places, due = [shown(place) for place in numbers], [it for found in numbers.values() for it in found]
        texts = self._render(as_text(self.values, list(numbers)))
        # Proven by what is rendered: these differences are gone, and no other one has come.
        if set(texts.found) <= set(plain.found) and not set(texts.found) & set(due):
            return replace(self._prediction(texts), texts=places)
        return replace(self._prediction(plain), misread=places)

    def _render(self, values: Mapping[str, Any]) -> _Rendered:
        rendered = self.helm.render(self._argv(dry_run=True), values, timeout=self.timeout)
        base, namespace = self.base, self.base.namespace
        return _Rendered(
            values=values,
            before=objects(base.manifest, namespace),
            after=objects(rendered["manifest"], namespace),
            hooks_before=hook_objects(base.hooks, namespace),
            hooks_after=hook_objects(rendered.get("hooks") or (), namespace),
        )

    def _prediction(self, rendered: _Rendered) -> Prediction:
        workload = find_workload(self.base.service, rendered.after, self.base.name, self.values)
        check_rendered(workload, self.plan.after)
        found = others(rendered.found, self.base.workload, workload)
        return Prediction(objects=rendered.after, others=found, values=rendered.values)

    def apply(self, values: Mapping[str, Any]) -> None:
        """Runs the upgrade with what was predicted. What it has stored is read from the cluster. Raises HelmError."""
        self.helm.upgrade(self._argv(dry_run=False), values, timeout=self.timeout)


@dataclass(frozen=True, kw_only=True)
class UpgradeOptions:
    """What an upgrade may change and leave."""

    allow_other_changes: bool = option(type="bool", default=False)
    history_max: int = option(type="int", default=10, within=(0, 1000, "revisions"))
    """Revisions that Helm keeps; 0 for all."""


def prepare(
    handle: ReleaseHandle,
    base: Release,
    plan: RegistryPlan,
    summary: str,
    *,
    chart: ChartOptions,
    upgrade: UpgradeOptions,
    keep: int,
    mark: str,
) -> Upgrade:
    """Finds helm and fetches the chart; nothing is written. `keep`: how many revisions must outlive the upgrade.

    Raises InputError without a chart, ReleaseError when it cannot be rebuilt, HelmError without helm or the chart.
    """
    public = {text for registry in (*plan.before, *plan.after) for text in registry.public}
    helm = make_helm(handle.cluster, base, handle.helm, public=public | {chart.chart_ref or ""})
    major, _minor = helm.version()
    return Upgrade(
        helm=helm,
        chart=obtain(helm, base, chart, handle.cluster.workspace),
        base=base,
        plan=plan,
        summary=summary,
        mark=mark,
        timeout=handle.helm.timeout,
        history_max=max(upgrade.history_max, keep) if upgrade.history_max else 0,
        # Fields that another user edited by hand would otherwise stop a server-side apply half-way.
        force_conflicts=major >= 4 and base.apply_method == "ssa",
        # What only differs in values of strings from what the server has taken before needs no second look at its form.
        check_schema=upgrade.allow_other_changes,
    )


def make_helm(cluster: Cluster, base: Release, options: HelmOptions, *, public: Collection[str] = ()) -> Helm:
    """Helm with a kubeconfig of this one cluster; its error texts keep `public` and hide all other values."""
    known = {base.name, base.namespace, base.chart_name, base.chart_version}
    # Objects are named in most errors; their names are seen by anyone who may list them.
    known |= {identity.name for identity in objects(base.manifest, base.namespace)}
    # Of an upgrade's two runs of helm the second may begin when the first has used up its time.
    document = cluster.document(lasting=2 * (options.timeout + GRACE_SECONDS))
    return Helm(
        binary=options.helm_binary,
        kubeconfig=cluster.workspace.write("kubeconfig.json", json.dumps(document).encode()),
        release=base.name,
        namespace=base.namespace,
        redact=Redactor(base.values, public=known | set(public)),
        driver=base.driver,
        environ=cluster.environment(os.environ),
    )


def refuse_others(prediction: Prediction, chart_version: str, chart: ChartOptions, upgrade: UpgradeOptions) -> None:
    """Raises PlanError that lists what else would change, unless that is allowed.

    It never is with a rebuilt chart: that this one renders what is stored is the only proof that it was rebuilt whole,
    and what it lost, a subchart for instance, would be deleted from the cluster.
    """
    found, rebuilt = prediction.others, chart.chart_source == "release"
    if not found or (upgrade.allow_other_changes and not rebuilt):
        return
    names = "; ".join(map(str, found[:20])) + (f"; and {len(found) - 20} more" if len(found) > 20 else "")
    facts = {"other_changes": [str(difference) for difference in found]}
    if prediction.misread:
        raise PlanError(
            f"the upgrade would change more than the registries: {names}. The values hold whole numbers at "
            f"{', '.join(prediction.misread)} that were set with helm's --set. Read from values, helm renders them "
            "with an exponent, and as text they are rendered differently too. Ask the release's deployer to upgrade it "
            "once with these numbers in a values file, and check the result.",
            **facts,
        )
    if rebuilt:
        raise PlanError(
            f"the chart that was rebuilt from the release does not render what is deployed: {names}. Helm stores no "
            "subcharts, and random or date-dependent content is rendered differently each time. Set chart_source to "
            f"reference and give chart_ref, version {chart_version}; allow_other_changes does not apply to a rebuilt "
            "chart.",
            **facts,
        )
    raise PlanError(
        f"the upgrade would change more than the registries: {names}. The chart at chart_ref is not the deployed one "
        f"(which has version {chart_version}), or the tool that deployed the release changes what the chart renders, "
        "for example with a post-renderer. Pin chart_ref and chart_version to the deployed chart, or set "
        "allow_other_changes to true if these changes are intended.",
        **facts,
    )
