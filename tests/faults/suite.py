# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows, and which of them every test run has."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults.rows_after import AFTER
from ansible_collections.fleetops.nvcf.tests.faults.rows_helm import HELM
from ansible_collections.fleetops.nvcf.tests.faults.rows_kills import KILLS
from ansible_collections.fleetops.nvcf.tests.faults.rows_outages import OUTAGES
from ansible_collections.fleetops.nvcf.tests.faults.rows_reads import READS
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import WAY_BACK

SUITE = [*READS, *HELM, *AFTER, *WAY_BACK, *OUTAGES, *KILLS]
