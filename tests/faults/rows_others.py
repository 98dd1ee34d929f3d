# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others who change the same release."""

from __future__ import annotations

import time

from ansible_collections.fleetops.nvcf.tests.faults import effects
from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.effects import colleague
from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Fault, Operation, Row, at_each
from ansible_collections.fleetops.nvcf.tests.faults.rows_after import SMOKE_LOOK, VERIFY_LOOK
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import HOOK
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import MERGE_PATCH

HELM_AGAIN = at.HELM_LIST.since(at.LAST_LOOK, "helm lists the revisions, before the write")
UPGRADES = {
    "first-history": at.FIRST_LOOK,
    "apply-history": at.SECOND_LOOK,
    "last-history": at.LAST_LOOK,
    "helm-list": HELM_AGAIN,
    "stores": at.STORES_UPGRADE,
}
LATER = {"rollout": at.ROLLOUT, "smoke": SMOKE_LOOK}


def living_helm(scene: Scene) -> None:
    """A colleague's helm that has been in its hook for some seconds, on a release of an hour ago."""
    world = scene.world
    first = f"/api/v1/namespaces/{world.namespace}/secrets/sh.helm.release.v1.{world.release}.v1"
    aged = str(int(time.time()) - 3600)
    world.cluster.api.patch(first, {"metadata": {"labels": {"modifiedAt": aged, "createdAt": aged}}}, MERGE_PATCH)
    world.cluster.behave(job_seconds=14)
    effects.BEGINS.act(scene)
    while world.newest_status != "pending-upgrade":
        time.sleep(0.1)
    time.sleep(3)


YOUNG = {"on_pending": "rollback", "pending_min_age": 120}

OTHERS = [
    *at_each(UPGRADES, {"colleague": colleague()}, (End.DONE,), helm3=True),
    *at_each({"deployed": at.DEPLOYED}, {"colleague-after": colleague(applied=True)}, (End.DONE,), helm3=True),
    *at_each(LATER, {"colleague": colleague()}, (End.DONE, End.UNKNOWN)),
    *at_each(
        {"failed": at.FAILED}, {"colleague-after": colleague(applied=True)}, (End.UNKNOWN,), behavior=HOOK, helm3=True
    ),
    *at_each(
        {"first-history": at.FIRST_LOOK, "last-history": at.LAST_LOOK},
        {"begins": effects.BEGINS},
        (End.DONE, End.UNTOUCHED),
    ),
    *at_each(
        {"first-history": at.FIRST_LOOK, "last-history": at.LAST_LOOK},
        {"same-key": effects.same_registry()},
        (End.DONE,),
        helm3=True,
    ),
    *at_each(
        {"stores": at.STORES_UPGRADE},
        {"same-key-killed": effects.SAME_AND_KILL},
        (End.UNTOUCHED, End.UNKNOWN),
        helm3=True,
    ),
    *at_each(
        {"first-history": at.FIRST_LOOK, "last-history": at.LAST_LOOK},
        {"second-add": effects.SECOND_ADD},
        (End.DONE, End.UNTOUCHED, End.UNKNOWN),
    ),
    Row(
        name="stores-reset-colleague",
        ends=(End.UNTOUCHED, End.UNKNOWN),
        faults=(
            Fault(at=at.STORES_UPGRADE, what=what.RESET),
            Fault(at=at.HISTORY.since(at.STORES_UPGRADE), what=colleague(then=what.UNAVAILABLE)),
            Fault(at=at.HISTORY.since(at.STORES_UPGRADE, nth=2), what=what.UNAVAILABLE, times=2),
        ),
        helm3=True,
    ),
    *at_each({"last-history": at.LAST_LOOK}, {"hand-edit": effects.EDITS_MAP}, (End.DONE,)),
    *at_each(
        {"after-history": at.AFTER_HELM}, {"hand-edit-restart": effects.EDITS_AND_RESTARTS}, (End.DONE, End.RETURNED)
    ),
    *at_each({"verify": VERIFY_LOOK}, {"hand-edit-restart": effects.EDITS_AND_RESTARTS}, (End.RETURNED, End.UNKNOWN)),
    *at_each({"rollout": at.ROLLOUT, "smoke": SMOKE_LOOK}, {"restart": effects.RESTARTS}, (End.DONE, End.RETURNED)),
    Row(
        name="living-helm-add",
        moment="first look: history",
        fault="a colleague's helm of some seconds is in its hook, on_pending=rollback",
        ends=(End.UNTOUCHED,),
        prepare=living_helm,
        options=YOUNG,
        helm3=True,
    ),
    Row(
        name="living-helm-rollback",
        operation=Operation.RETURN,
        moment="first look: history",
        fault="a colleague's helm of some seconds is in its hook",
        ends=(End.UNKNOWN,),
        prepare=living_helm,
        options=YOUNG,
        helm3=True,
    ),
]
