# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change is refused or warned for because the release belongs to a controller, before anything is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._helm.storage import History, Release
from .._kubernetes.api_client import path_of
from .._registries.patches import unread
from .._registries.wanted import State, Wanted
from .._runtime.errors import ArgoCdError, NvcfError, PlanError
from .._runtime.services import Service
from .owner import Goal, Owner, application, owner_of
from .release_handle import ReleaseHandle


def check_owner(
    handle: ReleaseHandle, history: History, release: Release, goal: Goal | None = None, **facts: Any
) -> Owner | None:
    """Warns of what becomes of a change when its owner acts again; returns the owner.

    Without a goal, the change is to this revision as it is.

    Raises PlanError where the change would not last, or is not helm's to make.
    """
    cluster, where = handle.cluster, release.workload
    deployment = cluster.find(path_of("apis/apps/v1/namespaces", where.namespace, "deployments", where.deployment))
    owner = owner_of(cluster, history, release, deployment)
    if owner and goal:
        owner = replace(owner, goal=goal)
    if owner and owner.binding:
        raise PlanError(
            f"release {release.namespace}/{release.name} is managed by {owner.tool} ({owner.object}, {owner.state}): "
            f"it reverts changes of other users at its next reconciliation. {owner.way}",
            owner=owner.facts(),
            **facts,
        )
    if release.kept_in:
        raise PlanError(
            f"the release is stored in namespace {release.kept_in} and its objects are in {release.namespace}, which "
            "the helm program cannot write. Change it with the tool that created it.",
            **facts,
        )
    if owner:
        handle.warn(owner.outlook)
    return owner


def complete(error: NvcfError, service: Service, wanted: tuple[Wanted, ...], state: State) -> None:
    """Adds to an error about a release that only Argo CD has what belongs into the values of its Application."""
    if isinstance(error, ArgoCdError):
        after, removed = unread(service, wanted, state)
        owner = application(error.application, Goal(service=service, after=after, removed=removed))
        error.facts["owner"] = owner.facts()
        error.args = (f"{error} {owner.way}",)
