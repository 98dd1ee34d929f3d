# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on the oldest versions that the collection claims to work with, and nightly on those between.

All other tests run on the newest ansible-core and client of Kubernetes, with the Python of .venv.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.locks import locked
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import cache_folder

CHECKOUT = Path(__file__).parents[3]
BETWEEN = pytest.mark.nightly
CORES = [
    pytest.param(("3.12", "3.13"), ("ansible-core==2.18.19", "kubernetes==31.0.0"), id="core-2.18"),
    pytest.param(("3.13", "3.12"), ("ansible-core==2.19.14", "kubernetes"), id="core-2.19", marks=BETWEEN),
    pytest.param(("3.13", "3.12"), ("ansible-core==2.20.10", "kubernetes"), id="core-2.20", marks=BETWEEN),
]
"""Versions of Python, the best first, and packages."""


def made(pythons: tuple[str, ...], requirements: tuple[str, ...]) -> Path:
    """The folder of an environment with these packages, made once per machine."""
    finder = CHECKOUT / "requirements" / "find-python"
    python = subprocess.run([finder, *pythons], check=True, capture_output=True, text=True).stdout.strip()
    name = "-".join([f"python{pythons[0]}", *requirements]).replace("==", "-")
    place = cache_folder() / "cores" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.with_suffix(".lock")):
        if not (place / "complete").exists():
            subprocess.run([python, "-m", "venv", "--clear", place], check=True)
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            (place / "complete").touch()
    return place


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
    back = run("rollback", "-vvv")
    assert back.status == 0, back.text
    assert not world.env().keys() & pair(GHCR).keys()
    assert len(world.history()) == 3
