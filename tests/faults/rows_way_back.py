# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults in the role's way back, after a hook has failed."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.effects import colleague, kills_helm
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Row, at_each

HOOK = {"job_exit_code": 1}
LOOKS = {
    "failed-history": at.AFTER_FAILURE,
    "back-history": at.WAY_BACK,
    "back-revision": at.REVISION.since(at.WAY_BACK, "way back: revision"),
}
BACK_DEPLOYMENT = at.HELM_DEPLOYMENT.since(at.STORES_ROLLBACK, "way back: helm changes the Deployment")
BACK_DEPLOYED = at.DEPLOYED.since(at.STORES_ROLLBACK, "way back: helm marks its revision deployed")
STORES = replace(at.STORES_ROLLBACK, after=at.FAILED)
FEW = {"failed-history": at.AFTER_FAILURE, "back-history": at.WAY_BACK}
WRITES = {
    "back-stores": STORES,
    "back-changes-deployment": BACK_DEPLOYMENT,
    "back-deployed": BACK_DEPLOYED,
}
LAST = {
    "back-look": at.HISTORY.since(BACK_DEPLOYED, "way back: history, after helm"),
    "back-pods": at.PODS.since(BACK_DEPLOYED, "way back: pods"),
}
PENDING = {"on_pending": "rollback", "pending_min_age": 0}

WAY_BACK = [
    *at_each(FEW, {"503": what.UNAVAILABLE}, (End.RETURNED,), behavior=HOOK),
    *at_each(LOOKS | LAST, {"empty": what.EMPTY}, (End.RETURNED, End.UNKNOWN), times=3, behavior=HOOK),
    *at_each(
        {"back-restores-map": at.RESTORE_MAP},
        {"reset": what.RESET},
        (End.RETURNED, End.UNKNOWN),
        behavior=HOOK,
    ),
    *at_each(
        WRITES, {"lost": what.LOST_ANSWER}, (End.RETURNED, End.UNKNOWN), behavior=HOOK, helm3=True, heals_with=PENDING
    ),
    *at_each(
        {"back-stores": STORES, "back-deployed": BACK_DEPLOYED},
        {"reset": what.RESET},
        (End.RETURNED, End.UNKNOWN),
        behavior=HOOK,
        heals_with=PENDING,
    ),
    *at_each(
        {k: v for k, v in WRITES.items() if "changes" not in k},
        {"helm-killed": kills_helm(applied=True)},
        (End.RETURNED, End.UNKNOWN),
        behavior=HOOK,
        heals_with=PENDING,
    ),
    *at_each({"back-history": at.WAY_BACK}, {"colleague": colleague()}, (End.UNKNOWN,), behavior=HOOK),
    Row(
        name="back-for-good-503",
        options=AWAY,
        ends=(End.UNKNOWN,),
        behavior=HOOK,
        faults=(Fault(at=at.WAY_BACK, what=what.UNAVAILABLE, times=FOREVER),),
        helm3=True,
    ),
    Row(
        name="back-away",
        options=AWAY,
        ends=(End.UNKNOWN,),
        behavior=HOOK,
        faults=(Fault(at=at.WAY_BACK, what=what.RESET, seconds=FOREVER),),
        helm3=True,
    ),
]
