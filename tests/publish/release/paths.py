# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Where things are, and how programs are run here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = ROOT / ".venv" / "bin"
DIST = ROOT / "dist"


class Refused(Exception):
    """A release must not be made of this: each line says what was found and what to do."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))


def output(*argv: str | Path, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints, on both channels; its failure refuses the release."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env=dict(environment if environment is not None else {"ANSIBLE_HOME": str(ROOT / ".venv")} | os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"{Path(argv[0]).name} ended with status {done.returncode}.", done.stdout.strip())
    return done.stdout


@cache
def environment_folder(name: str) -> Path:
    """The programs of the environment that requirements/NAME.txt pins; made when it is missing."""
    argv: list[str | Path] = [ROOT / "requirements" / "environment", name]
    made = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Path(made.strip()) / "bin"
