# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role makes of clusters that somebody has been at by hand, and of its own variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import Outcome, inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store

ADD, REMOVE = "fleetops.nvcf.add", "fleetops.nvcf.remove"
pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"])


def play(world: World, folder: Path, playbook: str, *flags: str, **variables: Any) -> Outcome:
    """Run a playbook with these variables of the role."""
    options = {f"registry_allowlist_{name}": value for name, value in variables.items()}
    return run_playbook("-i", inventory(folder, {"one": world}, **options), playbook, *flags)


def installed_with(world: World, **variables: str) -> None:
    """What somebody has set by hand, before this collection was there."""
    values = stack_values()
    values["api"]["env"] |= {f"{PREFIX}{name}": value for name, value in variables.items()}
    world.install(values)


def test_what_is_kept_on_purpose_is_neither_missed_nor_tried(world: World, tmp_path: Path) -> None:
    world.registries(GHCR | {"name": "Of another user"})
    outcome = play(world, tmp_path, ADD, registries=[GHCR, INTERNAL], on_existing="keep")
    assert outcome.status == 0, outcome.text
    assert world.env()[f"{PREFIX}GHCR_NAME"] == "Of another user"
    assert world.env().items() >= pair(INTERNAL).items()
    assert "(item=registry.corp.example)" in outcome.text
    assert "(item=ghcr.io)" not in outcome.text


@pytest.mark.parametrize(
    "hostname",
    [
        "https://ghcr.io",
        *(
            pytest.param(other, marks=pytest.mark.nightly)
            for other in ("ghcr.io:443", "my_registry.example", "acme.azurecr.io")
        ),
    ],
)
def test_an_entry_that_never_matched_an_image_can_be_removed(world: World, tmp_path: Path, hostname: str) -> None:
    installed_with(world, OLD_NAME="Old", OLD_HOSTNAME=hostname)
    outcome = play(world, tmp_path, REMOVE, registries=[{"key": "OLD"}])
    assert outcome.status == 0, outcome.text
    assert f"{PREFIX}OLD_HOSTNAME" not in world.env()


@pytest.mark.nightly
def test_what_exact_removes_is_refused_afterwards(world: World, tmp_path: Path) -> None:
    world.registries(GHCR)
    outcome = play(world, tmp_path, ADD, "-e", "registry_allowlist_state=exact", registries=[INTERNAL])
    assert outcome.status == 0, outcome.text
    assert "(item=registry.corp.example)" in outcome.text
    assert "(item=ghcr.io)" in outcome.text
    assert world.try_image(expect="rejected")["outcome"] == "not_recognized"


def test_a_removal_is_refused_when_nobody_can_say_what_it_strands(world: World, tmp_path: Path) -> None:
    world.registries(GHCR)
    world.roll_out()
    outcome = play(world, tmp_path, REMOVE, registries=[GHCR], verify_api=False, on_stranded="fail")
    assert outcome.status == 2
    assert "which functions would be stranded by a removal is unknown" in outcome.text
    assert len(world.history()) == 2
    assert play(world, tmp_path, REMOVE, registries=[GHCR], verify_api=False).status == 0


def test_a_variable_that_only_the_role_knows_is_checked_before_a_write(world: World, tmp_path: Path) -> None:
    outcome = play(world, tmp_path, ADD, registries=[GHCR], smoke_test="alway")
    assert outcome.status == 2
    assert "value of registry_allowlist_smoke_test must be one of: always, changed, never, got: alway" in outcome.text
    assert len(world.history()) == 1


@pytest.mark.nightly
def test_a_test_function_that_can_not_be_deleted_takes_no_change_back(world: World, tmp_path: Path) -> None:
    store = Store(world.cluster.nvcf_folder)
    with world.cluster.behaving(delete_answers="500"):
        outcome = play(world, tmp_path, ADD, registries=[GHCR])
    assert outcome.status == 0, outcome.text
    assert world.env().items() >= pair(GHCR).items()
    left = [it for it in store.functions() if it["containerImage"].startswith("ghcr.io/")]
    assert [store.delete(it["id"], it["versionId"]) for it in left] == [True]
    told = f"function {left[0]['name']} (id {left[0]['id']}, version {left[0]['versionId']}) could not be deleted"
    assert f"[WARNING]: cluster {world.cluster.context}: the smoke test's {told}" in " ".join(outcome.text.split())


@pytest.mark.nightly
def test_the_changed_cluster_is_named_to_the_next_step_of_a_workflow(world: World, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR])
    settings = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    first, again = (run_playbook("-i", hosts, ADD, settings=settings) for _run in range(2))
    told = first.text.split("CUSTOM STATS")[1]
    assert json.loads("{" + told.split("{", 1)[1].rsplit("}", 1)[0] + "}") == {"nvcf_changed": ["one"]}
    assert "nvcf_changed" not in again.text


def test_the_role_asks_about_tasks_and_makes_none_and_an_audit_asks_both(
    world: World, tasks: World, tmp_path: Path
) -> None:
    chart = {"chart_ref": str(world.chart), "tasks_chart_ref": str(tasks.chart)}
    gpu = {"gpu": "L40S", "instance_type": "NCP.GPU.L40S_1x"}
    both: dict[str, Any] = {"registries": [GHCR], "services": ["functions", "tasks"], **gpu}
    both |= {**chart, "tasks_namespace": tasks.namespace}
    outcome = play(world, tmp_path, ADD, **both)
    assert outcome.status == 0, outcome.text
    pods = f"/api/v1/namespaces/{tasks.namespace}/pods"
    log = "".join(tasks.cluster.api.text(f"{pods}/{pod['metadata']['name']}/log") for pod in tasks.pods())
    assert "POST /v1/nvct/tasks 400" in log
    assert "POST /v1/nvct/tasks 200" not in log
    audited = play(world, tmp_path, "fleetops.nvcf.audit", **both, audit_probe=True, audit_fail_on="warning")
    assert "Audit: drifted" not in audited.text, audited.text
    assert "is unknown" not in audited.text
