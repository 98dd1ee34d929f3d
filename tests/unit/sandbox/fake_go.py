# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A program in the place of the Go compiler, and others in the place of what it builds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

GO = """#!{python} -IS
import json, os, pathlib, sys, time
if sys.argv[1] == "version":
    print("go version go{version} linux/amd64")
    sys.exit()
options = [word for word in sys.argv[2:] if word.startswith("-")]
wanted = sys.argv[sys.argv.index(options[-1]) + 1:]
here = pathlib.Path(__file__).parent
print("go: downloading example.test/m v1.0.0", file=sys.stderr)
for package in {packages}:
    if "-n" in options:
        print(f"#\\n# {{package}}\\n#\\n/go/compile -o b001/_pkg_.a -pack thing.go", file=sys.stderr)
    else:
        print(package, file=sys.stderr)
if "-n" not in options:
    with (here / "runs").open("a") as runs:
        print(json.dumps(wanted), file=runs)
    for package in wanted:
        parts = package.partition("@")[0].split("/")
        (pathlib.Path(os.environ["GOBIN"]) / (parts[-2] if parts[-1] == "v3" else parts[-1])).touch()
    sys.stderr.flush()
    {more}
"""


def install_go(
    folder: Path, *, version: str = "1.26.0", packages: Sequence[str] = ("example.test/m/thing",), more: str = ""
) -> None:
    """Put it into a folder. It compiles these packages, whatever is asked for, and then does something more."""
    values = {"python": sys.executable, "version": version, "packages": list(packages), "more": more}
    install(folder / "go", GO.format(**values))


def runs(folder: Path) -> list[list[str]]:
    """Return the packages that each run was asked to build."""
    path = folder / "runs"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def install_program(path: Path, answer: str) -> None:
    """Put a program that gives this answer, whatever is asked, for one of the tools."""
    install(path, f"#!/bin/sh\necho '{answer}'\n")


def install(path: Path, text: str) -> None:
    """Put an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
