# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of registries reports about itself. Only what is ours is in it: other values may be secret. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._helm.storage import History, Release
from .._kubernetes.api_client import Cluster
from .._registries.configured import HeldRegistry, problems
from .._registries.plan import RegistryPlan
from .._registries.rules import RecognizedRegistry, check
from .._registries.values import fragment
from .._runtime.errors import InputError
from .drift import Drift


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
        "gone_hosts": gone_hosts(plan),
        "kept": [registry.facts() for registry in plan.kept],
        "problems": [problem.facts() for problem in problems(plan.after)],
        "drift": [item.facts() for item in drift],
        "summary": plan.summary,
        "values_fragment": fragment(plan.after),
        "diff": _diff(cluster, base, plan),
    }


def artifacts(names: str, host: str) -> dict[str, Any]:
    """What the action set_stats would return, so that a workflow learns of the cluster without a task for it."""
    return {"ansible_stats": {"data": {names: [host]}, "per_host": False, "aggregate": True}}


def gone_hosts(plan: RegistryPlan) -> list[str]:
    """The hosts on which the API refuses images from now on, and did not before.

    Not that of an entry which never matched anything, nor one that is built in or still covered.
    """
    covered = {registry.hostname for registry in plan.after}
    gone = {r.hostname for r in plan.removed if r.bound and r.whole and r.hostname not in covered}
    return sorted(hostname for hostname in gone if hostname and _matches_images(hostname))


def _matches_images(hostname: str) -> bool:
    try:
        check(RecognizedRegistry(key="ANY", name="any", hostname=hostname), allow_unvalidated=True)
    except InputError:
        return False
    return True


def _diff(cluster: Cluster, base: Release, plan: RegistryPlan) -> dict[str, str]:
    where = f"{cluster.name}: {base.namespace}/{base.name} {base.service.env}"
    return {
        "before_header": f"{where} (revision {base.revision})",
        "after_header": where,
        "before": _text(plan.before),
        "after": _text(plan.after),
    }


def _text(registries: Sequence[HeldRegistry]) -> str:
    return "".join(f"{variable}: {value}\n" for registry in registries for variable, value in registry.items())
