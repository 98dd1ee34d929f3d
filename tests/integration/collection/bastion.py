# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real sshd on loopback, as the machine from which clusters are reached. It needs no root; only our key enters."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.processes import ProcessRecord, spawn, stop
from ansible_collections.fleetops.nvcf.tests.sandbox.slots import LOOPBACK, can_bind, claimed

ADMINISTRATORS_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}


@dataclass(frozen=True)
class Bastion:
    """The way in. `folder` holds its keys, its log and what is left there."""

    folder: Path
    port: int
    sockets: str
    """Where ssh keeps its control sockets. The path of one may have 107 bytes, so it is a short one."""

    @property
    def variables(self) -> dict[str, Any]:
        """What leads Ansible there, whatever the user's own configuration of ssh says."""
        known = f"-o UserKnownHostsFile={self.folder}/known_hosts -o StrictHostKeyChecking=yes"
        return {
            "ansible_connection": "ssh",
            "ansible_host": LOOPBACK,
            "ansible_port": self.port,
            "ansible_user": _user(),
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": f"-F none -o IdentitiesOnly=yes {known}",
            "ansible_python_interpreter": sys.executable,
            # By their defaults, all three are in the user's real home.
            "ansible_control_path_dir": self.sockets,
            "ansible_remote_tmp": str(self.remote_tmp),
            "ansible_async_dir": str(self.folder / "async"),
        }

    @property
    def remote_tmp(self) -> Path:
        """Where Ansible puts what it runs there, and takes it away."""
        return self.folder / "remote"

    @property
    def log(self) -> str:
        """What the daemon has written."""
        return (self.folder / "sshd.log").read_text(encoding="utf-8")


@contextmanager
def bastion(folder: Path, environment: Mapping[str, str]) -> Iterator[Bastion]:
    """A bastion for as long as the block runs; programs that are run there have this environment besides."""
    sshd, keygen = (_program(name) for name in ("sshd", "ssh-keygen"))
    _program("ssh")
    for name in ("host_key", "key"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    with claimed(1) as (claim,), tempfile.TemporaryDirectory() as sockets:
        port = claim.slot.ports[0]
        host_key = (folder / "host_key.pub").read_text(encoding="utf-8")
        (folder / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {host_key}", encoding="utf-8")
        configuration = folder / "sshd_config"
        configuration.write_text(_configuration(folder, port, environment), encoding="utf-8")
        _check(sshd, configuration)
        daemon = spawn("sshd", [sshd, "-D", "-e", "-f", str(configuration)], log=folder / "sshd.log")
        try:
            while can_bind(LOOPBACK, port):
                assert daemon.alive, (folder / "sshd.log").read_text(encoding="utf-8")
                time.sleep(0.02)
            yield Bastion(folder, port, sockets)
        finally:
            _end(daemon)


def _configuration(folder: Path, port: int, environment: Mapping[str, str]) -> str:
    homes = dict.fromkeys(("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"), folder / "helm")
    variables = {**homes, **environment}
    return "\n".join(
        [
            f"Port {port}",
            f"ListenAddress {LOOPBACK}",
            f"HostKey {folder}/host_key",
            f"AuthorizedKeysFile {folder}/authorized_keys",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            # Temporary folders lie below one that everybody may write to.
            "StrictModes no",
            # An ordinary user's daemon cannot read who is locked, and assumes everybody is unless PAM is asked. Root's
            # does not need PAM, which a container may not have set up.
            f"UsePAM {'no' if os.geteuid() == 0 else 'yes'}",
            "PidFile none",
            "Subsystem sftp internal-sftp",
            "SetEnv " + " ".join(f'"{name}={value}"' for name, value in variables.items()),
            "",
        ]
    )


def _check(sshd: str, configuration: Path) -> None:
    """Let sshd judge its configuration. As root it wants a folder that its service makes at boot."""
    argv = [sshd, "-t", "-f", str(configuration)]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stderr
    if missing := re.search(r"Missing privilege separation directory: (\S+)", said):
        Path(missing[1]).mkdir(mode=0o755, exist_ok=True)
        subprocess.run(argv, check=True)


def _end(daemon: ProcessRecord) -> None:
    """End the daemon and its connections, which lead sessions of their own."""
    connections = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
    pids = connections.read_text(encoding="utf-8").split() if daemon.alive else []
    stop([daemon])
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _program(name: str) -> str:
    found = shutil.which(name, path=ADMINISTRATORS_PATH)
    if found is None:
        pytest.fail(f"the program {name} is not there. It is in the package {PACKAGES[name]} of Debian and Ubuntu.")
    return found
