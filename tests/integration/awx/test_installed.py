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
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, PREFIX, World, pair


@pytest.fixture
def environment(programs: Path, collections: Path, tmp_path: Path) -> dict[str, str]:
    """Variables for programs of the fresh environment."""
    return clean(tmp_path, programs) | {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        # Ansible puts a socket there, whose path may have 107 bytes.
        "TMPDIR": tempfile.gettempdir(),
    }


@pytest.mark.parametrize("helm", [4, pytest.param(3, marks=pytest.mark.nightly)], ids=["helm4", "helm3"], indirect=True)
def test_all_that_an_operator_uses_runs_from_the_tarball_alone(
    world: World, environment: dict[str, str], programs: Path, collections: Path, tmp_path: Path
) -> None:
    """The three playbooks, with the inventory plugin and the report, until an audit shows what somebody edited."""
    before = world.values()
    installed = collections / "ansible_collections" / "fleetops" / "nvcf"
    names = ("release", "namespace", "helm_binary", "timeout", "rollout_timeout")
    settings = {f"registry_allowlist_{name}": world.options()[name] for name in names} | {
        "registry_allowlist_chart_ref": str(installed / "tests" / "sandbox" / "charts" / "helm-nvcf-api"),
        "registry_allowlist_registries": [GHCR],
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.json").write_text(json.dumps(settings), encoding="utf-8")
    fleet = {
        "plugin": "fleetops.nvcf.kubeconfig",
        "kubeconfig": [str(world.cluster.kubeconfig)],
        "groups": {"nvcf_control_planes": True},
    }
    hosts, report = tmp_path / "fleet.kubeconfig.yml", tmp_path / "report"
    hosts.write_text(json.dumps(fleet), encoding="utf-8")
    environment |= {
        "ANSIBLE_CALLBACKS_ENABLED": "fleetops.nvcf.fleet_report",
        "FLEETOPS_NVCF_REPORT_FOLDER": str(report),
    }
    assert str(CHECKOUT) not in json.dumps(settings)

    def play(name: str, expected: int = 0) -> str:
        argv: list[str | Path] = [programs / "ansible-playbook", "-i", hosts, f"fleetops.nvcf.{name}"]
        status, text = run(argv, environment, tmp_path)
        assert status == expected, text
        told = json.loads((report / "report.json").read_text(encoding="utf-8"))
        assert [row["host"] for row in told["clusters"]] == [world.cluster.context]
        assert bool(told["unfinished"]) == (expected != 0)
        return text

    play("add")
    play("audit")
    assert world.env().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"

    name = f"{PREFIX}GHCR_NAME"
    path = f"/api/v1/namespaces/{world.namespace}/configmaps/nvcf-api-env?fieldManager=kubectl-edit"
    world.cluster.api.patch(path, {"data": {name: "edited by hand"}})
    assert name in play("audit", expected=2)

    play("remove")
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
