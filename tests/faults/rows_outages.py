# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server is away for a while, or from a moment on."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Row
from ansible_collections.fleetops.nvcf.tests.faults.rows_after import SMOKE_LOOK

BEFORE = {"first-look": at.FIRST_LOOK, "last-look": at.LAST_LOOK}
WRITING = {
    "stores": at.STORES_UPGRADE,
    "changes-deployment": at.HELM_DEPLOYMENT,
    "waits-for-hook": at.HELM_WAITS,
    "supersedes": at.SUPERSEDES,
    "deployed": at.DEPLOYED,
}
AFTER = {
    "after": at.AFTER_HELM,
    "rollout-pods": at.PODS.since(at.ROLLOUT),
    "smoke": SMOKE_LOOK,
}
FEW = {
    "stores": at.STORES_UPGRADE,
    "changes-deployment": at.HELM_DEPLOYMENT,
    "deployed": at.DEPLOYED,
    "after": at.AFTER_HELM,
    "rollout-pods": AFTER["rollout-pods"],
}
PENDING = {"on_pending": "rollback", "pending_min_age": 0}
ANY = (End.DONE, End.RETURNED, End.UNTOUCHED, End.UNKNOWN)


def _away(places: dict[str, at.Moment], seconds: float, ends: tuple[End, ...], **more: object) -> list[Row]:
    length = "for-good" if seconds == FOREVER else f"{seconds:g}s"
    return [
        Row(
            name=f"away-{length}-{place}",
            ends=ends,
            faults=(Fault(at=moment, what=what.RESET, seconds=seconds),),
            options=AWAY if seconds == FOREVER else {},
            **more,  # type: ignore[arg-type]
        )
        for place, moment in places.items()
    ]


OUTAGES = [
    *_away(BEFORE, 4, (End.DONE, End.UNTOUCHED)),
    *_away(WRITING, 4, ANY, heals_with=PENDING),
    *_away(AFTER, 4, (End.DONE, End.RETURNED)),
    *_away(
        {"changes-deployment": at.HELM_DEPLOYMENT, "deployed": at.DEPLOYED}, 20, ANY, heals_with=PENDING, helm3=True
    ),
    *_away({"rollout-pods": AFTER["rollout-pods"]}, 20, ANY),
    *_away({"waits-for-hook": at.HELM_WAITS, "after": at.AFTER_HELM}, 60, ANY, heals_with=PENDING),
    *_away({"first-look": at.FIRST_LOOK, "last-look": at.LAST_LOOK}, FOREVER, (End.UNTOUCHED,)),
    *_away(FEW, FOREVER, (End.UNKNOWN,), heals_with=PENDING),
]
