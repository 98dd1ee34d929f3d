# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A stand-in for `nvcf-cli`, the operator's own client of the NVCF API."""

from __future__ import annotations

import sys
from pathlib import Path

_SCRIPT = f"""#!{sys.executable}
import os
import sys

from {__name__}.program import main

sys.exit(main(sys.argv[1:], os.environ))
"""


def install(folder: Path) -> Path:
    """Write the executable `nvcf-cli` into `folder` and return its path. It needs nothing from its environment."""
    script = folder / "nvcf-cli"
    script.write_text(_SCRIPT, encoding="utf-8")
    script.chmod(0o755)
    return script
