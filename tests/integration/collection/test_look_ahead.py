# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task that looks at the clusters of all hosts, and the tasks that take what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import made
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.test_cores import CORES
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)

COLLECTIONS = ANSIBLE_PLAYBOOK.parents[1] / "collections"
WHERE = {name: f"{{{{ registry_allowlist_{name} }}}}" for name in ("kubeconfig", "context", "release", "namespace")}
CHART = {name: f"{{{{ registry_allowlist_{name} }}}}" for name in ("helm_binary", "chart_ref")}
LOOK = {"fleetops.nvcf.recognized_registry_info": {"options_from": "look"}}
SEEN = "{{ inventory_hostname }} saw {{ [first, second] | map(attribute='release.revision') | join(', ') }}"


def play(strategy: str) -> dict[str, Any]:
    """Looks at all hosts, changes each, and has each look twice."""
    return {
        "hosts": "all",
        "gather_facts": False,
        "strategy": strategy,
        "vars": {"look": WHERE},
        "tasks": [
            {
                "fleetops.nvcf.look_ahead": {"module": "recognized_registry_info", "options_from": "look"},
                "run_once": True,
            },
            {"fleetops.nvcf.recognized_registry": {**WHERE, **CHART, "registries": [GHCR]}},
            {**LOOK, "register": "first"},
            {**LOOK, "register": "second"},
            {"ansible.builtin.debug": {"msg": SEEN}},
        ],
    }


NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize(
    "strategy, seen, core",
    [
        pytest.param("linear", "1, 2", None, id="linear"),
        pytest.param("free", "2, 2", None, id="free", marks=NIGHTLY),
        pytest.param("linear", "1, 2", CORES[0].values, id="oldest-core", marks=NIGHTLY),
    ],
)
def test_each_host_takes_once_what_was_found_before_and_then_sees_what_is(
    new_world: NewWorld, tmp_path: Path, strategy: str, seen: str, core: Any
) -> None:
    worlds = {"a": new_world(), "b": new_world()}
    for world in worlds.values():
        world.install()
    book = tmp_path / "play.json"
    book.write_text(json.dumps([play(strategy)]), encoding="utf-8")
    hosts = inventory(tmp_path, worlds)
    program = made(*core) / "bin" / "ansible-playbook" if core else ANSIBLE_PLAYBOOK
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    outcome = run_playbook("-i", hosts, book, settings=settings, program=program)
    assert outcome.status == 0, outcome.text
    for host in worlds:
        assert f"{host} saw {seen}" in outcome.text
