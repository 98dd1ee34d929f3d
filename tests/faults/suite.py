# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults.rows_reads import READS

SUITE = [*READS]
