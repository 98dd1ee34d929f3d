# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""All variants."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance import variants_files, variants_users

SUITE = [*variants_files.GROUPS, *variants_users.GROUPS]
_NAMES = [variant.name for group in SUITE for variant in group.variants]
assert len(set(_NAMES)) == len(_NAMES)
