# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server itself is killed and comes up again, as it does where its machine has no memory left.

Unlike after an outage that the proxy plays, connections wait until it has something to say, and its first answers
refuse everybody everything: it listens before it has read who may do what.
"""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults.effects import restarts_api_server
from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Fault, Row

BEFORE = {"first-look": at.FIRST_LOOK, "last-look": at.LAST_LOOK}
WRITING = {"stores": at.STORES_UPGRADE, "changes-deployment": at.HELM_DEPLOYMENT}
AFTER = {"after": at.AFTER_HELM, "rollout-pods": at.PODS.since(at.ROLLOUT)}
PENDING = {"on_pending": "rollback", "pending_min_age": 0}
ANY = (End.DONE, End.RETURNED, End.UNTOUCHED, End.UNKNOWN)


def _restarted(places: dict[str, at.Moment], ends: tuple[End, ...], *, applied: bool = False) -> list[Row]:
    return [
        Row(
            name=f"restart-{place}{'-applied' if applied else ''}",
            ends=ends,
            faults=(Fault(at=moment, what=restarts_api_server(applied=applied)),),
            heals_with=PENDING if places is WRITING else {},
        )
        for place, moment in places.items()
    ]


RESTARTS = [
    *_restarted(BEFORE, (End.DONE,)),
    *_restarted(WRITING, ANY),
    *_restarted(WRITING, ANY, applied=True),
    *_restarted(AFTER, (End.DONE,)),
]
