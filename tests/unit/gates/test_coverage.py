# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-playbook runs counts as covered, wherever Ansible runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """As the stages of make set it, with data of its own; neither Ansible's settings nor a cluster of the caller's."""
    foreign = ("ANSIBLE_", "COVERAGE_", "K8S_AUTH_", "KUBECONFIG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(PROGRAMS.parent / "collections"),
        "ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT": "200",
        "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"),
        "COVERAGE_FILE": str(tmp_path / "data"),
        "LC_ALL": "C.UTF-8",
    }


def covered_functions(environment: dict[str, str], folder: Path) -> set[str]:
    """As `file:function`, all of which some line was run."""
    for arguments in (["combine", "--quiet"], ["json", "--quiet", "--fail-under=0", "-o", str(folder / "report.json")]):
        subprocess.run([PROGRAMS / "coverage", *arguments], env=environment, cwd=ROOT, check=True)
    files: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))["files"]
    return {
        f"{path}:{name}"
        for path, file in files.items()
        for name, function in file["functions"].items()
        if name and function["executed_lines"]
    }


@pytest.mark.parametrize(
    "apart, expected",
    [
        pytest.param({}, "plugins/plugin_utils/_in_process_action.py:InProcessAction._here", id="in a forked worker"),
        pytest.param(
            {"A": "B"},
            "plugins/module_utils/_runtime/module_entry.py:run_module",
            id="in a process of the module's own",
        ),
    ],
)
def test_what_a_task_runs_is_counted(
    tmp_path: Path, environment: dict[str, str], apart: dict[str, str], expected: str
) -> None:
    task = {
        "fleetops.nvcf.recognized_registry_info": {"kubeconfig": str(tmp_path / "none")},
        "environment": apart,
        "register": "told",
        "failed_when": "'does not exist' not in told.msg",
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    argv = [PROGRAMS / "ansible-playbook", tmp_path / "play.json"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert expected in covered_functions(environment, tmp_path)


def test_what_is_done_for_several_hosts_at_once_is_counted(tmp_path: Path, environment: dict[str, str]) -> None:
    task = {"fleetops.nvcf.look_ahead": {"module": "recognized_registry_info", "options_from": "nothing"}}
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [{**task, "run_once": True}]}
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    argv = [str(PROGRAMS / "ansible-playbook"), "-i", "a,b", str(tmp_path / "play.json")]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    counted = covered_functions(environment, tmp_path)
    assert "plugins/plugin_utils/_look_ahead/hosts.py:Batch.options" in counted
