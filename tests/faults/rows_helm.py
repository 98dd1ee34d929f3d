# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults at the requests of the helm that upgrades."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Row, at_each

BEFORE = {
    "helm-version": at.ASKS_VERSION,
    "helm-list": at.HELM_LIST,
    "helm-list-again": at.HELM_LIST.since(at.LAST_LOOK),
}
STORES = {"stores": at.STORES_UPGRADE}
CHANGES = {"changes-map": at.HELM_MAP, "changes-deployment": at.HELM_DEPLOYMENT}
MARKS = {"supersedes": at.SUPERSEDES, "deployed": at.DEPLOYED}
EITHER = (End.DONE, End.UNTOUCHED)

HELM = [
    *at_each(BEFORE, {"reset": what.RESET}, EITHER),
    *at_each({"helm-list": at.HELM_LIST}, {"empty": what.EMPTY}, EITHER),
    *at_each(STORES, {"reset": what.RESET, "403": what.FORBIDDEN}, (End.UNTOUCHED,), helm3=True),
    *at_each(
        STORES,
        {"500": what.INTERNAL},
        EITHER,
    ),
    *at_each(
        STORES,
        {"lost": what.LOST_ANSWER, "500-applied": what.INTERNAL_APPLIED, "504": what.TIMEOUT},
        (End.RETURNED,),
        helm3=True,
    ),
    *at_each(CHANGES, {"reset": what.RESET, "lost": what.LOST_ANSWER}, (End.RETURNED,), helm3=True),
    *at_each({"changes-map": at.HELM_MAP}, {"html": what.HTML}, (End.RETURNED,)),
    *at_each({"starts-hook": at.HELM_JOB}, {"403": what.FORBIDDEN}, (End.RETURNED,), helm3=True),
    *at_each({"waits-for-hook": at.HELM_WAITS}, {"reset": what.RESET}, (End.DONE, End.RETURNED)),
    *at_each(MARKS, {"reset": what.RESET, "lost": what.LOST_ANSWER}, (End.DONE, End.RETURNED), helm3=True),
    *at_each({"deployed": at.DEPLOYED}, {"504": what.TIMEOUT}, (End.DONE, End.RETURNED)),
    Row(
        name="failed-reset",
        ends=(End.RETURNED,),
        behavior={"job_exit_code": 1},
        faults=(Fault(at=at.FAILED, what=what.RESET),),
        helm3=True,
    ),
    Row(
        name="stores-lost-then-503",
        options=AWAY,
        ends=(End.UNKNOWN, End.RETURNED),
        faults=(
            Fault(at=at.STORES_UPGRADE, what=what.LOST_ANSWER),
            Fault(at=at.HISTORY.since(at.STORES_UPGRADE), what=what.UNAVAILABLE, times=FOREVER),
        ),
        heals_with={"on_pending": "rollback", "pending_min_age": 0},
        helm3=True,
    ),
]
