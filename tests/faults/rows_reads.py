# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults at what is read before anything is written."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Row, at_each

FIRST = {
    "first-history": at.FIRST_LOOK,
    "first-revision": at.REVISION,
    "first-deployment": at.DEPLOYMENT,
    "first-pods": at.PODS,
}
ISSUER = {"issuer-service": at.ISSUER}
CONNECT = {"issuer-connect": at.ISSUER_CONNECT, "api-connect": at.API_CONNECT}
APPLY = {
    "apply-history": at.SECOND_LOOK,
    "last-history": at.LAST_LOOK,
}
HISTORIES = {"first-history": at.FIRST_LOOK, "apply-history": at.SECOND_LOOK, "last-history": at.LAST_LOOK}
LISTS = {"last-history": at.LAST_LOOK, "first-pods": at.PODS}
ONE = {"first-history": at.FIRST_LOOK}

READS = [
    # What is over at once is asked again.
    *at_each(HISTORIES | CONNECT, {"reset": what.RESET}, (End.DONE,)),
    *at_each(ONE | {"first-pods": at.PODS}, {"503": what.UNAVAILABLE}, (End.DONE,)),
    *at_each(ONE, {"429": what.TOO_MANY, "hang": what.hangs(7)}, (End.DONE,)),
    *at_each({"last-history": at.LAST_LOOK}, {"half": what.HALF}, (End.DONE,)),
    # What is wrong is not taken for an empty release, or for one without pods.
    *at_each(FIRST | ISSUER | APPLY, {"empty": what.EMPTY}, (End.UNTOUCHED,), times=3),
    *at_each(LISTS, {"empty-item": what.EMPTY_ITEM}, (End.UNTOUCHED,), times=3),
    *at_each(
        ONE,
        {"null": what.NULL, "html": what.HTML, "redirect": what.REDIRECT},
        (End.UNTOUCHED,),
        times=3,
    ),
    *at_each(ONE, {"401": what.UNAUTHORIZED, "403": what.FORBIDDEN}, (End.UNTOUCHED,)),
    *at_each({"api-connect": at.API_CONNECT}, {"403": what.FORBIDDEN}, (End.UNTOUCHED,)),
    Row(
        name="first-history-503-for-good",
        options=AWAY,
        ends=(End.UNTOUCHED,),
        faults=(Fault(at=at.FIRST_LOOK, what=what.UNAVAILABLE, times=FOREVER),),
    ),
]
