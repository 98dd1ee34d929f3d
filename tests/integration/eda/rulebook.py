# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Running ansible-rulebook as an operator does, with the shipped rulebooks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import CHECKOUT, clean
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World

BATCH = "once_after: 1 minute"
"""How long the shipped rulebooks wait for more events."""


def programs() -> Path:
    """The folder of ansible-rulebook and ansible-playbook. Fails where there is no Java runtime."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.fail(
            "ansible-rulebook needs a Java runtime, 17 or newer: install one (Debian: default-jre-headless), or set "
            "JAVA_HOME.",
            pytrace=False,
        )
    made = subprocess.run([CHECKOUT / "requirements" / "environment", "eda"], check=True, stdout=subprocess.PIPE)
    return Path(made.stdout.decode().strip()) / "bin"


@dataclass(frozen=True)
class Activation:
    """A running ansible-rulebook."""

    process: subprocess.Popen[bytes]
    log: Path
    ansible_log: Path
    """What the playbooks have printed: ansible-rulebook repeats that of a failed one."""

    @property
    def text(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(encoding="utf-8")

    @property
    def alive(self) -> bool:
        """True. Fails where ansible-rulebook has ended."""
        assert self.process.poll() is None, self.text
        return True

    @property
    def runs(self) -> list[tuple[str, list[str]]]:
        """The playbooks that were run, in order: the name of its play, and the hosts of its recap so far."""
        assert self.alive
        found: dict[str, tuple[str, list[str]]] = {}
        for line in self.ansible_log.read_text(encoding="utf-8").splitlines():
            if not (parts := re.match(r"\S+ \S+ p=(\d+) .*?\| (.*)", line)):
                continue
            process, words = parts.groups()
            if play := re.match(r"PLAY \[(.*)\]", words):
                found.setdefault(process, (play[1], []))
            if recap := re.match(r"(\S+) +: ok=", words):
                found[process][1].append(recap[1])
        return [(play, sorted(hosts)) for play, hosts in found.values()]

    def hosts_of(self, play: str) -> set[str]:
        """The hosts on which it has ended."""
        return {host for name, hosts in self.runs if name == play for host in hosts}


@dataclass(frozen=True)
class Station:
    """What an activation needs: programs, the installed collection, a folder of its own."""

    programs: Path
    collections: Path
    folder: Path

    def prepare(self, kubeconfig: Path, settings: Mapping[str, Any], **variables: Any) -> None:
        """Make the inventory: a folder, because ansible-rulebook copies a file without the variables beside it."""
        fleet = {"plugin": "fleetops.nvcf.kubeconfig", "kubeconfig": [str(kubeconfig)]}
        (self.folder / "inventory" / "group_vars").mkdir(parents=True)
        self._write("inventory/fleet.kubeconfig.yml", fleet)
        self._write("inventory/group_vars/all.json", settings)
        self._write("vars.json", {"nvcf_kubeconfig": [str(kubeconfig)], "nvcf_report_existing": True} | variables)

    @contextmanager
    def running(self, rulebook: str, *more: str) -> Iterator[Activation]:
        """ansible-rulebook with a shipped rulebook, while the block runs. All its events are printed."""
        log, ansible_log = self.folder / f"{rulebook}.log", self.folder / "ansible.log"
        ansible_log.write_text("", encoding="utf-8")
        argv = ["--rulebook", str(self._quick(rulebook)), "--inventory", "inventory", "--vars", "vars.json"]
        environment = clean(self.folder, self.programs) | {
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOG_PATH": str(ansible_log),
            "PYTHONUNBUFFERED": "1",
        }
        environment |= {name: value for name, value in os.environ.items() if name == "JAVA_HOME"}
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [self.programs / "ansible-rulebook", *argv, "--print-events", "--shutdown-delay", "1", *more],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Activation(process, log, ansible_log)
        finally:
            process.terminate()
            process.wait(timeout=60)
            print(log.read_text(encoding="utf-8"))

    def _quick(self, name: str) -> Path:
        """The shipped rulebook, which waits for two seconds instead of a minute."""
        shipped = self.collections / "ansible_collections/fleetops/nvcf/extensions/eda/rulebooks" / f"{name}.yml"
        text = shipped.read_text(encoding="utf-8")
        assert BATCH in text
        quick = self.folder / shipped.name
        quick.write_text(text.replace(BATCH, "once_after: 2 seconds"), encoding="utf-8")
        return quick

    def _write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")


def settings(world: World) -> dict[str, Any]:
    """The role's variables that are the same for all clusters."""
    names = ("release", "namespace", "helm_binary", "chart_ref", "timeout", "rollout_timeout")
    return {f"registry_allowlist_{name}": world.options()[name] for name in names}
