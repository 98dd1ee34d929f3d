# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Real runs of ansible-playbook with the real callback, over clusters whose answers are made up.

Only the collection's actions are replaced: each returns what the inventory says for the host, and none needs a cluster.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLLECTION = Path(__file__).parents[4]
ACTION = """
from __future__ import annotations
import pathlib
import time
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = dict(task_vars["answers"].get(self._task.action.rpartition(".")[2], {"changed": False}))
        if "sleep_after_touching" in result:
            pathlib.Path(result.pop("sleep_after_touching")).touch()
            time.sleep(600)
        return result
"""
ACTIONS = ("recognized_registry", "recognized_registry_info", "api_rollout", "function_smoke_test", "release_rollback")
PLAY: Mapping[str, Any] = {
    "name": "Add registries to the NVCF allowlist",
    "hosts": "all",
    "gather_facts": False,
    "tasks": [
        {"fleetops.nvcf.recognized_registry_info": {}},
        {
            "block": [
                {"fleetops.nvcf.recognized_registry": {}},
                {"fleetops.nvcf.api_rollout": {}},
                {"fleetops.nvcf.function_smoke_test": {}},
            ],
            "rescue": [
                {"fleetops.nvcf.release_rollback": {}, "failed_when": False},
                {"ansible.builtin.fail": {"msg": "and so it ends"}},
            ],
        },
    ],
}


@dataclass(frozen=True)
class FakeFleet:
    """A folder with a collection of made-up actions, and a place for playbooks and reports."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plugins = self.folder / "collections/ansible_collections/fleetops/nvcf/plugins"
        for kind in ("modules", "action"):
            (plugins / kind).mkdir(parents=True)
        for kind in ("callback", "plugin_utils", "module_utils"):
            (plugins / kind).symlink_to(COLLECTION / "plugins" / kind)
        for name in ACTIONS:
            (plugins / "action" / f"{name}.py").write_text(ACTION)
            (plugins / "modules" / f"{name}.py").write_text("#!/usr/bin/python\n")
        (self.folder / "ansible.cfg").write_text("[defaults]\ncallbacks_enabled = fleetops.nvcf.fleet_report\n")

    @property
    def reports(self) -> Path:
        """Where files go by default."""
        return self.folder / "fleet-report"

    def command(
        self, answers: Mapping[str, Mapping[str, Any]], *flags: str, plays: Sequence[Mapping[str, Any]] = (PLAY,)
    ) -> list[str]:
        """The command line for a run in which each host answers as is said, by action."""
        hosts = {host: {"answers": dict(given)} for host, given in answers.items()}
        inventory = {"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}
        (self.folder / "hosts.json").write_text(json.dumps(inventory))
        (self.folder / "site.yml").write_text(json.dumps(list(plays)))
        program = Path(sys.executable).parent / "ansible-playbook"
        # Whoever runs the tests may ignore signals, as nohup and a shell's background jobs do, and a child inherits it.
        return ["env", "--default-signal", str(program), "-i", "hosts.json", "site.yml", *flags]

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's own settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "FLEETOPS_", "RUNNER_", "AWX_"))}
        ours = {
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            "LC_ALL": "C.UTF-8",
        }
        return kept | ours | self.settings

    def run(self, answers: Mapping[str, Mapping[str, Any]], *flags: str, **rest: Any) -> str:
        """Run to the end; returns everything that was printed."""
        done = subprocess.run(
            self.command(answers, *flags, **rest),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "fleet_report" not in done.stdout, done.stdout
        return done.stdout

    def report(self) -> dict[str, Any]:
        """The JSON file."""
        document: dict[str, Any] = json.loads((self.reports / "report.json").read_text(encoding="utf-8"))
        return document

    def states(self) -> dict[str, str]:
        """The state of each host."""
        return {row["host"]: row["state"] for row in self.report()["clusters"]}
