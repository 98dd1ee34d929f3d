# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A real OCI registry on loopback, plain or with TLS and a password."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import tools
from .pki import KeyPair
from .processes import ProcessRecord, spawn
from .slots import LOOPBACK


@dataclass(frozen=True)
class Login:
    """A user with the line of an htpasswd file that lets the user in; the registry understands bcrypt only."""

    user: str
    password: str
    htpasswd: str


ROBOT = Login(
    user="robot",
    password="made-up-for-the-sandbox",
    htpasswd="robot:$2b$05$abcdefghijklmnopqrstuur8S1uxG/JmBSaYPzQhCaafHehlpewYm\n",
)


@dataclass(frozen=True)
class Registry:
    """A running registry; `address` is `host:port`."""

    address: str
    process: ProcessRecord

    @property
    def charts(self) -> str:
        """The OCI reference below which charts are pushed."""
        return f"oci://{self.address}/charts"

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        host, _unused, port = self.address.partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True


def start_registry(
    folder: Path,
    *,
    port: int,
    htpasswd: Path | None = None,
    tls: KeyPair | None = None,
    inherit: Sequence[int] = (),
) -> Registry:
    """Start a registry that stores in `folder`; end it with `processes.stop`.

    With `htpasswd`, a file of lines such as `ROBOT.htpasswd`, every request needs a login. `tls` makes it HTTPS.
    """
    program = tools.REGISTRY.program()
    folder.mkdir(mode=0o700, parents=True)
    configuration = folder / "config.yml"
    configuration.write_text(json.dumps(_configuration(folder, port, htpasswd, tls), indent=1), encoding="utf-8")
    process = spawn(
        "registry", [str(program), "serve", str(configuration)], log=folder / "registry.log", inherit=inherit
    )
    return Registry(f"{LOOPBACK}:{port}", process)


def _configuration(folder: Path, port: int, htpasswd: Path | None, tls: KeyPair | None) -> dict[str, object]:
    http: dict[str, object] = {"addr": f"{LOOPBACK}:{port}"}
    if tls is not None:
        http["tls"] = {"certificate": str(tls.certificate), "key": str(tls.key)}
    configuration: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": http,
    }
    if htpasswd is not None:
        configuration["auth"] = {"htpasswd": {"realm": "sandbox", "path": str(htpasswd)}}
    return configuration
