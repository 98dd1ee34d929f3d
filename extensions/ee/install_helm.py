# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Installs one version of helm from its release archive, if the archive has the checksum that was given.

Runs while an image is built, with nothing but Python there.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import platform
import re
import sys
import tarfile
import urllib.request
from pathlib import Path

PUBLISHED_AT = "https://get.helm.sh"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
TIMEOUT_SECONDS = 120


def main() -> None:
    """Fetch, compare, unpack; nothing is written before the comparison."""
    options = _options()
    if not re.fullmatch("[0-9a-f]{64}", options.sha256):
        sys.exit(
            "HELM_SHA256 is not set to a SHA-256 checksum (64 hexadecimal digits). Take that of the archive from "
            f"{PUBLISHED_AT}/{_archive(options.version)}.sha256sum, on a machine that you trust, and pass it on: "
            "--build-arg HELM_SHA256=..."
        )
    url = f"{options.url}/{_archive(options.version)}"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the operator's own address
        archive = answer.read()
    found = hashlib.sha256(archive).hexdigest()
    if found != options.sha256:
        sys.exit(f"{url} has the checksum {found}, but {options.sha256} is wanted. Nothing was installed.")
    options.target.write_bytes(_program(archive))
    options.target.chmod(0o755)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Install helm from a release archive with a known checksum.")
    parser.add_argument("--version", required=True, help="without a leading v")
    parser.add_argument("--sha256", required=True, type=str.lower, help="checksum of the archive")
    parser.add_argument("--url", default=PUBLISHED_AT, help="where archives are, for a mirror")
    parser.add_argument("--target", default=Path("/usr/local/bin/helm"), type=Path, help="the program's path")
    return parser.parse_args()


def _archive(version: str) -> str:
    return f"helm-v{version}-linux-{_architecture()}.tar.gz"


def _architecture() -> str:
    machine = platform.machine().lower()
    return ARCHITECTURES.get(machine, machine)


def _program(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        member = members.extractfile(f"linux-{_architecture()}/helm")
        if member is None:
            sys.exit("The archive holds no program.")
        return member.read()


if __name__ == "__main__":
    main()
