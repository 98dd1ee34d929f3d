# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One release behind a proxy, and playbooks that run against it with folders of their own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.proxy import Proxy, Request, Treatment
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import helms
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import ANSIBLE_PLAYBOOK, environment
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import World
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.pki import KeyPair

MARK = "FLEETOPS_FAULT_ROW"
"""An environment variable by which all processes of a row are known, whoever has started them."""
CALLBACKS = Path(__file__).parent / "callback_plugins"
PATIENCE = 240.0


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A play that has ended, whatever way."""

    status: int
    text: str
    results: Sequence[Mapping[str, Any]]
    argv: frozenset[str]
    """All command lines that were seen meanwhile."""

    @property
    def told(self) -> str:
        """The sentence with which it ended: of the last task that failed, or that ran."""
        failed = [line["result"] for line in self.results if line["outcome"] in ("failed", "unreachable")]
        return str(failed[-1].get("msg", "")) if failed else ""

    @property
    def changed(self) -> bool:
        """Whether any task has said so."""
        return any(line["result"].get("changed") for line in self.results)


@dataclass
class Scene:
    """A release, the way to it through the proxy, and the fault that is armed."""

    world: World
    token: str
    helm_lines: Sequence[str] = ()
    """Lines of shell that run before the real helm, in its place where they exit."""
    plan: Callable[[Request], Treatment | None] | None = None
    away: Callable[[], bool] | None = None
    foreign: dict[str, str] = field(default_factory=dict)
    """Variables that others have set meanwhile, and that have to stay."""
    folder: Path = field(init=False)
    proxy: Proxy = field(init=False)
    play: subprocess.Popen[bytes] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the first run that are known only then."""
    prefix: tuple[str, ...] = ()
    """What starts the first run's ansible-playbook, with the rest of the command line as its arguments."""
    unfinished: list[Callable[[], None]] = field(default_factory=list)
    """What waits for others' work that was begun meanwhile."""
    same_registry: bool = False
    """Whether others have changed the row's registry themselves."""

    @contextmanager
    def open(self) -> Iterator[Scene]:
        """Listen for as long as the block runs. The folder is short-named: Ansible puts sockets into it."""
        plane = self.world.cluster.control_plane
        self.folder = Path(tempfile.mkdtemp(prefix="fault-"))
        pair = KeyPair(plane.folder / "apiserver.crt", plane.folder / "apiserver.key")
        self.proxy = Proxy(
            upstream=plane.server,
            authority=plane.ca_file,
            pair=pair,
            plan=lambda request: self.plan(request) if self.plan else None,
            away=lambda: bool(self.away and self.away()),
        )
        try:
            with self.proxy:
                self._prepare()
                yield self
        finally:
            self.end_processes()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        for name in ("tmp", "home", "local"):
            (self.folder / name).mkdir()
        document = json.loads(self.world.cluster.kubeconfig.read_text(encoding="utf-8"))
        document["clusters"][0]["cluster"]["server"] = self.proxy.server
        document["users"][0]["user"] = {"token": self.token}
        self.kubeconfig.write_text(json.dumps(document), encoding="utf-8")
        self.kubeconfig.chmod(0o600)
        real = shlex.quote(str(tools.helm(self.world.helm)))
        log = shlex.quote(str(self.folder / "helm.log"))
        lines = ["#!/bin/sh", f'echo "$@" >> {log}', f"real={real}"]
        if self.helm_lines:
            lines += [f"if [ -e {shlex.quote(str(self.armed))} ]; then", *self.helm_lines, "fi"]
            self.armed.touch()
        lines.append('exec "$real" "$@"')
        self.helm.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.helm.chmod(0o700)

    @property
    def kubeconfig(self) -> Path:
        """The configuration that leads to the proxy."""
        return self.folder / "kubeconfig"

    @property
    def helm(self) -> Path:
        """The helm that the collection is given. It notes its arguments."""
        return self.folder / "helm"

    @property
    def armed(self) -> Path:
        """As long as this file is there, helm does what the row wants of it."""
        return self.folder / "armed"

    def inventory(self, options: Mapping[str, Any]) -> Path:
        """The host `one`; names of options are those of the role, without its prefix."""
        given = self.world.options() | {
            "kubeconfig": str(self.kubeconfig),
            "helm_binary": str(self.helm),
            "timeout": 60,
            "rollout_timeout": 30,
            "request_timeout": 5,
        }
        role = {f"registry_allowlist_{name}": value for name, value in (given | dict(options) | self.options).items()}
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **role}
        path = self.folder / "inventory.json"
        path.write_text(json.dumps({"nvcf_control_planes": {"hosts": {"one": host}}}), encoding="utf-8")
        return path

    def run(self, playbook: str | Path, options: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Ran:
        """Run ansible-playbook to its end; `more` are environment variables."""
        results, log = self.folder / "results.jsonl", self.folder / "output"
        results.write_bytes(b"")
        settings = {
            MARK: self.world.namespace,
            "TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "fault_results",
            "FAULT_RESULTS": str(results),
        }
        # A shell's background job has SIGINT ignored and passes that on; a person's terminal has not.
        argv = ["env", "--default-signal=INT", str(ANSIBLE_PLAYBOOK), "-vvvv", "-i", str(self.inventory(options))]
        with log.open("wb") as output:
            self.play = subprocess.Popen(
                [*self.prefix, *argv, str(playbook)],
                env=environment() | settings | dict(more or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            with command_lines(self.world.namespace) as seen:
                self.play.wait(timeout=PATIENCE)
        helm_log = self.folder / "helm.log"
        calls = helm_log.read_text(encoding="utf-8").splitlines() if helm_log.exists() else []
        lines = results.read_text(encoding="utf-8").splitlines()
        return Ran(
            status=self.play.returncode,
            text=log.read_text(encoding="utf-8", errors="replace"),
            results=[json.loads(line) for line in lines],
            argv=frozenset(seen) | set(calls),
        )

    def signal_play(self, number: signal.Signals) -> None:
        """Send a signal to ansible-playbook itself."""
        assert self.play is not None
        os.kill(self.play.pid, number)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to ansible-playbook and all its workers, as a terminal and a canceled job do."""
        assert self.play is not None
        os.killpg(self.play.pid, number)

    def kill_helm(self) -> None:
        """Kill the release's helm, as the kernel does it when memory runs out."""
        for pid in helms(self.world.namespace):
            os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """The pids of this row's processes that still run."""
        return [pid for pid in marked(self.world.namespace) if command_line(pid)]

    def end_processes(self) -> None:
        """Kill what is left."""
        for pid in marked(self.world.namespace):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def files(self, *names: str) -> list[Path]:
        """The files, but for sockets, below these folders: tmp is TMPDIR, local is Ansible's own, and home."""
        places = (self.folder / name for name in names)
        return sorted(path for place in places for path in place.rglob("*") if path.is_file())


def marked(namespace: str) -> list[int]:
    """The pids of processes with the row's mark in their environment."""
    mark = f"{MARK}={namespace}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def command_line(pid: int) -> str:
    """A process' arguments, empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


@contextmanager
def command_lines(namespace: str) -> Iterator[set[str]]:
    """All command lines of the row that are seen while the block runs, looked for five times a second."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            seen.update(command_line(pid) for pid in marked(namespace))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
