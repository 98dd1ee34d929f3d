# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The collection connects wherever kubectl connects, as the same user to the same server, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.conformance.perform import Driver, Run
from ansible_collections.fleetops.nvcf.tests.conformance.scene import Scene
from ansible_collections.fleetops.nvcf.tests.conformance.suite import SUITE
from ansible_collections.fleetops.nvcf.tests.conformance.variant import Variant

VARIANTS = [pytest.param(variant, id=variant.name) for group in SUITE for variant in group.variants]


@pytest.mark.parametrize("variant", VARIANTS)
def test_as_kubectl(variant: Variant, scene: Scene, driver: Callable[[str], Driver], tmp_path: Path) -> None:
    run = Run(variant=variant, scene=scene, folder=tmp_path)
    kubectl = run.kubectl()
    run.judge_kubectl(kubectl)
    for outcome in run.ours(driver("pinned"), variant.ways):
        run.judge(outcome, kubectl)
    assert not run.problems, "\n".join([*run.problems, f"kubectl: {kubectl}"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_on_the_lowest_versions(
    variant: Variant, scene: Scene, driver: Callable[[str], Driver], tmp_path: Path
) -> None:
    """Helm and kubectl do not depend on them."""
    run = Run(variant=variant, scene=scene, folder=tmp_path)
    for outcome in run.ours(driver("lowest"), tuple(way for way in variant.ways if way != "helm")):
        run.judge(outcome, None)
    assert not run.problems, "\n".join(run.problems)
