# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one machine exports of the inventory is good on another, as AWX does it between two containers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import OLDEST, made
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    environment,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World


@dataclass(frozen=True)
class Machine:
    """A working folder, and the programs of one ansible-core."""

    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str | Path, **settings: str) -> Outcome:
        """Run a program there, with a kubeconfig in the environment if the folder holds one."""
        kubeconfig, collections = self.folder / "kubeconfig", ANSIBLE_PLAYBOOK.parents[1] / "collections"
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=environment()
            | {"ANSIBLE_COLLECTIONS_PATH": str(collections), "K8S_AUTH_KUBECONFIG": str(kubeconfig)}
            | settings,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + (done.stderr if done.returncode else ""))


@pytest.fixture(params=["oldest", "newest"])
def programs(request: pytest.FixtureRequest) -> Path:
    """The programs of the oldest ansible-core, and of the newest."""
    return made(*OLDEST) / "bin" if request.param == "oldest" else Path(sys.executable).parent


@pytest.fixture
def machines(tmp_path: Path, programs: Path) -> tuple[Machine, Machine]:
    """One that updates the inventory, and one that runs jobs."""
    for name in ("update", "job"):
        (tmp_path / name).mkdir()
    return Machine(programs, tmp_path / "update"), Machine(programs, tmp_path / "job")


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def exported(machine: Machine, **options: Any) -> str:
    """What `ansible-inventory` exports of contexts that the environment leads to."""
    source = written(machine.folder / "fleet.kubeconfig.yml", {"plugin": "fleetops.nvcf.kubeconfig"} | options)
    outcome = machine.run("ansible-inventory", "-i", source, "--list", "--export")
    assert outcome.status == 0, outcome.text
    return outcome.text


def program(folder: Path, inventory: str) -> Path:
    """An inventory that was stored, given back by a program."""
    path = folder / "inventory"
    path.write_text(f"#!/bin/sh\ncat <<'INVENTORY'\n{inventory}\nINVENTORY\n", encoding="utf-8")
    path.chmod(0o700)
    return path


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_a_job_finds_its_own_kubeconfig_and_python_where_the_inventory_was_exported_elsewhere(
    world: World, machines: tuple[Machine, Machine]
) -> None:
    update, job = machines
    for machine in machines:
        shutil.copy(world.cluster.kubeconfig, machine.folder / "kubeconfig")
    stored = exported(
        update,
        groups={"nvcf_control_planes": True},
        keyed_groups=[{"key": "nvcf_context.split('-')"}],
        compose={"registry_allowlist_namespace": f"'{world.namespace}'", "told": "{'context': [nvcf_context]}"},
        strict=True,
    )
    assert "__ansible_unsafe" not in stored
    assert [path for path in (update.folder, update.programs.parent) if str(path) in stored] == []
    shutil.rmtree(update.folder)

    hosts = program(job.folder, stored)
    role = {"registry_allowlist_registries": [GHCR], "registry_allowlist_release": world.release}
    audit = job.run("ansible-playbook", "-i", hosts, "fleetops.nvcf.audit", "-e", json.dumps(role))
    assert audit.status == 2, audit.text
    assert "GHCR (ghcr.io) is not stored" in audit.text
    look: Mapping[str, Any] = {
        "fleetops.nvcf.recognized_registry_info": {
            "context": "{{ registry_allowlist_context }}",
            "namespace": "{{ registry_allowlist_namespace }}",
            "release": world.release,
        },
        # The module then needs a Python of its own, and the library kubernetes there.
        "environment": {"ANY": "thing"},
    }
    book = written(job.folder / "look.json", [{"hosts": "all", "gather_facts": False, "tasks": [look]}])
    looked = job.run("ansible-playbook", "-i", hosts, book)
    assert looked.status == 0, looked.text


def test_pieces_of_a_template_in_names_stay_text_in_each_way_that_a_name_may_go(
    machines: tuple[Machine, Machine],
) -> None:
    update, job = machines
    begin, end = "a{", "{ lookup('ansible.builtin.pipe', 'echo $((6666 * 7))') }}"
    context = {"cluster": begin, "user": "u", "namespace": end}
    document = {
        "contexts": [{"name": "one", "context": context}],
        "clusters": [{"name": begin, "cluster": {"server": "https://one:6443"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    written(update.folder / "kubeconfig", document)
    joined = "nvcf_cluster ~ nvcf_context_namespace"
    stored = exported(
        update,
        compose={"whole": joined, "deep": f"[{{'in': {joined}}}]"},
        keyed_groups=[{"key": joined}],
        groups={"some": f"'46662' in ({joined})"},
        strict=True,
    )
    assert json.loads(stored)["_meta"]["hostvars"]["one"]["whole"] == {"__ansible_unsafe": begin + end}
    show = {"ansible.builtin.debug": {"msg": "{{ whole }} {{ deep }} {{ group_names }} {{ nvcf_context_namespace }}"}}
    book = written(job.folder / "show.json", [{"hosts": "all", "gather_facts": False, "tasks": [show]}])
    for inventory in (update.folder / "fleet.kubeconfig.yml", program(job.folder, stored)):
        shown = job.run(
            "ansible-playbook", "-i", inventory, book, K8S_AUTH_KUBECONFIG=str(update.folder / "kubeconfig")
        )
        assert shown.status == 0, shown.text
        assert "echo $((6666 * 7))" in shown.text
        assert "46662" not in shown.text
