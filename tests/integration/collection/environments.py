# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Environments with other versions of Python and packages than those of .venv."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.sandbox.locks import locked
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import cache_folder

CHECKOUT = Path(__file__).parents[3]
OLDEST = (("3.12", "3.13"), ("ansible-core==2.18.19", "kubernetes==31.0.0"))
"""Versions of Python, the best first, and packages that the collection claims to work with."""


def made(pythons: tuple[str, ...], requirements: tuple[str, ...]) -> Path:
    """The folder of an environment with these packages, made once per machine."""
    finder = CHECKOUT / "requirements" / "find-python"
    python = subprocess.run([finder, *pythons], check=True, capture_output=True, text=True).stdout.strip()
    name = "-".join([f"python{pythons[0]}", *requirements]).replace("==", "-")
    place = cache_folder() / "cores" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.with_suffix(".lock")):
        if not (place / "complete").exists():
            subprocess.run([python, "-m", "venv", "--clear", place], check=True)
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            (place / "complete").touch()
    return place
