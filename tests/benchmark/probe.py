# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the question that creates nothing adds to an audit.

`python -m ansible_collections.fleetops.nvcf.tests.benchmark.probe`

Audits of the same clusters, in turn without and with it, so that a machine that is busy for a while decides nothing.
Arguments: how many clusters (100), and how many pairs (5).
"""

from __future__ import annotations

import sys
from statistics import median

from ansible_collections.fleetops.nvcf.tests.benchmark.contestants import Run, ours
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import fleet

GHCR = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}


def main(clusters: int = 100, pairs: int = 5) -> None:
    """Print the CPU seconds of each pair, and the ratio in the middle."""
    with fleet(clusters, parked=True, registries=[GHCR], behaviour={}, report=print) as made:
        run = Run(fleet=made, clusters=clusters, sample=clusters, what="audit", registry=GHCR)
        ours(run)
        ratios = []
        for _pair in range(pairs):
            without, probed = ours(run), ours(run, registry_allowlist_audit_probe=True)
            ratios.append(probed.cpu / without.cpu)
            print(f"{without.cpu:7.2f} s without, {probed.cpu:7.2f} s with: {ratios[-1]:.3f}", flush=True)
        print(f"median of {pairs}: {median(ratios):.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
