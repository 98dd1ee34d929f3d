# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults at what is read before anything is written."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.faults import moments as at
from ansible_collections.fleetops.nvcf.tests.faults import treatments as what
from ansible_collections.fleetops.nvcf.tests.faults.effects import colleague, kills_helm
from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Fault, Row

READS = [
    Row(name="try-lost", ends=(End.DONE,), faults=(Fault(at=at.FIRST_LOOK, what=what.RESET),)),
    Row(name="try-empty", ends=(End.UNTOUCHED,), faults=(Fault(at=at.SECOND_LOOK, what=what.EMPTY),)),
    Row(name="try-marks", ends=(End.RETURNED,), faults=(Fault(at=at.DEPLOYED, what=what.LOST_ANSWER),)),
    Row(name="try-colleague", ends=(End.DONE,), faults=(Fault(at=at.LAST_LOOK, what=colleague()),), helm3=True),
    Row(name="try-kill", ends=(End.RETURNED,), faults=(Fault(at=at.HELM_MAP, what=kills_helm()),), helm3=True),
    Row(name="try-away", ends=(End.RETURNED,), faults=(Fault(at=at.HELM_WAITS, what=what.RESET, seconds=4),), helm3=True),
]
