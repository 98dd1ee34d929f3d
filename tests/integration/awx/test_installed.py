# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as users have it: from its tarball, in an environment that knows no checkout."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import CHECKOUT, clean, run
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World, pair


@pytest.fixture
def environment(programs: Path, collections: Path, tmp_path: Path) -> dict[str, str]:
    """Variables for programs of the fresh environment."""
    return clean(tmp_path, programs) | {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        # Ansible puts a socket there, whose path may have 107 bytes.
        "TMPDIR": tempfile.gettempdir(),
    }


def test_add_audit_and_rollback_run_from_the_tarball_alone(
    world: World, environment: dict[str, str], programs: Path, collections: Path, tmp_path: Path
) -> None:
    before = world.values()
    installed = collections / "ansible_collections" / "fleetops" / "nvcf"
    hosts = inventory(
        tmp_path,
        {"one": world},
        ansible_python_interpreter=str(programs / "python"),
        registry_allowlist_chart_ref=str(installed / "tests" / "sandbox" / "charts" / "helm-nvcf-api"),
        registry_allowlist_registries=[GHCR],
    )
    assert str(CHECKOUT) not in hosts.read_text(encoding="utf-8")

    def play(name: str) -> tuple[int, str]:
        argv: list[str | Path] = [programs / "ansible-playbook", "-i", hosts, f"fleetops.nvcf.{name}"]
        return run(argv, environment, tmp_path)

    for name in ("add", "audit"):
        status, text = play(name)
        assert status == 0, text
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"
    status, text = play("rollback")
    assert status == 0, text
    assert world.values() == before


def test_nothing_of_the_checkout_can_be_found_there(
    environment: dict[str, str], programs: Path, collections: Path, tmp_path: Path
) -> None:
    argv: list[str | Path] = [programs / "ansible-galaxy", "collection", "list", "--format", "json"]
    status, text = run(argv, environment, tmp_path)
    assert status == 0, text
    found: dict[str, Any] = json.loads(text[text.index("{") :])
    assert {path: list(held) for path, held in found.items()} == {
        str(collections / "ansible_collections"): ["fleetops.nvcf"]
    }
    status, text = run([programs / "python", "-c", "import sys; print(sys.path)"], environment, tmp_path)
    assert status == 0
    assert str(CHECKOUT) not in text


@pytest.mark.parametrize(
    "kind, name",
    [
        ("module", "fleetops.nvcf.recognized_registry"),
        ("inventory", "fleetops.nvcf.kubeconfig"),
        ("callback", "fleetops.nvcf.fleet_report"),
        ("role", "fleetops.nvcf.registry_allowlist"),
    ],
)
def test_the_documentation_is_in_the_tarball(
    environment: dict[str, str], programs: Path, tmp_path: Path, kind: str, name: str
) -> None:
    status, text = run([programs / "ansible-doc", "-t", kind, "--json", name], environment, tmp_path)
    assert status == 0, text
    assert name in json.loads(text[text.index("{") :])
