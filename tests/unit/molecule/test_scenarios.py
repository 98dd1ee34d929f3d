# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Molecule's scenarios must not be able to succeed without having looked at a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

MOLECULE = Path(__file__).resolve().parents[3] / "extensions" / "molecule"
SCENARIOS = sorted(path.parent for path in MOLECULE.glob("*/molecule.yml") if path.parent.name != "default")
PROMISES = {"add", "rollback", "exact", "drift", "restore_after_failure", "check_mode", "fleet_wave"}
GUARDED = [path for scenario in SCENARIOS for path in sorted([scenario / "prepare.yml", *scenario.glob("verify*.yml")])]


def plays(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_each_promise_has_a_scenario_of_its_own() -> None:
    assert {path.name for path in SCENARIOS} == PROMISES


@pytest.mark.parametrize("path", GUARDED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_empty_inventory_fails_before_anything_is_prepared_or_verified(path: Path) -> None:
    assert plays(path)[0]["ansible.builtin.import_playbook"] == "../shared/guard.yml"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_every_scenario_asks_the_clusters_themselves(scenario: Path) -> None:
    sequence = yaml.safe_load((scenario / "molecule.yml").read_text(encoding="utf-8"))["scenario"]["test_sequence"]
    verified = [step.partition(" ")[2] or "verify.yml" for step in sequence if step.partition(" ")[0] == "verify"]
    assert verified
    assert {path.name for path in scenario.glob("verify*.yml")} == set(verified)
    for name in verified:
        tasks = [task for play in plays(scenario / name) for task in play.get("tasks", [])]
        assert tasks[0]["ansible.builtin.import_tasks"] == "../shared/tasks/look.yml"
        assert any("ansible.builtin.assert" in task for task in tasks)
