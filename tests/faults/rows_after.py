# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults at what is read after the write: by apply, rollout, verification and smoke test."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.effects import EDITS_MAP
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Row, at_each

LOOK = {
    "after-history": at.AFTER_HELM,
    "after-revision": at.REVISION.since(at.DEPLOYED),
    "after-config-map": at.CONFIG_MAP.since(at.DEPLOYED),
}
ROLLOUT = {
    "rollout-deployment": at.DEPLOYMENT.since(at.ROLLOUT),
    "rollout-pods": at.PODS.since(at.ROLLOUT),
}
VERIFY_LOOK = at.HISTORY.since(at.DEPLOYED, "verify: history", nth=3)
VERIFY = {"verify-history": VERIFY_LOOK, "verify-pods": at.PODS.since(VERIFY_LOOK)}
CONNECT = {
    "verify-connect": at.API_CONNECT.since(VERIFY_LOOK, "verify: port-forward to the API"),
    "smoke-connect": at.API_CONNECT.since(VERIFY_LOOK, "smoke test: port-forward to the API", nth=2),
}
SMOKE_LOOK = at.HISTORY.since(at.DEPLOYED, "smoke test: history", nth=4)
SMOKE = {"smoke-history": SMOKE_LOOK}
FEW = {"after-history": at.AFTER_HELM, "rollout-pods": ROLLOUT["rollout-pods"]} | VERIFY | SMOKE
LISTS = {"after-history": at.AFTER_HELM, "rollout-pods": ROLLOUT["rollout-pods"]}

AFTER = [
    *at_each(FEW, {"reset": what.RESET}, (End.DONE,)),
    *at_each(LISTS, {"503": what.UNAVAILABLE}, (End.DONE,)),
    *at_each(CONNECT, {"reset": what.RESET}, (End.DONE,)),
    *at_each({"after-history": at.AFTER_HELM}, {"html": what.HTML, "null": what.NULL}, (End.DONE,)),
    *at_each(LOOK | ROLLOUT | VERIFY, {"empty": what.EMPTY}, (End.RETURNED, End.DONE), times=3),
    *at_each(LISTS, {"empty-item": what.EMPTY_ITEM}, (End.RETURNED, End.DONE), times=3, helm3=True),
    *at_each({"smoke-connect": CONNECT["smoke-connect"]}, {"403": what.FORBIDDEN}, (End.DONE,)),
    *at_each({"smoke-connect": CONNECT["smoke-connect"]}, {"403-ever": what.FORBIDDEN}, (End.RETURNED,), times=FOREVER),
    Row(
        name="after-history-empty-for-good",
        options=AWAY,
        ends=(End.UNKNOWN,),
        faults=(Fault(at=at.AFTER_HELM, what=what.EMPTY, times=FOREVER),),
    ),
    Row(
        name="after-history-403-for-good",
        options=AWAY,
        ends=(End.UNKNOWN,),
        faults=(Fault(at=at.AFTER_HELM, what=what.FORBIDDEN, times=FOREVER),),
    ),
    Row(
        name="rollout-pods-503-for-good",
        options=AWAY,
        ends=(End.UNKNOWN,),
        faults=(Fault(at=at.PODS.since(at.ROLLOUT), what=what.UNAVAILABLE, times=FOREVER),),
    ),
    *at_each({"verify": VERIFY_LOOK}, {"hand-edit": EDITS_MAP}, (End.RETURNED, End.UNKNOWN)),
]
