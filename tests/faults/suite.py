# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows, and which of them every test run has."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults.rows_after import AFTER
from ansible_collections.fleetops.nvcf.tests.faults.rows_api import API
from ansible_collections.fleetops.nvcf.tests.faults.rows_helm import HELM
from ansible_collections.fleetops.nvcf.tests.faults.rows_kills import KILLS
from ansible_collections.fleetops.nvcf.tests.faults.rows_outages import OUTAGES
from ansible_collections.fleetops.nvcf.tests.faults.rows_others import OTHERS
from ansible_collections.fleetops.nvcf.tests.faults.rows_programs import PROGRAMS
from ansible_collections.fleetops.nvcf.tests.faults.rows_reads import READS
from ansible_collections.fleetops.nvcf.tests.faults.rows_rollback import REMOVES, RETURNS
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import WAY_BACK

SUITE = [*READS, *HELM, *AFTER, *WAY_BACK, *OUTAGES, *KILLS, *PROGRAMS, *OTHERS, *API, *REMOVES, *RETURNS]
