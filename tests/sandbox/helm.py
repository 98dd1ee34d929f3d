# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Running the real helm program, apart from whatever helm configuration the user has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import tools
from .errors import SandboxError

TIMEOUT_SECONDS = 600


def run_helm(
    arguments: Sequence[str], *, home: Path, major: int = 4, kubeconfig: Path | None = None, stdin: str = ""
) -> str:
    """Run helm and return its standard output; SandboxError with its words when it fails.

    HELM_DRIVER says where helm keeps revisions, as for whoever else runs it. `home` keeps helm's cache, plugins and
    registry logins, so that two sandboxes cannot disturb each other.
    """
    own = {name: str(home / name.lower()) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
    kept = {"HELM_DRIVER"} | {name for name in os.environ if not name.startswith(("HELM_", "KUBE"))}
    inherited = {name: value for name, value in os.environ.items() if name in kept}
    done = subprocess.run(
        [str(tools.helm(major)), *arguments],
        input=stdin,
        env={**inherited, **own, "KUBECONFIG": str(kubeconfig or os.devnull)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(f"helm {arguments[0]} exited with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
