# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which files are mutated, those that decide rather than read and write, and whose unit tests have to notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT_TESTS = Path("tests/unit/plugins/module_utils")


@dataclass(frozen=True, kw_only=True)
class Package:
    """Files of one package in plugins/module_utils."""

    files: tuple[str, ...] = ()
    """Without their suffix; none stands for all."""

    def unit_tests(self, name: str) -> list[Path]:
        """The tests of these files, which are named after them, seen from the root of the checkout."""
        folder = UNIT_TESTS / name
        found = {path.relative_to(ROOT) for file in self.files for path in (ROOT / folder).glob(f"test_{file}*.py")}
        return sorted(found) or [folder]


PACKAGES = {
    "_registries": Package(),
    "_kubernetes": Package(files=("credentials",)),
    "_helm": Package(files=("json_values", "manifest", "manifest_diff", "rebuilt_chart")),
    "_rollout": Package(files=("pod_status", "verdict")),
    "_nvcf": Package(files=("question", "responses", "workloads_by_host")),
    "_image_pull": Package(files=("credential_sources", "kyverno", "outcome", "placement", "remedy", "row")),
    "_change": Package(),
    "_release_state": Package(files=("findings", "refusals", "state")),
}
