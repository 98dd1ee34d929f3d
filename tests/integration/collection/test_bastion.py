# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules on a machine that is reached by ssh. Only there it is known where the cluster is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.bastion import Bastion, bastion
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)


@pytest.fixture
def gate(world: World, tmp_path: Path) -> Iterator[Bastion]:
    """The bastion, whose variable KUBECONFIG leads to the cluster."""
    folder = tmp_path / "bastion"
    folder.mkdir()
    with bastion(folder, {"KUBECONFIG": str(world.cluster.kubeconfig)}) as gate:
        yield gate


@pytest.fixture
def hosts(gate: Bastion, world: World, tmp_path: Path) -> Path:
    """An inventory that leads to the bastion and says nothing of a kubeconfig."""
    path = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR], **gate.variables)
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["nvcf_control_planes"]["hosts"]["one"]["registry_allowlist_kubeconfig"]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_add_and_rollback_work_by_ssh_and_leave_nothing_there(gate: Bastion, hosts: Path, world: World) -> None:
    before = world.values()
    added = run_playbook("-i", hosts, "fleetops.nvcf.add", "-vvv", "--diff")
    assert added.status == 0, added.text
    assert world.env().items() >= pair(GHCR).items()
    back = run_playbook("-i", hosts, "fleetops.nvcf.remove", "-vvv", "--diff")
    assert back.status == 0, back.text
    assert world.values() == before
    assert "Accepted publickey" in gate.log
    assert CANARY not in added.text + back.text + gate.log
    assert list(gate.remote_tmp.iterdir()) == []


@pytest.mark.nightly
def test_an_audit_works_by_ssh_and_leaves_nothing_there(gate: Bastion, hosts: Path) -> None:
    missing = run_playbook("-i", hosts, "fleetops.nvcf.audit", "-vvv", "--diff")
    assert missing.status == 2, missing.text
    assert "GHCR (ghcr.io) is not stored" in missing.text
    assert CANARY not in missing.text + gate.log
    assert list(gate.remote_tmp.iterdir()) == []


@pytest.mark.nightly
def test_a_cluster_that_only_the_controller_knows_is_not_found_by_ssh(
    hosts: Path, world: World, tmp_path: Path
) -> None:
    document = json.loads(hosts.read_text(encoding="utf-8"))
    document["nvcf_control_planes"]["hosts"]["one"]["registry_allowlist_context"] = "of-the-controller"
    hosts.write_text(json.dumps(document), encoding="utf-8")
    own = json.loads(world.cluster.kubeconfig.read_text(encoding="utf-8"))
    own["contexts"][0]["name"] = "of-the-controller"
    (tmp_path / "kubeconfig").write_text(json.dumps(own), encoding="utf-8")
    settings = {"KUBECONFIG": str(tmp_path / "kubeconfig")}
    outcome = run_playbook("-i", hosts, "fleetops.nvcf.audit", settings=settings)
    assert outcome.status == 2
    assert "has no context 'of-the-controller'" in outcome.text


@pytest.mark.nightly
def test_an_asynchronous_task_works_by_ssh(hosts: Path, world: World, tmp_path: Path) -> None:
    where: dict[str, Any] = {k: world.options()[k] for k in ("context", "release", "namespace")}
    task = {"fleetops.nvcf.recognized_registry_info": {**where, "ask_api": True}, "async": 60, "poll": 1}
    shown = {
        "ansible.builtin.debug": {"msg": "at {{ found.release.revision }}, asked: {{ found.api_problem is none }}"}
    }
    book = tmp_path / "play.json"
    play = {"hosts": "all", "gather_facts": False, "tasks": [{**task, "register": "found"}, shown]}
    book.write_text(json.dumps([play]), encoding="utf-8")
    outcome = run_playbook("-i", hosts, book)
    assert outcome.status == 0, outcome.text
    assert "at 1, asked: True" in outcome.text, outcome.text
