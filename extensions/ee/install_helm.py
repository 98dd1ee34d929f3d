# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Installs one version of helm from its release archive, if the archive has the checksum that was given.

Runs while an image is built, with nothing but Python there. Every way to fail ends with status 1, one message that says
what to do, and nothing installed.
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
from typing import NoReturn

PUBLISHED_AT = "https://get.helm.sh"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
TIMEOUT_SECONDS = 120


def main() -> None:
    """Fetch, compare, unpack; nothing is written before the comparison."""
    options = _options()
    architecture = ARCHITECTURES.get(platform.machine().lower())
    if architecture is None:
        _refuse(f"this image is for {platform.machine()}, and only amd64 and arm64 are known here.")
    name = f"helm-v{options.version}-linux-{architecture}.tar.gz"
    wanted = {"amd64": options.sha256_amd64, "arm64": options.sha256_arm64}[architecture]
    _check_given(wanted, architecture, f"{PUBLISHED_AT}/{name}.sha256sum")
    url = f"{options.url.rstrip('/')}/{name}"
    archive = _fetch(url)
    found = hashlib.sha256(archive).hexdigest()
    if found != wanted:
        _refuse(
            f"{url} has the checksum {found}, but {wanted} is wanted. Compare with {PUBLISHED_AT}/{name}.sha256sum: "
            "is it that of another version or architecture? If it is the right one, the archive was exchanged."
        )
    program = _program(archive, f"linux-{architecture}/helm", url)
    options.target.write_bytes(program)
    options.target.chmod(0o755)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Install helm from a release archive with a known checksum.")
    parser.add_argument("--version", required=True, type=lambda text: text.removeprefix("v"), help="such as 4.3.1")
    for architecture in sorted(set(ARCHITECTURES.values())):
        parser.add_argument(
            f"--sha256-{architecture}",
            default="",
            # What is published has the file's name behind it.
            type=lambda text: text.strip().lower().partition(" ")[0],
            help=f"checksum of the archive for {architecture}",
        )
    parser.add_argument("--url", default=PUBLISHED_AT, help="where archives are, for a mirror")
    parser.add_argument("--target", default=Path("/usr/local/bin/helm"), type=Path, help="the program's path")
    return parser.parse_args()


def _check_given(sha256: str, architecture: str, published: str) -> None:
    if re.fullmatch("[0-9a-f]{64}", sha256):
        return
    variable = f"HELM_SHA256_{architecture.upper()}"
    given = f"is {sha256!r}, which is not a SHA-256 checksum (64 hexadecimal digits)" if sha256 else "is not set"
    _refuse(
        f"{variable} {given}. This image is for {architecture}: read the checksum of its archive from {published} on a "
        f"machine that you trust, and build with --build-arg {variable}=CHECKSUM."
    )


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the operator's own address
            content: bytes = answer.read()
            return content
    except (OSError, ValueError) as error:
        _refuse(
            f"{url} cannot be fetched ({error}). Was HELM_VERSION released? If the build cannot reach it, put the "
            "archive on a server that it can reach: --build-arg HELM_URL=https://mirror.example/helm."
        )


def _program(archive: bytes, member: str, url: str) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            found = members.extractfile(member)
            content = found.read() if found is not None else b""
    except (tarfile.TarError, KeyError):
        content = b""
    if not content:
        _refuse(f"{url} holds no file {member}: it is not a release archive of helm.")
    return content


def _refuse(reason: str) -> NoReturn:
    sys.exit(f"helm was not installed: {reason}")


if __name__ == "__main__":
    main()
