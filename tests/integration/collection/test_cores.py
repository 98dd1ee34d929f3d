# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on the oldest versions that the collection claims to work with, and nightly on those between.

All other tests run on the newest ansible-core and client of Kubernetes, with the Python of .venv.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import OLDEST, made
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair

BETWEEN = pytest.mark.nightly
CORES = [
    pytest.param(*OLDEST, id="core-2.18"),
    pytest.param(("3.13", "3.12"), ("ansible-core==2.19.14", "kubernetes"), id="core-2.19", marks=BETWEEN),
    pytest.param(("3.13", "3.12"), ("ansible-core==2.20.10", "kubernetes"), id="core-2.20", marks=BETWEEN),
]
"""Versions of Python, the best first, and packages."""


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
@pytest.mark.parametrize("pythons, requirements", CORES)
def test_add_audit_and_rollback_work_on_every_claimed_ansible_core(
    world: World, tmp_path: Path, pythons: tuple[str, ...], requirements: tuple[str, ...]
) -> None:
    place = made(pythons, requirements)
    interpreter = str(place / "bin" / "python")
    hosts = inventory(
        tmp_path, {"one": world}, registry_allowlist_registries=[GHCR], ansible_python_interpreter=interpreter
    )
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(ANSIBLE_PLAYBOOK.parents[1] / "collections")}

    def run(playbook: str, *more: str) -> Outcome:
        program = place / "bin" / "ansible-playbook"
        outcome = run_playbook("-i", hosts, f"fleetops.nvcf.{playbook}", *more, settings=settings, program=program)
        assert CANARY not in outcome.text
        return outcome

    added = run("add", "-vvv")
    assert added.status == 0, added.text
    assert world.env().items() >= pair(GHCR).items()
    assert "changed=0" in run("add").text
    assert run("audit").status == 0
    back = run("remove", "-vvv")
    assert back.status == 0, back.text
    assert not world.env().keys() & pair(GHCR).keys()
    assert len(world.history()) == 3
