# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run shows under an ansible-runner as older execution environments have it.

It replaces the function with which Ansible shows a line, also in the workers, where ansible-core 2.19 and newer warn of
anything that is printed. The tests of AWX have the newest ansible-runner.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.environments import made
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    environment,
    inventory,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World

OLD_RUNNER = (("3.12", "3.13"), ("ansible-core==2.21.5", "kubernetes", "ansible-runner==2.4.1"))


@pytest.mark.parametrize("helm", [4], ids=["helm4"])
def test_progress_of_a_worker_and_the_table_are_events_and_nothing_else_is_shown(world: World, tmp_path: Path) -> None:
    programs = made(*OLD_RUNNER) / "bin"
    for name in ("inventory", "project"):
        (tmp_path / name).mkdir()
    inventory(tmp_path / "inventory", {"one": world}, ansible_python_interpreter=str(programs / "python"))
    options = {name: world.options()[name] for name in ("kubeconfig", "context", "namespace", "release")}
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"fleetops.nvcf.api_rollout": options}]}
    (tmp_path / "project" / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(ANSIBLE_PLAYBOOK.parents[1] / "collections"),
        "ANSIBLE_CALLBACKS_ENABLED": "fleetops.nvcf.fleet_report",
    }
    path = f"/api/v1/namespaces/{world.namespace}/configmaps/nvcf-api-env"
    world.cluster.api.patch(path, {"data": {"ANY": "thing that the pods do not have"}})
    done = subprocess.run(
        [programs / "ansible-runner", "run", tmp_path, "--playbook", "play.json", "--ident", "job"],
        env=environment() | settings | {"PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(path.read_text()) for path in (tmp_path / "artifacts/job/job_events").glob("*.json")]
    texts = [event.get("stdout", "") for event in events]
    assert len([text for text in texts if f"  {world.cluster.context}: " in text and "restarting" in text]) == 1
    assert len([text for text in texts if "cluster  state" in text]) == 1
    assert [text for text in texts if "fleet: " in text or "WARNING" in text] == []
