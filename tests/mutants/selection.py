# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A plugin of pytest: of a file's mutants, the tests that are named after this file decide, where there are any.

Without it mutmut runs all tests that reach a changed function, in any order: in `_change` that is nearly all of them.
"""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps those of the file that the mutant at work is in; mutmut tells it as package.file.function."""
    file = os.environ.get("MUTANT_UNDER_TEST", "").rpartition(".")[0].rpartition(".")[2]
    named = [item for item in items if item.path.name.startswith(f"test_{file}")] if file else []
    items[:] = named or items
