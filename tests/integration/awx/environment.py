# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual environment that has never seen a checkout, as the inside of an execution environment has not."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.sandbox.locks import locked
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import cache_folder

CHECKOUT = Path(__file__).resolve().parents[3]
PINS = CHECKOUT / "requirements" / "awx.txt"


def programs(report: Callable[[str], None]) -> Path:
    """The folder of its programs; made when it is missing, once for each version of the pins and of Python."""
    content = PINS.read_bytes() + sys.version.encode()
    folder = cache_folder() / f"awx-{hashlib.sha256(content).hexdigest()[:12]}"
    complete = folder / "complete"
    with locked(folder.parent / f".{folder.name}.lock"):
        if not complete.exists():
            report("making the environment of awxkit, ansible-runner and ansible-builder, once: half a minute")
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
            subprocess.run([*pip, "--require-hashes", "--requirement", PINS], check=True)
            complete.touch()
    return folder / "bin"


def clean(home: Path, *folders: Path) -> dict[str, str]:
    """An environment in which only these and the system's programs are found, and nothing of the caller's."""
    kept = {name: value for name, value in os.environ.items() if name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")}
    path = ":".join([*map(str, folders), "/usr/local/bin", "/usr/bin", "/bin"])
    return kept | {"HOME": str(home), "PATH": path, "LC_ALL": "C.UTF-8"}


def run(argv: list[str | Path], environment: Mapping[str, str], folder: Path, stdin: str = "") -> tuple[int, str]:
    """Run a program to its end in that folder: its exit status, and what it printed."""
    done = subprocess.run(
        argv,
        env=dict(environment),
        cwd=folder,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def build_collection(bin_folder: Path, work: Path) -> Path:
    """Build the collection's tarball."""
    home, source = work / "home", work / "source"
    home.mkdir()
    _copy_checkout(source)
    build: list[str | Path] = [bin_folder / "ansible-galaxy", "collection", "build", "--output-path", work / "dist"]
    status, text = run(build, clean(home, bin_folder), source)
    assert status == 0, text
    # What a test then finds cannot come from here.
    shutil.rmtree(source)
    [tarball] = (work / "dist").iterdir()
    return tarball


def install_collection(bin_folder: Path, tarball: Path, work: Path) -> Path:
    """Install the collection from its tarball; the folder for ANSIBLE_COLLECTIONS_PATH."""
    galaxy, environment, target = bin_folder / "ansible-galaxy", clean(work, bin_folder), work / "collections"
    install: list[str | Path] = [galaxy, "collection", "install", "--offline", "--force", tarball, "-p", target]
    status, text = run(install, environment, work)
    assert status == 0, text
    return target


def _copy_checkout(target: Path) -> None:
    """What git knows or would add. The build reads each file twice, so nobody may be writing there meanwhile."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, target / name)
