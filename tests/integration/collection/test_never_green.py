# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that has not done what was meant fails, and writes to no other cluster."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import Outcome, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World

ADD, AUDIT = "fleetops.nvcf.add", "fleetops.nvcf.audit"
APPLY = "Change one service after the other"

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)


@pytest.fixture
def wanted(world: World, tmp_path: Path) -> World:
    """A world, beside which `inventory.json` lists two hosts: `east`, which it is, and `west`, which does not answer.

    The kubeconfig's current context is that of `east`.
    """
    document = json.loads(world.cluster.kubeconfig.read_text(encoding="utf-8"))
    [east] = document["clusters"]
    [user] = document["users"]
    away = {"name": "west", "cluster": east["cluster"] | {"server": "https://127.0.0.1:9"}}
    contexts = [("east", east["name"]), ("west", "west")]
    document["clusters"].append(away)
    document["contexts"] = [
        {"name": name, "context": {"cluster": cluster, "user": user["name"]}} for name, cluster in contexts
    ]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(document | {"current-context": "east"}), encoding="utf-8")
    options = world.options() | {"kubeconfig": str(kubeconfig), "registries": [GHCR]}
    del options["context"]
    variables = {f"registry_allowlist_{name}": value for name, value in options.items()}
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"nvcf_control_planes": {"vars": local | variables, "hosts": {"east": {}, "west": {}}}}
    (tmp_path / "inventory.json").write_text(json.dumps(hosts), encoding="utf-8")
    return world


def run(folder: Path, *arguments: str, **variables: Any) -> Outcome:
    return run_playbook("-i", folder / "inventory.json", *arguments, "-e", json.dumps(variables))


EMPTY = ["", None, "  ", "{{ nothing | default('') }}", "{{ nothing | default(omit) }}"]
EAST = ["--limit", "east"]
REFUSED: Sequence[tuple[Sequence[str], dict[str, Any], str]] = [
    ([ADD], {"nvcf_hosts": "eastt"}, r"hosts 'eastt' .* match no host of the inventory. Did you mean east\?"),
    ([ADD], {"nvcf_hosts": ["east", "wst"]}, "hosts 'wst' .* match no host"),
    ([ADD], {"nvcf_hosts": ""}, "hosts '' .* match no host"),
    ([AUDIT, "--limit", "west"], {"nvcf_hosts": "east"}, "match no host of the inventory within --limit west"),
    ([ADD, *EAST], {"registry_allowlist_regsitries": []}, "Did you mean registry_allowlist_registries"),
    ([ADD, *EAST], {"registry_allowlist_registries": []}, "registries is empty: list the registries to add"),
    ([ADD, *EAST, "--start-at-task", APPLY], {}, "the preflight was skipped, so nothing is written"),
    ([AUDIT, *EAST, "--tags", "none"], {}, r"GHCR \(ghcr.io\) is not stored"),
]
"""Arguments, variables, and what is said."""


def test_what_would_leave_something_out_or_lead_elsewhere_fails_before_anything_is_written(
    wanted: World, tmp_path: Path
) -> None:
    for context in EMPTY:
        outcome = run(tmp_path, ADD, "--limit", "west", registry_allowlist_context=context)
        assert outcome.status == 2, context
        assert "cluster west: the API server https://127.0.0.1:9 cannot be reached" in outcome.text
        assert outcome.text.count("Nothing was written.") == 2, "in the error, and in the result"
    for arguments, variables, said in REFUSED:
        outcome = run(tmp_path, *arguments, **variables)
        assert outcome.status != 0, said
        assert re.search(said, " ".join(outcome.text.split())), outcome.text
    assert len(wanted.history()) == 1


def test_tags_leave_nothing_out_and_nothing_wanted_is_nothing_found(wanted: World, tmp_path: Path) -> None:
    outcome = run(tmp_path, ADD, "--limit", "east", "--tags", "none")
    assert outcome.status == 0, outcome.text
    assert len(wanted.history()) == 2
    audit = run(tmp_path, AUDIT, "--limit", "east", registry_allowlist_registries=[])
    assert "there is no desired state" in audit.text
    again = run(tmp_path, ADD, "--limit", "east", registry_allowlist_registries=[])
    assert again.status != 0, "what is there already is not settled by wanting nothing"
    (tmp_path / "others.json").write_text(json.dumps({"all": {"hosts": {"web-1": {}}}}), encoding="utf-8")
    others = run_playbook("-i", tmp_path / "others.json", AUDIT)
    assert others.status != 0
    assert "has no group nvcf_control_planes, and nvcf_hosts is not set" in " ".join(others.text.split())
    missing = run_playbook("-i", tmp_path / "missing", AUDIT)
    assert missing.status != 0
    assert "The inventory holds no host" in missing.text
