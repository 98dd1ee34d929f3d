# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A named set of real Kubernetes control planes with one virtual node each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .behavior import Behavior
from .cluster import Cluster
from .errors import AlreadyUp, SandboxError
from .locks import locked
from .paths import sandbox_folder
from .processes import deferred_interrupts, stop
from .slots import Slot
from .startup import Startup, this_process
from .state import SandboxState

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
Report = Callable[[str], None]


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. Its folder holds credentials and logs, and is private to the user."""

    name: str
    folder: Path
    clusters: tuple[Cluster, ...]
    registry: str | None
    """`host:port` of the plain-HTTP OCI registry, when the sandbox was brought up with one."""

    @property
    def chart(self) -> str:
        """The reference of the NVCF API's chart in the registry."""
        if self.registry is None:
            raise SandboxError(f"sandbox {self.name} has no registry; bring it up with --registry")
        return f"oci://{self.registry}/charts/helm-nvcf-api"

    @property
    def kubeconfig(self) -> Path:
        """All clusters, with all rights."""
        return self.folder / "kubeconfig"

    @property
    def powerless_kubeconfig(self) -> Path:
        """The same contexts for a user whom nothing is granted."""
        return self.folder / "kubeconfig-powerless"

    def cluster(self, context: str) -> Cluster:
        """Return the cluster of that context; KeyError when there is none."""
        for cluster in self.clusters:
            if cluster.context == context:
                return cluster
        raise KeyError(context)

    @classmethod
    def open(cls, name: str) -> Self:
        """Return a sandbox that is up; SandboxError when it is not, or not wholly."""
        folder = _folder(name)
        state = SandboxState.load(folder)
        if state is None:
            raise SandboxError(f"sandbox {name} is not up")
        if state.starting:
            raise SandboxError(f"sandbox {name} is being brought up by process {state.owner.pid}")
        if not state.running:
            dead = [process.name for process in state.processes if not process.alive]
            raise SandboxError(f"sandbox {name} is broken ({', '.join(dead) or 'incomplete'}); `down` removes it")
        return cls(name, folder, _clusters(folder, state), state.registry)

    @classmethod
    def up(
        cls,
        name: str,
        *,
        clusters: int = 1,
        behavior: Behavior | None = None,
        apiserver_flags: Sequence[str] = (),
        registry: bool = False,
        report: Report = lambda _line: None,
    ) -> Self:
        """Bring up a sandbox with contexts `east-1` ... `east-N`.

        Remains of an earlier one that was killed are removed first. When anything fails or interrupts, everything that
        was started is ended and removed before the error goes on. AlreadyUp when one of that name runs.
        """
        folder = _folder(name)
        if clusters < 1:
            raise SandboxError("a sandbox needs at least one cluster")
        created = False
        try:
            with deferred_interrupts():
                _create(folder, report)
                created = True
            Startup(
                folder=folder,
                names=[f"east-{number}" for number in range(1, clusters + 1)],
                behavior=behavior or Behavior(),
                apiserver_flags=tuple(apiserver_flags),
                with_registry=registry,
                report=report,
            ).run()
        except BaseException:
            if created:
                remove(folder)
            raise
        return cls.open(name)

    def down(self) -> None:
        """End every process of the sandbox and remove its folder."""
        remove(self.folder)


def down(name: str) -> bool:
    """End and remove the sandbox of that name in whatever condition it is; whether there was one."""
    folder = _folder(name)
    existed = folder.exists()
    state = SandboxState.load(folder)
    if state is not None and state.starting and state.owner.pid != this_process().pid:
        raise SandboxError(f"sandbox {name} is being brought up; interrupt process {state.owner.pid} instead")
    remove(folder)
    return existed


def remove(folder: Path) -> None:
    """End what the folder's state records, then delete the folder. Nothing there is fine."""
    with deferred_interrupts():  # an impatient second Ctrl-C must not leave half of it
        if state := SandboxState.load(folder):
            stop(state.processes)
        shutil.rmtree(folder, ignore_errors=True)


def names() -> list[str]:
    """Return the names of all sandboxes that have a folder, running or not."""
    parent = sandbox_folder("any").parent
    return sorted(entry.name for entry in parent.iterdir() if entry.is_dir()) if parent.is_dir() else []


def _folder(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise SandboxError(f"sandbox name {name!r}: use up to 32 small letters, digits and dashes")
    return sandbox_folder(name)


def _create(folder: Path, report: Report) -> None:
    """Make the folder ours, private and empty; what an earlier sandbox has left there is ended and removed."""
    with locked(folder.parent / ".lock"):
        if state := SandboxState.load(folder):
            if state.running or state.starting:
                raise AlreadyUp(f"sandbox {folder.name} is {'up' if state.running else 'being brought up'} already")
            report(f"removing what is left of an earlier sandbox {folder.name}")
        remove(folder)
        folder.mkdir(mode=0o700)
        SandboxState(owner=this_process()).save(folder)


def _clusters(folder: Path, state: SandboxState) -> tuple[Cluster, ...]:
    return tuple(
        Cluster(name=f"east-{number}", folder=folder / f"east-{number}", slot=Slot(slot))
        for number, slot in enumerate(state.slots[1:], start=1)
    )
