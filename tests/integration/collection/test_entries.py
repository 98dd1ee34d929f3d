# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same task in the worker and as a module gives the same result."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import run_tasks
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World

# Whatever is set in `environment` asks for a process of its own, so the action hands over to the module.
AS_A_MODULE = {"environment": {"FLEETOPS_NVCF_TEST": "1"}}
VARYING = ("command", "mark", "pods", "history", "function", "from_revision")
MODULES = Path(__file__).parents[3] / "plugins" / "modules"


def tasks(world: World) -> list[dict[str, Any]]:
    """Every module, in every way of ending."""
    where = {k: world.options()[k] for k in ("kubeconfig", "context", "release", "namespace")}
    helm = {k: world.options()[k] for k in ("helm_binary", "chart_ref", "timeout")}
    change = {**where, **helm}
    audit = {**where, "ask_api": True, "registries": [GHCR]}
    back = {**where, **{k: helm[k] for k in ("helm_binary", "timeout")}, "rollout_timeout": 60}
    pull = {"kubeconfig": where["kubeconfig"], "context": where["context"], "workload_namespace": where["namespace"]}
    return [
        {"fleetops.nvcf.recognized_registry_info": {**where, "ask_api": True}},
        {"fleetops.nvcf.function_smoke_test": {**where, "image": "ghcr.io/a/b:1", "expect": "rejected"}},
        {"fleetops.nvcf.function_smoke_test": {**where, "image": "ghcr.io/a/b:1"}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR]}, "check_mode": True},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR]}},
        {"fleetops.nvcf.api_rollout": {**where, "rollout_timeout": 60}},
        {"fleetops.nvcf.recognized_registry_audit": audit},
        {"fleetops.nvcf.recognized_registry_audit": {**audit, "state": "absent"}},
        {"fleetops.nvcf.image_pull_check": {**pull, "image": "ghcr.io/a/b:1"}},
        {"fleetops.nvcf.image_pull_check": {**pull, "image": "https://ghcr.io/a"}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR]}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR | {"hostname": "other.example"}]}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [{"key": "MY_REG"}]}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR], "state": "gone"}},
        {"fleetops.nvcf.recognized_registry": {**change, "registries": [GHCR], "unknown": 1, "api_key": "s3cret-key"}},
        {"fleetops.nvcf.recognized_registry_info": {**where, "context": "nowhere"}},
        {"fleetops.nvcf.recognized_registry_info": {**where, "release": "nowhere", "namespace": "nowhere"}},
        {"fleetops.nvcf.recognized_registry": {**change, "state": "absent", "registries": [{"key": "GHCR"}]}},
        {"fleetops.nvcf.api_rollout": {**where, "rollout_timeout": 60}},
        {"fleetops.nvcf.release_rollback": {**back, "revision": 99}},
        {"fleetops.nvcf.release_rollback": {**back, "revision": 2}, "check_mode": True},
        {"fleetops.nvcf.release_rollback": {**back, "revision": 2}},
        {"fleetops.nvcf.release_rollback": {**back, "revision": 2}},
        {"fleetops.nvcf.recognized_registry_audit": audit},
    ]


def comparable(result: dict[str, Any], world: World) -> dict[str, Any]:
    """A result without what differs between any two runs."""
    kept = {k: v for k, v in result.items() if k not in VARYING and not k.startswith(("ansible_", "_"))}
    kept["invocation"] = {
        k: v for k, v in result.get("invocation", {}).get("module_args", {}).items() if k != "namespace"
    }
    text = re.sub(r"nvcf-api(-\w+){2}", "POD", json.dumps(kept).replace(world.namespace, "NAMESPACE"))
    same: dict[str, Any] = json.loads(text)
    return same


@pytest.mark.nightly
@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_both_entries_give_the_same_results(new_world: NewWorld, tmp_path: Path) -> None:
    results = []
    for name, extra in (("worker", {}), ("module", AS_A_MODULE)):
        world = new_world()
        world.install()
        folder = tmp_path / name
        folder.mkdir()
        outcome, found = run_tasks(folder, [{**task, **extra} for task in tasks(world)], "-vvvv", "--diff")
        assert CANARY not in outcome.text
        assert "s3cret-key" not in outcome.text
        results.append([comparable(result, world) for result in found])
    in_worker, as_module = results
    called = {name for task in tasks(world) for name in task if name.startswith("fleetops.nvcf.")}
    # A look ahead is shared by the processes of a run: it has no module to be compared with.
    for_all_hosts = {"fleetops.nvcf.look_ahead", "fleetops.nvcf.audit_summary"}
    assert called | for_all_hosts == {f"fleetops.nvcf.{path.stem}" for path in MODULES.glob("[!_]*.py")}
    assert [r["target_revision"] for r in in_worker if r["changed"] and "target_revision" in r] == [2, 2]
    assert [r["failed"] for r in in_worker] == [r["failed"] for r in as_module]
    for task, ours, theirs in zip(tasks(world), in_worker, as_module, strict=True):
        assert ours == theirs, task
