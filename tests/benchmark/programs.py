# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What only the rivals need: an Ansible with kubernetes.core. Kept in the sandbox's cache."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.sandbox.locks import locked
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import cache_folder

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"


def rival_ansible(report: Callable[[str], None]) -> Path:
    """The folder of programs of a virtual environment with the pinned `ansible`; made when it is missing."""
    pins = REQUIREMENTS.read_text(encoding="utf-8")
    [version] = re.findall(r"(?m)^ansible==(\S+)$", pins)
    folder = cache_folder() / f"benchmark-ansible-{version}"
    # Written last, so that an interrupted installation is repeated.
    made_from = folder / "made-from"
    with locked(folder.parent / f".{folder.name}.lock"):
        if not made_from.exists() or made_from.read_text(encoding="utf-8") != pins:
            report(f"installing ansible {version} for the plain playbook, once: some minutes")
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip: list[str | Path] = [
                folder / "bin" / "python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            subprocess.run([*pip, "--requirement", REQUIREMENTS], check=True)
            made_from.write_text(pins, encoding="utf-8")
    return folder / "bin"
