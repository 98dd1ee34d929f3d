# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What tests of the sandbox itself share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.conftest import brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox(tools: None) -> Iterator[Sandbox]:  # noqa: ARG001 it has to come first
    """Two clusters without the NVCF API."""
    with brought_up(clusters=2) as box:
        yield box
