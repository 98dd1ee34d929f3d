# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running ansible-playbook as an operator does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World

ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"


@dataclass(frozen=True)
class Outcome:
    """An ended ansible-playbook: exit status and everything it printed."""

    status: int
    text: str


def environment() -> dict[str, str]:
    """Without what the caller's shell may set for Ansible or Kubernetes.

    Nor are lines counted there: that makes a playbook half as long again, and unit tests count what playbooks run.
    """
    foreign = re.compile("K8S_AUTH_|KUBECONFIG|ANSIBLE_|COVERAGE_")
    kept = {k: v for k, v in os.environ.items() if not foreign.match(k)}
    home = Path(sys.prefix)
    return kept | {"ANSIBLE_HOME": str(home), "ANSIBLE_LOCALHOST_WARNING": "false", "LC_ALL": "C.UTF-8"}


def run_playbook(
    *arguments: str | Path,
    timeout: float = 300,
    settings: Mapping[str, str] | None = None,
    program: Path = ANSIBLE_PLAYBOOK,
) -> Outcome:
    """Run it to its end; `settings` are environment variables of Ansible."""
    done = subprocess.run(
        [program, *arguments],
        env=environment() | dict(settings or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(status=done.returncode, text=done.stdout)


def inventory(folder: Path, worlds: Mapping[str, World], **variables: Any) -> Path:
    """An inventory in which each world is a host, reached as the role's variables say."""
    hosts = {
        name: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            **{f"registry_allowlist_{option}": value for option, value in world.options().items()},
            **variables,
        }
        for name, world in worlds.items()
    }
    path = folder / "inventory.json"
    path.write_text(json.dumps({"nvcf_control_planes": {"hosts": hosts}}), encoding="utf-8")
    return path


def run_tasks(folder: Path, tasks: Sequence[Mapping[str, Any]], *flags: str) -> tuple[Outcome, list[dict[str, Any]]]:
    """Run tasks on localhost, each to its result whether it fails or not; returns the results in order."""
    names = [f"result_{index}" for index, _task in enumerate(tasks)]
    steps = [{**task, "register": name, "ignore_errors": True} for task, name in zip(tasks, names, strict=True)]
    target = folder / "results.json"
    save = {
        "ansible.builtin.copy": {"content": "{{ [" + ", ".join(names) + "] | to_json }}", "dest": str(target)},
        "check_mode": False,
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*steps, save]}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    book = folder / "play.json"
    book.write_text(json.dumps([play]), encoding="utf-8")
    outcome = run_playbook(book, *flags)
    assert target.exists(), outcome.text
    return outcome, json.loads(target.read_text(encoding="utf-8"))
