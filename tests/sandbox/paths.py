# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Where the sandbox keeps things: one cache folder outside the checkout, never the checkout itself."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "ansible_collections.fleetops.nvcf.tests.sandbox"


def cache_folder() -> Path:
    """Return `$FLEETOPS_NVCF_CACHE`, or `fleetops-nvcf` in the user's cache folder."""
    if chosen := os.environ.get("FLEETOPS_NVCF_CACHE"):
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fleetops-nvcf"


def tools_folder() -> Path:
    """Return the folder of built programs, one `<name>-<version>` folder each."""
    return cache_folder() / "tools"


def sandbox_folder(name: str) -> Path:
    """Return the state folder of the sandbox with that name, existing or not."""
    return cache_folder() / "sandboxes" / name


def nvcf_folder(cluster: Path) -> Path:
    """Return the folder in a cluster's own in which the NVCF API keeps what outlives its pods."""
    return cluster / "nvcf"
