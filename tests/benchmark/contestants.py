# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The same change on the same clusters in three ways: by hand, with kubernetes.core, with this collection."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Failed, Row, measure
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import Fleet, Registry
from ansible_collections.fleetops.nvcf.tests.benchmark.programs import HERE
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import ANSIBLE_PLAYBOOK, environment
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import KUBECTL

FORKS = {"ours": 20, "core": 5}
"""Of Ansible. What starts processes that compute gains nothing from more of them than that, and costs more each."""
AT_ONCE = len(os.sched_getaffinity(0))
"""Clusters that the hand procedure is done on at once. More would only get into each other's way on the processors."""
CHANGED = re.compile(r"changed=(\d+)")


def registry_of(who: str, clusters: int) -> Registry:
    """One that nobody else adds, so that each contestant has something to do on the same clusters."""
    return {"key": f"{who}{clusters}".upper(), "name": f"{who} on {clusters}", "hostname": f"{who}{clusters}.example"}


def chart_version() -> str:
    """The deployed version, which the hand procedure and the plain playbook must be told."""
    return str(yaml.safe_load((API_CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"])


@dataclass(frozen=True, kw_only=True)
class Run:
    """One command to be measured."""

    fleet: Fleet
    clusters: int
    """How many are in the kubeconfig."""
    sample: int
    """How many of them it is run on."""
    what: str
    """changed, unchanged, add or audit."""
    registry: Registry

    @property
    def names(self) -> list[str]:
        """The clusters that it is run on."""
        return self.fleet.first(self.sample)

    @property
    def kubeconfig(self) -> Path:
        """The merged file that an operator of all clusters has."""
        return self.fleet.kubeconfig(self.fleet.first(self.clusters))

    def measure(self, who: str, argv: Sequence[str | Path], env: Mapping[str, str]) -> Row:
        """Run the command and tell what it cost."""
        return measure(
            argv, who=who, what=self.what, clusters=self.clusters, sample=self.sample, log=self.log(who), env=env
        )

    def log(self, who: str) -> Path:
        """Where its output goes."""
        return self.fleet.folder / f"{who}-{self.what}-{self.clusters}.log"


def by_hand(run: Run) -> Row:
    """The guide, some clusters at a time."""
    names = run.fleet.folder / f"names-{run.sample}"
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
    argv: list[str | Path] = [
        "xargs",
        f"--arg-file={names}",
        f"--max-procs={AT_ONCE}",
        "--max-args=1",
        HERE / "by_hand.sh",
    ]
    return run.measure("hand", argv, env)


def ours(run: Run, **variables: Any) -> Row:
    """The collection's own playbooks as they are, with more variables of the role."""
    inventory = run.fleet.inventory(
        run.names,
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
    playbook = "fleetops.nvcf.audit" if run.what == "audit" else "fleetops.nvcf.add"
    argv: list[str | Path] = [ANSIBLE_PLAYBOOK, "-i", inventory, playbook]
    row = run.measure("ours", argv, _ansible("ours"))
    _check_recap(run, "ours")
    return row


def core(programs: Path) -> Callable[[Run], Row]:
    """The plain playbook, with the Ansible that is in this folder."""

    def contend(run: Run) -> Row:
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
        argv: list[str | Path] = [programs / "ansible-playbook", "-i", inventory, HERE / "rival.yml"]
        row = run.measure("core", argv, env)
        _check_recap(run, "core")
        return row

    return contend


def _ansible(who: str) -> dict[str, str]:
    return environment() | {"ANSIBLE_FORKS": str(FORKS[who]), "NO_PROXY": "127.0.0.1"}


def _check_recap(run: Run, who: str) -> None:
    """A run that did not do what its name says would be a fine figure for nothing."""
    log = run.log(who)
    found = [int(number) > 0 for number in CHANGED.findall(log.read_text(encoding="utf-8"))]
    if found != [run.what == "changed"] * run.sample:
        raise Failed(f"{who}: {found.count(True)} of {len(found)} clusters changed, in a run named {run.what}: {log}")


def chosen(only: Sequence[str], programs: Callable[[], Path]) -> dict[str, Callable[[Run], Row]]:
    """Those of the contestants that are asked for, in the order in which they are measured."""
    made: dict[str, Callable[[Run], Row]] = {}
    if "hand" in only:
        made["hand"] = by_hand
    if "core" in only:
        made["core"] = core(programs())
    if "ours" in only:
        made["ours"] = ours
    return made


def save(rows: Sequence[Row], path: Path) -> None:
    """Write rows as JSON."""
    path.write_text(json.dumps([vars(row) for row in rows], indent=1), encoding="utf-8")
