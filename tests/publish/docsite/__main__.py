# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Build the site of the documentation in dist/site, and check it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .build import build
from .check import problems
from .layout import ROOT, pages


def main() -> None:
    site = ROOT / "dist" / "site"
    with tempfile.TemporaryDirectory() as work:
        build(site, Path(work))
        found = problems(site, expected=pages(), private=(str(ROOT), work, str(Path.home())))
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        raise SystemExit(f"The site has {len(found)} problems.")
    print(f"{len(list(site.rglob('*.html')))} pages: {site / 'index.html'}")


if __name__ == "__main__":
    main()
