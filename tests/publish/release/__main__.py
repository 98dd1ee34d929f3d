# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Builds and checks a release, as `make build` and `make release-check` do.

    python -m ansible_collections.fleetops.nvcf.tests.publish.release [--release VERSION] [STEP ...]

Without steps it runs all. It needs no network once its environments are made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from .paths import ROOT, Refused
from .steps import Release

STEPS = ("changelog", "build", "contents", "install", "smoke", "importer", "sbom", "schemas")


def main() -> int:
    """Run the steps until one fails, and print what each has found."""
    parser = argparse.ArgumentParser(description="Build and check a release.")
    parser.add_argument("--release", metavar="VERSION", help="the tag: also check that this version can be released")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"one of {', '.join(STEPS)}; all of them by default")
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"unknown steps: {', '.join(sorted(unknown))}")
    # Ansible puts a socket below its temporary folder, whose path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="release-") as work:
        run = Release(release=options.release or None, work=Path(work))
        passed = all(_step(run, name) for name in options.steps or STEPS)
    print()
    for path in run.notes:
        print(path.relative_to(ROOT))
    return 0 if passed else 1


def _step(run: Release, name: str) -> bool:
    begin = time.monotonic()
    try:
        verdict, said, passed = "passed", getattr(run, name)(), True
    except (Refused, AssertionError) as failure:
        verdict, said, passed = "FAILED", f"\n{failure}", False
    print(f"{name:<10} {verdict} {time.monotonic() - begin:4.0f} s  {said}", flush=True)
    return passed


sys.exit(main())
