# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of connections tells what the variants are."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.table import PAGE, page


def test_the_page_is_what_the_variants_make() -> None:
    command = "python -m ansible_collections.fleetops.nvcf.tests.conformance.table"
    assert PAGE.read_text(encoding="utf-8") == page(), f"run {command}"
