# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows, and which of them every test run has."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.fleetops.nvcf.tests.faults.rows_after import AFTER
from ansible_collections.fleetops.nvcf.tests.faults.rows_api import API
from ansible_collections.fleetops.nvcf.tests.faults.rows_helm import HELM
from ansible_collections.fleetops.nvcf.tests.faults.rows_kills import KILLS
from ansible_collections.fleetops.nvcf.tests.faults.rows_others import OTHERS
from ansible_collections.fleetops.nvcf.tests.faults.rows_outages import OUTAGES
from ansible_collections.fleetops.nvcf.tests.faults.rows_programs import PROGRAMS
from ansible_collections.fleetops.nvcf.tests.faults.rows_reads import READS
from ansible_collections.fleetops.nvcf.tests.faults.rows_restarts import RESTARTS
from ansible_collections.fleetops.nvcf.tests.faults.rows_rollback import REMOVES, RETURNS
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import WAY_BACK

SMOKE = {
    *("last-history-empty", "after-history-empty-item", "api-delete-500", "api-quota"),
    *("stores-reset", "stores-lost", "changes-deployment-lost", "supersedes-helm-killed"),
    *("back-history-503", "back-stores-lost", "away-4s-deployed", "away-for-good-after"),
    *("api-connect-int-all", "waits-for-hook-term", "deployed-kill-all"),
    *("helm-prints-empty", "helm-does-nothing", "chart-edited", "task-timeout-hook"),
    *("helm-list-colleague", "stores-same-key-killed", "stores-reset-colleague", "living-helm-add"),
    *("remove-stores-lost", "return-after-a-failed-way-back", "restart-after"),
}
_ALL = [*READS, *HELM, *AFTER, *WAY_BACK, *OUTAGES, *RESTARTS, *KILLS, *PROGRAMS, *OTHERS, *API, *REMOVES, *RETURNS]
SUITE = [replace(row, smoke=row.name in SMOKE) for row in _ALL]
assert {row.name for row in SUITE if row.smoke} == SMOKE
assert len({row.name for row in SUITE}) == len(SUITE)
