# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of registries tells about itself. Only what is ours is in it: other values may be secret. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._cluster import Cluster
from ._drift import Drift
from ._held import HeldRegistry, problems
from ._plan import RegistryPlan
from ._release import History, Release
from ._values import fragment


def change_facts(
    cluster: Cluster, history: History, base: Release, plan: RegistryPlan, drift: Sequence[Drift]
) -> dict[str, Any]:
    """The result of a change that is planned and not made yet."""
    return {
        "changed": plan.changed,
        "cluster": cluster.name,
        "release": base.facts(),
        "previous_revision": base.revision,
        "newest_revision": history.newest.number,
        "newer_revisions": [r.facts() for r in history.revisions if r.number > base.revision],
        "registries": [registry.facts() for registry in plan.after],
        "added": [registry.facts() for registry in plan.added],
        "removed": [registry.facts() for registry in plan.removed],
        "kept": [registry.facts() for registry in plan.kept],
        "problems": [problem.facts() for problem in problems(plan.after)],
        "drift": [item.facts() for item in drift],
        "summary": plan.summary,
        "values_fragment": fragment(plan.after),
        "diff": _diff(cluster, base, plan),
    }


def _diff(cluster: Cluster, base: Release, plan: RegistryPlan) -> dict[str, str]:
    where = f"{cluster.name}: {base.namespace}/{base.name} api.env"
    return {
        "before_header": f"{where} (revision {base.revision})",
        "after_header": where,
        "before": _text(plan.before),
        "after": _text(plan.after),
    }


def _text(registries: Sequence[HeldRegistry]) -> str:
    return "".join(f"{variable}: {value}\n" for registry in registries for variable, value in registry.items())
