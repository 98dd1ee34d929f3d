# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that are killed: helm, ansible-playbook, its workers."""

from __future__ import annotations

import signal

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults.effects import kills_helm, signals_play
from ansible_collections.fleetops.nvcf.tests.faults.rows import End, at_each
from ansible_collections.fleetops.nvcf.tests.faults.rows_after import SMOKE_LOOK
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import HOOK, STORES

WRITES = {
    "stores": at.STORES_UPGRADE,
    "changes-map": at.HELM_MAP,
    "changes-deployment": at.HELM_DEPLOYMENT,
    "supersedes": at.SUPERSEDES,
    "deployed": at.DEPLOYED,
}
AFTER = {place: moment for place, moment in WRITES.items() if "changes" not in place}
TOKEN = {"api-connect": at.API_CONNECT}
"""The token of the NVCF API has just been obtained."""
HOOK_PHASE = {"waits-for-hook": at.HELM_WAITS}
PENDING = {"on_pending": "rollback", "pending_min_age": 0}
DEAD = (End.ENDED, End.UNKNOWN, End.UNTOUCHED, End.RETURNED)
TERM, INT, HUP, KILL = signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL

KILLS = [
    *at_each({"stores": at.STORES_UPGRADE}, {"helm-killed": kills_helm()}, (End.UNTOUCHED, End.RETURNED), helm3=True),
    *at_each(
        {k: v for k, v in WRITES.items() if k != "stores"}, {"helm-killed": kills_helm()}, (End.RETURNED,), helm3=True
    ),
    *at_each(AFTER, {"helm-killed-after": kills_helm(applied=True)}, (End.RETURNED,), helm3=True),
    *at_each({"helm-list": at.HELM_LIST}, {"helm-killed": kills_helm()}, (End.UNTOUCHED,)),
    *at_each(
        TOKEN | HOOK_PHASE | {"smoke-history": SMOKE_LOOK}, {"term": signals_play(TERM)}, DEAD, heals_with=PENDING
    ),
    *at_each(
        TOKEN | HOOK_PHASE,
        {
            "int-all": signals_play(INT, group=True),
            "term-all": signals_play(TERM, group=True),
            "hup-all": signals_play(HUP, group=True),
        },
        DEAD,
        heals_with=PENDING,
    ),
    *at_each({"rollout-history": at.ROLLOUT}, {"int-all": signals_play(INT, group=True)}, DEAD),
    *at_each(
        TOKEN | HOOK_PHASE | {"stores": at.STORES_UPGRADE, "deployed": at.DEPLOYED},
        {"kill-all": signals_play(KILL, group=True)},
        DEAD,
        heals_with=PENDING,
        keeps_files=True,
        helm3=True,
    ),
    *at_each(HOOK_PHASE, {"kill": signals_play(KILL)}, DEAD, heals_with=PENDING, keeps_files=True),
    *at_each(
        {"back-stores": STORES},
        {
            "term": signals_play(TERM),
            "int-all": signals_play(INT, group=True),
            "kill-all": signals_play(KILL, group=True),
        },
        DEAD,
        behavior=HOOK,
        heals_with=PENDING,
        keeps_files=True,
    ),
]
