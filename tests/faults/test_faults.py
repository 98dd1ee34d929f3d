# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the rows, each as a test of its own."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.tests.faults.perform import perform, set_up
from ansible_collections.fleetops.nvcf.tests.faults.record import record
from ansible_collections.fleetops.nvcf.tests.faults.rows import Row
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.faults.suite import SUITE
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World


def _runs() -> list[object]:
    """Each row with Helm 4, and those that say so with Helm 3 too."""
    return [
        pytest.param(
            row, helm, id=f"{row.name}-helm{helm}", marks=[] if row.smoke and helm == 4 else pytest.mark.nightly
        )
        for row in SUITE
        for helm in ([4, 3] if row.helm3 else [4])
    ]


@pytest.mark.parametrize("row, helm", _runs())
def test_fault(row: Row, helm: int, world: World, token: str) -> None:
    set_up(world, row.operation)
    scene = Scene(world=world, token=token, helm_lines=row.helm_lines)
    with scene.open():
        outcome = perform(row, scene)
    record(row, helm, outcome)
    assert not outcome.problems, "\n".join([*outcome.problems, f"reported: {outcome.told}"])
