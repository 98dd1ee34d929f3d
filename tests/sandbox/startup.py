# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Bringing a sandbox up: start the processes in order, wait until each can be used."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
import urllib.error
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from . import tools
from .behavior import Behavior
from .cluster import Cluster
from .control_plane import Etcd
from .errors import SandboxError, log_tail
from .install import push_charts
from .kubeconfig import write_kubeconfig
from .paths import PACKAGE
from .processes import ProcessRecord, deferred_interrupts, spawn
from .registry import Registry, start_registry
from .rest import ApiError
from .slots import Claim, claimed
from .state import SandboxState

PATIENCE = 120.0
POLL = 0.05
# The collector runs more often than by default: control planes are many here, and each is small. Whoever has the memory
# and wants less work sets GOGC to more.
GO_ENVIRONMENT = {"GOGC": os.environ.get("GOGC", "60")}


@dataclass
class Startup:
    """One attempt to bring up a sandbox in an existing, empty folder."""

    folder: Path
    names: Sequence[str]
    behavior: Behavior
    apiserver_flags: tuple[str, ...]
    with_registry: bool
    report: Callable[[str], None]
    _state: SandboxState = field(init=False)

    def run(self) -> None:
        """Start everything and return when all clusters can be used. Whoever calls cleans up after an exception."""
        begin = time.monotonic()
        self._state = SandboxState(owner=this_process())
        # Look for all programs first: a missing one is not worth a half-started sandbox.
        apiserver = tools.KUBE_APISERVER.program()
        manager = tools.KUBE_CONTROLLER_MANAGER.program()
        etcd_program = tools.ETCD.program()
        with claimed(1 + len(self.names)) as (shared, *claims):
            self._update(slots=tuple(claim.slot.number for claim in (shared, *claims)))
            etcd = Etcd(program=etcd_program, folder=self.folder / "etcd", slot=shared.slot)
            self._spawn("etcd", etcd.argv(), shared)
            registry = self._start_registry(shared) if self.with_registry else None
            clusters = [self._prepare(name, claim) for name, claim in zip(self.names, claims, strict=True)]
            for cluster, claim in zip(clusters, claims, strict=True):
                argv = cluster.control_plane.apiserver_argv(apiserver, etcd.url, self.apiserver_flags)
                self._spawn(f"{cluster.name}-apiserver", argv, claim, GO_ENVIRONMENT)
            write_kubeconfig(self.folder / "kubeconfig", [c.access(c.control_plane.admin) for c in clusters])
            write_kubeconfig(
                self.folder / "kubeconfig-powerless", [c.access(c.control_plane.powerless) for c in clusters]
            )
            for cluster, claim in zip(clusters, claims, strict=True):
                self._wait(f"{cluster.name}: API server", partial(_ready, cluster))
                argv = cluster.control_plane.controller_manager_argv(manager)
                self._spawn(f"{cluster.name}-controller-manager", argv, claim, GO_ENVIRONMENT)
                self._spawn(f"{cluster.name}-node", _node_argv(cluster), claim)
            for cluster in clusters:
                self._wait(f"{cluster.name}: controllers", partial(_has_service_account, cluster))
                self._wait(f"{cluster.name}: node", partial(_has_node, cluster))
            if registry is not None:
                self._wait("registry", lambda: registry.listening)
                push_charts(registry.charts, self.folder / "packages")
        self._update(complete=True)
        self.report(f"{len(clusters)} cluster(s) up in {time.monotonic() - begin:.1f} s")

    def _prepare(self, name: str, claim: Claim) -> Cluster:
        cluster = Cluster(name=name, folder=self.folder / name, slot=claim.slot)
        cluster.folder.mkdir(mode=0o700)
        cluster.control_plane.issue_certificates()
        write_kubeconfig(cluster.kubeconfig, [cluster.access(cluster.control_plane.admin)])
        self.behavior.save(cluster.behavior_file)
        return cluster

    def _start_registry(self, claim: Claim) -> Registry:
        port = claim.slot.ports[2]
        with deferred_interrupts():
            registry = start_registry(self.folder / "registry", port=port, inherit=[claim.socket.fileno()])
            self._update(processes=(*self._state.processes, registry.process), registry=registry.address)
        return registry

    def _spawn(
        self, name: str, argv: Sequence[str], claim: Claim, environment: Mapping[str, str] | None = None
    ) -> None:
        with deferred_interrupts():
            process = spawn(
                name,
                argv,
                log=self.folder / f"{name}.log",
                environment=environment,
                inherit=[claim.socket.fileno()],
            )
            self._update(processes=(*self._state.processes, process))

    def _update(self, **changes: object) -> None:
        self._state = dataclasses.replace(self._state, **changes)  # type: ignore[arg-type]
        self._state.save(self.folder)

    def _wait(self, what: str, usable: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._check_alive(self._state.processes)
            try:
                if usable():
                    return
            except (ApiError, urllib.error.URLError, OSError):
                pass  # not listening yet, or not yet ready to answer
            time.sleep(POLL)
        logs = "\n".join(f"{p.name}:\n{log_tail(Path(p.log), 5)}" for p in self._state.processes)
        raise SandboxError(f"{what} is not usable after {PATIENCE:.0f} s\n{logs}")

    @staticmethod
    def _check_alive(processes: Iterable[ProcessRecord]) -> None:
        for process in processes:
            if not process.alive:
                raise SandboxError(f"{process.name} has ended; its log ends with\n{log_tail(Path(process.log))}")


def this_process() -> ProcessRecord:
    """Return the record of the running interpreter."""
    return ProcessRecord.of("owner", os.getpid(), Path(os.devnull))


def _node_argv(cluster: Cluster) -> list[str]:
    plane = cluster.control_plane
    return [
        sys.executable,
        "-m",
        f"{PACKAGE}.vnode",
        f"--folder={cluster.folder}",
        f"--server={cluster.server}",
        f"--kubelet-port={plane.kubelet_port}",
        f"--gateway-port={plane.gateway_port}",
        f"--domain={cluster.domain}",
        f"--pods={cluster.slot.pods}",
    ]


def _ready(cluster: Cluster) -> bool:
    return cluster.api.text("/readyz") == "ok"


def _has_service_account(cluster: Cluster) -> bool:
    return bool(cluster.api.get("/api/v1/namespaces/default/serviceaccounts/default"))


def _has_node(cluster: Cluster) -> bool:
    nodes = cluster.api.get("/api/v1/nodes")["items"]
    conditions = [condition for node in nodes for condition in node["status"].get("conditions", [])]
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
