# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same with the playbook that removes, and with release_rollback by itself."""

from __future__ import annotations

import signal
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.effects import colleague, kills_helm, signals_play
from ansible_collections.fleetops.nvcf.tests.faults.rows import AWAY, FOREVER, End, Fault, Operation, Row, at_each
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError

PENDING = {"on_pending": "rollback", "pending_min_age": 0}


def _prefixed(prefix: str, rows: list[Row]) -> list[Row]:
    return [Row(**{**vars(row), "name": f"{prefix}-{row.name}"}) for row in rows]


def failed_way_back(scene: Scene) -> None:
    """A rollback that fails too: Helm 4 calls the failed upgrade superseded then, as if it had been good."""
    world = scene.world
    with world.cluster.behaving(ready_seconds=5):
        wait = "--wait=watcher" if world.helm == 4 else "--wait"
        try:
            world.run_helm("rollback", world.release, "1", wait, "--timeout=2s")
        except SandboxError:
            return
    raise AssertionError("the rollback was to fail")


REMOVING: dict[str, Any] = {"operation": Operation.REMOVE}
REMOVES = _prefixed(
    "remove",
    [
        *at_each({"last-history": at.LAST_LOOK}, {"empty": what.EMPTY}, (End.UNTOUCHED, End.DONE), times=3, **REMOVING),
        *at_each({"stores": at.STORES_UPGRADE}, {"reset": what.RESET}, (End.UNTOUCHED,), **REMOVING, helm3=True),
        *at_each(
            {"stores": at.STORES_UPGRADE, "changes-map": at.HELM_MAP},
            {"lost": what.LOST_ANSWER},
            (End.RETURNED,),
            **REMOVING,
            helm3=True,
        ),
        *at_each(
            {"changes-deployment": at.HELM_DEPLOYMENT, "supersedes": at.SUPERSEDES},
            {"helm-killed": kills_helm()},
            (End.RETURNED,),
            **REMOVING,
        ),
        *at_each({"after-history": at.AFTER_HELM}, {"empty": what.EMPTY}, (End.RETURNED, End.DONE), **REMOVING),
        *at_each(
            {"after-history": at.AFTER_HELM, "rollout-pods": at.PODS.since(at.ROLLOUT)},
            {"503": what.UNAVAILABLE},
            (End.DONE,),
            **REMOVING,
        ),
        *at_each(
            {"last-history": at.LAST_LOOK, "stores": at.STORES_UPGRADE},
            {"colleague": colleague()},
            (End.DONE,),
            **REMOVING,
            helm3=True,
        ),
        *at_each(
            {"waits-for-hook": at.HELM_WAITS},
            {"term": signals_play(signal.SIGTERM)},
            (End.ENDED, End.RETURNED),
            **REMOVING,
            heals_with=PENDING,
        ),
        Row(
            name="away-deployed",
            ends=(End.DONE, End.RETURNED, End.UNKNOWN),
            faults=(Fault(at=at.DEPLOYED, what=what.RESET, seconds=4),),
            heals_with=PENDING,
            operation=Operation.REMOVE,
        ),
    ],
)

STORES = at.STORES_ROLLBACK
RETURNING: dict[str, Any] = {"operation": Operation.RETURN}
LATER = {
    "changes-map": at.HELM_MAP.since(STORES),
    "changes-deployment": at.HELM_DEPLOYMENT.since(STORES),
    "deployed": at.DEPLOYED.since(STORES),
}
LOOKS = {"history": at.FIRST_LOOK, "revision": at.REVISION, "pods": at.PODS}
BACK_PENDING = {"pending_min_age": 0}
RETURNS = _prefixed(
    "return",
    [
        *at_each(LOOKS, {"503": what.UNAVAILABLE}, (End.DONE,), **RETURNING),
        *at_each(LOOKS, {"empty": what.EMPTY}, (End.UNKNOWN, End.DONE), times=3, **RETURNING, helm3=True),
        *at_each({"stores": STORES}, {"500": what.INTERNAL}, (End.UNKNOWN, End.DONE), **RETURNING),
        *at_each(
            {"stores": STORES} | LATER,
            {"lost": what.LOST_ANSWER},
            (End.UNKNOWN, End.DONE),
            **RETURNING,
            heals_with=BACK_PENDING,
            helm3=True,
        ),
        *at_each(
            {"stores": STORES, "deployed": LATER["deployed"]},
            {"helm-killed": kills_helm(applied=True)},
            (End.UNKNOWN, End.DONE),
            **RETURNING,
            heals_with=BACK_PENDING,
            helm3=True,
        ),
        *at_each(
            {"stores": STORES, "deployed": LATER["deployed"]},
            {"term": signals_play(signal.SIGTERM)},
            (End.ENDED, End.UNKNOWN, End.DONE),
            **RETURNING,
            heals_with=BACK_PENDING,
        ),
        *at_each({"history": at.FIRST_LOOK}, {"colleague": colleague()}, (End.DONE,), **RETURNING),
        *at_each(
            {"after-pods": at.PODS.since(LATER["deployed"])},
            {"503": what.UNAVAILABLE, "empty": what.EMPTY},
            (End.DONE, End.UNKNOWN),
            **RETURNING,
        ),
        *[
            Row(
                name=f"away-{name}",
                ends=(End.UNKNOWN, End.DONE),
                faults=(Fault(at=moment, what=what.RESET, seconds=seconds),),
                operation=Operation.RETURN,
                options=AWAY if seconds == FOREVER else {},
                heals_with=BACK_PENDING,
            )
            for name, moment, seconds in (
                ("4s", STORES, 4),
                ("4s-deployed", LATER["deployed"], 4),
                ("for-good", LATER["changes-map"], FOREVER),
            )
        ],
        Row(
            name="after-a-failed-way-back",
            moment="from the beginning",
            fault="the rollback from a failed upgrade has failed too",
            ends=(End.DONE,),
            operation=Operation.RETURN,
            prepare=failed_way_back,
            helm3=True,
        ),
    ],
)
