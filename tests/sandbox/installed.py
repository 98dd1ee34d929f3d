# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Programs that are on this machine already, and whether they can be taken instead of building them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ASSETS = "KUBEBUILDER_ASSETS"
"""The folder of programs that controller-runtime's envtest takes too."""
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A program that was found."""

    path: Path
    version: str | None
    """As the program reports it; None when it reports none."""
    problem: str | None
    """Why it cannot be taken."""


def installed(name: str, version: str, version_command: Sequence[str]) -> list[Installed]:
    """Return the programs of that name, in the order in which they are considered.

    Whoever sets KUBEBUILDER_ASSETS has chosen these programs, so any patch release of the wanted minor version will do.
    What is on PATH may be there by accident and has to be of the wanted version.
    """
    minor = version.rpartition(".")[0]
    found: list[Installed] = []
    if folder := os.environ.get(ASSETS):
        path = Path(folder) / name
        if os.access(path, os.X_OK):
            found.append(_judged(path, version_command, minor))
    if on_path := shutil.which(name):
        found.append(_judged(Path(on_path), version_command, version))
    return found


def _judged(path: Path, version_command: Sequence[str], wanted: str) -> Installed:
    version = _version(path, *version_command)
    if version is None:
        return Installed(path=path, version=None, problem="it does not report a version")
    fits = version == wanted or version.startswith(f"{wanted}.")
    return Installed(path=path, version=version, problem=None if fits else f"it is {version}, not {wanted}")


@cache
def _version(program: Path, *command: str) -> str | None:
    try:
        done = subprocess.run(
            [str(program), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(?<![\w.])v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)", done.stdout)
    return match[1] if match and done.returncode == 0 else None
