# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One running cluster of a sandbox, as tests and demonstrations use it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .behavior import Behavior
from .control_plane import ControlPlane
from .errors import SandboxError
from .install import API_CHART, TASKS_CHART, install_api, install_release, stack_values, tasks_values
from .kubeconfig import Access
from .paths import nvcf_folder
from .pki import KeyPair
from .rest import ApiError, RestClient
from .restart import restart
from .slots import LOOPBACK, Slot

PATIENCE = 120.0
POLL = 0.05


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster's addresses, credentials and behavior."""

    name: str
    folder: Path
    slot: Slot

    @property
    def context(self) -> str:
        """Its context in the sandbox's kubeconfig files."""
        return self.name

    @property
    def domain(self) -> str:
        """The DNS domain below which the gateway routes; nothing resolves it, so send it as Host header."""
        return f"{self.name}.nvcf.test"

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self.control_plane.server

    @property
    def gateway(self) -> str:
        """The URL of the gateway, which routes `api.<domain>` and `api-keys.<domain>` by Host header."""
        return f"http://{LOOPBACK}:{self.control_plane.gateway_port}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the cluster's own authority."""
        return self.control_plane.ca_file

    @property
    def admin_cert(self) -> Path:
        """The administrator's client certificate."""
        return self.control_plane.admin.certificate

    @property
    def admin_key(self) -> Path:
        """The administrator's private key."""
        return self.control_plane.admin.key

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig for this cluster alone."""
        return self.control_plane.kubeconfig

    @property
    def behavior_file(self) -> Path:
        """The file that the virtual node and the stand-in API read."""
        return self.folder / "behavior.json"

    @property
    def nvcf_folder(self) -> Path:
        """The folder in which its NVCF API keeps what outlives the pods: account, functions, signing secret."""
        return nvcf_folder(self.folder)

    @property
    def behavior(self) -> Behavior:
        """How the cluster behaves now."""
        return Behavior.load(self.behavior_file)

    def behave(self, **changes: Any) -> Behavior:
        """Change how the cluster behaves from now on; returns the new behavior."""
        behavior = self.behavior.changed(**changes)
        behavior.save(self.behavior_file)
        return behavior

    @contextlib.contextmanager
    def behaving(self, **changes: Any) -> Iterator[Behavior]:
        """Change how the cluster behaves while the block runs."""
        before = self.behavior
        try:
            yield self.behave(**changes)
        finally:
            before.save(self.behavior_file)

    @cached_property
    def api(self) -> RestClient:
        """The Kubernetes API with all rights."""
        return RestClient(self.server, self.ca_file, self.control_plane.admin)

    @property
    def answers(self) -> bool:
        """Whether the API server can be used now."""
        try:
            return self.api.text("/readyz") == "ok"
        except (ApiError, OSError):
            return False

    def restart_api_server(self) -> None:
        """Kill the API server as the kernel does it when memory runs out, and start it again without waiting for it."""
        restart(self.folder.parent, f"{self.name}-apiserver", port=self.slot.ports[0])

    def restart_controllers(self) -> None:
        """The same for the controllers. Those that have lost their API server often wait up to a minute for it."""
        restart(self.folder.parent, f"{self.name}-controller-manager")

    def wait_for_api_server(self) -> None:
        """Wait until it can be used. SandboxError when that takes longer than it ever should."""
        deadline = time.monotonic() + PATIENCE
        while not self.answers:
            if time.monotonic() > deadline:
                raise SandboxError(f"{self.name}: the API server is not back after {PATIENCE:.0f} s")
            time.sleep(POLL)

    def install_api(
        self,
        *,
        helm: int = 4,
        release: str = "api",
        namespace: str = "nvcf",
        chart: str | Path = API_CHART,
        version: str | None = None,
        values: dict[str, Any] | None = None,
        wait: bool = True,
    ) -> None:
        """Install the token service and the NVCF API with helm, or bring them back to exactly these values.

        `values` are all values of the API's chart; the default is what a stack sets (`install.stack_values`). `chart`
        is a folder, a package or an `oci://` reference.
        """
        install_api(
            self.kubeconfig,
            helm=helm,
            release=release,
            namespace=namespace,
            chart=str(chart),
            version=version,
            values=stack_values() if values is None else values,
            wait=wait,
        )

    def install_tasks(
        self,
        *,
        helm: int = 4,
        release: str = "nvct-api",
        namespace: str = "nvcf",
        chart: str | Path = TASKS_CHART,
        version: str | None = None,
        values: dict[str, Any] | None = None,
        wait: bool = True,
    ) -> None:
        """Install the tasks API with helm, or bring it back to exactly these values; keys come from the token service.

        It shares the account and the behavior of the cluster with the functions API, and no registry.
        """
        install_release(
            self.kubeconfig,
            helm=helm,
            release=release,
            namespace=namespace,
            chart=str(chart),
            version=version,
            values=tasks_values() if values is None else values,
            wait=wait,
        )

    @cached_property
    def control_plane(self) -> ControlPlane:
        """Ports and files of the cluster's components."""
        return ControlPlane(name=self.name, folder=self.folder, slot=self.slot)

    def access(self, user: KeyPair) -> Access:
        """Return a user's kubeconfig entry."""
        return Access(context=self.context, server=self.server, ca_file=self.ca_file, user=user)
