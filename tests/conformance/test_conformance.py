# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The collection connects wherever kubectl connects, as the same user to the same server, and nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.conformance.perform import Driver, Run
from ansible_collections.fleetops.nvcf.tests.conformance.scene import Scene
from ansible_collections.fleetops.nvcf.tests.conformance.suite import SUITE
from ansible_collections.fleetops.nvcf.tests.conformance.variant import Variant


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


NO_IPV6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no loopback address of IPv6")
VARIANTS = [
    pytest.param(variant, id=variant.name, marks=[NO_IPV6] if "@ipv6@" in str(variant.files) else [])
    for group in SUITE
    for variant in group.variants
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_as_kubectl(variant: Variant, scene: Scene, driver: Callable[[str], Driver], tmp_path: Path) -> None:
    run = Run(variant=variant, scene=scene, folder=tmp_path)
    kubectl = run.kubectl()
    run.judge_kubectl(kubectl)
    for outcome in run.ours(driver("pinned"), variant.ways):
        run.judge(outcome, kubectl)
    run.conclude(
        f"kubectl: {kubectl.identity or 'refused'}, reached {sorted(kubectl.reached)}, reported: {kubectl.told}"
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_on_the_lowest_versions(
    variant: Variant, scene: Scene, driver: Callable[[str], Driver], tmp_path: Path
) -> None:
    """Helm and kubectl do not depend on them."""
    run = Run(variant=variant, scene=scene, folder=tmp_path)
    for outcome in run.ours(driver("lowest"), tuple(way for way in variant.ways if way != "helm")):
        run.judge(outcome, None)
    run.conclude()
