# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Any number of clusters on a few control planes.

A cluster of the fleet is a namespace of a control plane with a context, a user and a release of its own. To a client it
is a cluster: it has its own entry of the kubeconfig, its own connections and its own release.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.benchmark.copies import ORIGINAL, copy
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.kubeconfig import Access, write_kubeconfig
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import sandbox_folder
from ansible_collections.fleetops.nvcf.tests.sandbox.processes import spawn, stop
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox, down, names
from ansible_collections.fleetops.nvcf.tests.sandbox.state import SandboxState
from ansible_collections.fleetops.nvcf.tests.sandbox.vnode.client import KubeClient

NAME = "benchmark-"
PLANES = 2
LIVE, PARKED = "live", "c"
"""How the names of clusters begin."""
DOORS = f"{__package__}.doors"
PATIENCE_SECONDS = 30
PREFIX = "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_"
Registry = Mapping[str, str]
Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Clusters that are up, with a release in each."""

    box: Sandbox
    folder: Path
    planes: Mapping[str, Cluster]
    """The control plane of each cluster, by the cluster's name, in order."""
    door: str
    """URL of a gateway to the API of every cluster, by Host header."""

    @property
    def chart(self) -> str:
        """Reference of the chart that the releases were made from."""
        return self.box.chart

    def first(self, count: int, *, live: bool = False) -> list[str]:
        """Names of as many clusters, all of them live or all of them parked."""
        names = [name for name in self.planes if name.startswith(LIVE) is live][:count]
        if len(names) < count:
            raise ValueError(f"the fleet has {len(names)} such clusters, not {count}")
        return names

    def kubeconfig(self, names: Sequence[str]) -> Path:
        """A merged file with a context for each of these clusters and nothing else."""
        path = self.folder / f"kubeconfig-{names[0]}-{len(names)}"
        if not path.exists():
            write_kubeconfig(path, [self._access(name) for name in names])
        return path

    def _access(self, name: str) -> Access:
        plane = self.planes[name]
        user = plane.control_plane.admin
        return Access(context=name, server=plane.server, ca_file=plane.ca_file, user=user)

    def inventory(self, names: Sequence[str], hosts: Callable[[str], Mapping[str, Any]], **variables: Any) -> Path:
        """A static inventory: variables for all, and a few of each host."""
        path = self.folder / f"inventory-{len(names)}-{time.monotonic_ns()}.json"
        document = {"nvcf_control_planes": {"vars": variables, "hosts": {name: dict(hosts(name)) for name in names}}}
        path.write_text(json.dumps(document), encoding="utf-8")
        return path


@contextmanager
def fleet(
    live: int, parked: int, *, registries: Sequence[Registry], behavior: Mapping[str, Any], report: Report
) -> Iterator[Fleet]:
    """Bring up that many clusters whose releases hold these registries; see `copies` for what parked ones are."""
    _remove_orphans()
    begin = time.monotonic()
    made = [f"{kind}{number:04}" for kind, count in ((LIVE, live), (PARKED, parked)) for number in range(1, count + 1)]
    box = Sandbox.up(f"{NAME}{os.getpid()}", clusters=min(PLANES, max(live, parked)), registry=True)
    try:
        # Two at a time, so that a slice, which is every second cluster, has some of each.
        planes = {name: box.clusters[int(name[-4:]) // 2 % len(box.clusters)] for name in made}
        folder = box.folder / "benchmark"
        folder.mkdir()
        for cluster in box.clusters:
            # Functions of all copies on a control plane are in one account.
            cluster.behave(quota=100_000, **behavior)
            _install(cluster, box.chart, registries)
        with _doors(box, planes, folder) as door:
            asyncio.run(_fill(box.clusters, planes))
            report(
                f"{live} + {parked} clusters on {len(box.clusters)} control planes, {time.monotonic() - begin:.0f} s"
            )
            yield Fleet(box=box, folder=folder, planes=planes, door=door)
    finally:
        box.down()


def _remove_orphans() -> None:
    """End what a killed benchmark has left running: it would take part of the machine from this one."""
    for name in names():
        state = SandboxState.load(sandbox_folder(name))
        if name.startswith(NAME) and state is not None and not state.owner.alive:
            down(name)


def _install(cluster: Cluster, chart: str, registries: Sequence[Registry]) -> None:
    values = stack_values()
    for registry in registries:
        values["api"]["env"] |= {
            f"{PREFIX}{registry['key']}_NAME": registry["name"],
            f"{PREFIX}{registry['key']}_HOSTNAME": registry["hostname"],
        }
    cluster.install_api(namespace=ORIGINAL, chart=chart, values=values)


async def _fill(clusters: Sequence[Cluster], planes: Mapping[str, Cluster]) -> None:
    async def fill(cluster: Cluster) -> None:
        async with KubeClient(cluster.server, cluster.folder) as client:
            here = [name for name, plane in planes.items() if plane == cluster]
            for kind in (LIVE, PARKED):
                await copy(client, [name for name in here if name.startswith(kind)], parked=kind == PARKED)

    async with asyncio.TaskGroup() as group:
        for cluster in clusters:
            group.create_task(fill(cluster))


@contextmanager
def _doors(box: Sandbox, planes: Mapping[str, Cluster], folder: Path) -> Iterator[str]:
    """Ways to the API, see `doors`."""
    listed, address = folder / "planes.json", folder / "door"
    listed.write_text(json.dumps({name: plane.name for name, plane in planes.items()}), encoding="utf-8")
    process = spawn(
        "doors", [sys.executable, "-m", DOORS, box.name, str(listed), str(address)], log=folder / "doors.log"
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not address.exists():
            if not process.alive or time.monotonic() > deadline:
                raise RuntimeError(f"the doors do not open:\n{Path(process.log).read_text(encoding='utf-8')}")
            time.sleep(0.1)
        yield address.read_text(encoding="utf-8")
    finally:
        stop([process])
