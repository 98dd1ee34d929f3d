# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The same work on the same clusters in several ways: by hand, with kubernetes.core, with this collection."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleetops.nvcf.tests.benchmark.cases import Case
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Failed, Row, measure
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import Fleet, Registry
from ansible_collections.fleetops.nvcf.tests.benchmark.programs import HERE, rival_ansible
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import ANSIBLE_PLAYBOOK, environment
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import KUBECTL

Argv = Sequence[str | Path]
Command = tuple[Argv, Mapping[str, str]]

GHCR = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}
"""Every release holds it from the beginning."""
FORKS = {"ours": 20, "core": 5}
"""Of Ansible. What starts processes that compute gains nothing from more of them than that, and costs more each."""
AT_ONCE = len(os.sched_getaffinity(0))
"""Clusters that the hand procedure is done on at once. More would only get into each other's way on the processors."""
RESTED = HERE.parents[1] / "extensions" / "awx" / "project" / "ansible.cfg"
CHANGED = re.compile(r"changed=(\d+)")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command to be measured."""

    fleet: Fleet
    case: Case
    who: str
    size: int
    turn: int
    """How often it was done before."""

    @property
    def changes(self) -> bool:
        """Whether there is something to do."""
        return self.who == "hand" or (self.case.changes and self.who not in READERS)

    @cached_property
    def registry(self) -> Registry:
        """One that nobody else adds, so that there is something to do; or the one that is there."""
        if not self.changes:
            return GHCR
        word = f"{self.who}{self.case.name}{self.size}n{self.turn}"
        return {"key": word.upper(), "name": f"Registry {word}", "hostname": f"{word}.example"}

    @property
    def names(self) -> list[str]:
        """The clusters that it is run on."""
        most = {"hand": self.case.sample, "core": self.case.sample, "alone": 1}.get(self.who, self.size)
        return self.fleet.first(min(self.size, most), live=self._live)

    @property
    def kubeconfig(self) -> Path:
        """The merged file that an operator of all clusters has."""
        size = len(self.names) if self._live and not self.case.live else self.size
        return self.fleet.kubeconfig(self.fleet.first(size, live=self._live))

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.fleet.folder / f"{self.who}-{self.case.name}-{self.size}-{self.turn}.log".replace(" ", "-")

    @property
    def _live(self) -> bool:
        return self.case.live or self.who == "hand"

    def measure(self) -> Row:
        """Run the command and tell what it cost."""
        argv, env = TURNS[self.who](self)
        cost = measure(argv, log=self.log, env=env)
        if self.who != "hand":
            self._check_recap()
        return Row(case=self.case.name, who=self.who, size=self.size, sample=len(self.names), turn=self.turn, **cost)

    def _check_recap(self) -> None:
        """A run that did not do what its name says would be a fine figure for nothing."""
        found = [int(number) > 0 for number in CHANGED.findall(self.log.read_text(encoding="utf-8"))]
        if found != [self.changes] * len(self.names):
            raise Failed(f"{found.count(True)} of {len(found)} clusters of {len(self.names)} changed: {self.log}")


def chart_version() -> str:
    """The deployed version, which the hand procedure and the plain playbook must be told."""
    return str(yaml.safe_load((API_CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"])


def by_hand(run: Run) -> Command:
    """The guide, some clusters at a time."""
    names = run.log.with_suffix(".names")
    names.write_text("\n".join(run.names), encoding="utf-8")
    home = run.fleet.folder / "helm"
    env = os.environ | {
        "KUBECONFIG": str(run.kubeconfig),
        "HELM": str(tools.helm(4)),
        "KUBECTL": str(KUBECTL.program()),
        "CHART": run.fleet.chart,
        "CHART_VERSION": chart_version(),
        "DOOR": run.fleet.door,
        "KEY": run.registry["key"],
        "NAME": run.registry["name"],
        "HOSTNAME_TO_ADD": run.registry["hostname"],
        **{name: str(home / name.lower()) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")},
    }
    return ["xargs", f"--arg-file={names}", f"--max-procs={AT_ONCE}", "--max-args=1", HERE / "by_hand.sh"], env


def core(run: Run) -> Command:
    """The plain playbook, with an Ansible that has kubernetes.core."""
    programs = rival_ansible(print)
    inventory = run.fleet.inventory(
        run.names,
        lambda _name: {},
        ansible_connection="local",
        ansible_python_interpreter=str(programs / "python"),
        kubeconfig=str(run.kubeconfig),
        helm_binary=str(tools.helm(4)),
        chart_ref=run.fleet.chart,
        chart_version=chart_version(),
        door=run.fleet.door,
        registry=dict(run.registry),
    )
    home = run.fleet.folder / "ansible"
    # Its modules would be unpacked in the user's home otherwise.
    env = _ansible("core") | {"ANSIBLE_HOME": str(home), "ANSIBLE_REMOTE_TMP": str(home / "modules")}
    return [programs / "ansible-playbook", "-i", inventory, HERE / "rival.yml"], env


def ours(playbook: str | Path, *, config: Path | None = None, **variables: Any) -> Callable[[Run], Command]:
    """A playbook of the collection as it is, with more variables of the role."""

    def start(run: Run) -> Command:
        settings = {"ANSIBLE_CONFIG": str(config)} if config else {}
        return _argv(run, run.names, playbook, **variables), _ansible("ours") | settings

    return start


def sliced(script: str) -> Callable[[Run], Command]:
    """The audit in two parts as AWX slices an inventory: by the host's index, modulo the number of slices."""

    def start(run: Run) -> Command:
        parts = [shlex.join(map(str, _argv(run, run.names[index::2], AUDIT))) for index in range(2)]
        return ["sh", "-c", script.format(*parts)], _ansible("ours")

    return start


ADD, AUDIT = "fleetops.nvcf.add", "fleetops.nvcf.audit"
READERS = ("audit", "alone", "probed", "empty", "sliced", "at once")
TURNS: dict[str, Callable[[Run], Command]] = {
    "hand": by_hand,
    "core": core,
    "ours": ours(ADD),
    "rested": ours(ADD, config=RESTED),
    "audit": ours(AUDIT),
    "alone": ours(AUDIT),
    "probed": ours(AUDIT, registry_allowlist_audit_probe=True),
    "empty": ours(HERE / "empty.yml"),
    "sliced": sliced("{} && {}"),
    "at once": sliced("{} &\n{} && wait $!"),
}


def _argv(run: Run, names: Sequence[str], playbook: str | Path, **variables: Any) -> Argv:
    inventory = run.fleet.inventory(
        names,
        lambda name: {"registry_allowlist_namespace": name},
        ansible_connection="local",
        ansible_python_interpreter=sys.executable,
        registry_allowlist_kubeconfig=str(run.kubeconfig),
        registry_allowlist_helm_binary=str(tools.helm(4)),
        registry_allowlist_chart_ref=run.fleet.chart,
        registry_allowlist_chart_plain_http=True,
        registry_allowlist_registries=[dict(run.registry)],
        **variables,
    )
    return [ANSIBLE_PLAYBOOK, "-i", inventory, playbook]


def _ansible(who: str) -> dict[str, str]:
    return environment() | {"ANSIBLE_FORKS": str(FORKS[who]), "NO_PROXY": "127.0.0.1"}
