# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which files are mutated, those that decide rather than read and write, and whose unit tests have to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Package:
    """Files of one package in plugins/module_utils."""

    files: tuple[str, ...] = ("*",)
    tests: tuple[str, ...] = ()
    """Packages besides this one whose unit tests count."""


PACKAGES = {
    "_registries": Package(),
    "_kubernetes": Package(files=("credentials",)),
    "_helm": Package(files=("json_values", "manifest", "manifest_diff", "rebuilt_chart")),
    "_rollout": Package(files=("pod_status", "verdict")),
    "_nvcf": Package(files=("functions_by_host", "responses")),
    "_image_pull": Package(files=("credential_sources", "outcome")),
    "_change": Package(tests=("_operations",)),
    "_release_state": Package(files=("findings", "refusals", "state")),
}
