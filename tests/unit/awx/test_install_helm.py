# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that puts helm into an execution environment."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.awx.assets import EXTENSION

PROGRAM = EXTENSION.parent / "ee" / "install_helm.py"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
OTHER = {"amd64": "arm64", "arm64": "amd64"}[ARCHITECTURE]
ARCHIVE = f"helm-v9.8.7-linux-{ARCHITECTURE}.tar.gz"
HELM = b"#!/bin/sh\necho v9.8.7\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""


@dataclass(frozen=True)
class Mirror:
    """Where one version of helm is published."""

    url: str
    sha256: str


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    folder = tmp_path / "mirror"
    folder.mkdir()
    archive = folder / ARCHIVE
    with tarfile.open(archive, "w:gz") as members:
        member = tarfile.TarInfo(f"linux-{ARCHITECTURE}/helm")
        member.size = len(HELM)
        members.addfile(member, io.BytesIO(HELM))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
        yield Mirror(f"http://127.0.0.1:{server.server_port}", sha256)
        server.shutdown()
        thread.join()


def install(mirror: str, target: Path, **sha256: str) -> tuple[int, str]:
    """Exit status and complaint, with these checksums by architecture."""
    argv: list[str | Path] = [sys.executable, PROGRAM, "--version", "9.8.7", "--url", mirror, "--target", target]
    # The build hands over both, empty where none is given.
    argv += [f"--sha256-{name}={sha256.get(name, '')}" for name in ("amd64", "arm64")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("form", ["{}", "{}  helm-v9.8.7.tar.gz"], ids=["bare", "as published"])
def test_an_archive_with_the_wanted_checksum_is_installed(mirror: Mirror, tmp_path: Path, form: str) -> None:
    target = tmp_path / "helm"
    assert install(mirror.url, target, **{ARCHITECTURE: form.format(mirror.sha256)}) == (0, "")
    assert target.read_bytes() == HELM
    assert os.access(target, os.X_OK)


def test_an_archive_with_another_checksum_is_not_installed(mirror: Mirror, tmp_path: Path) -> None:
    target, wanted = tmp_path / "helm", "0" * 64
    status, text = install(mirror.url, target, **{ARCHITECTURE: wanted})
    assert status == 1
    assert f"helm was not installed: {mirror.url}/{ARCHIVE} has the checksum {mirror.sha256}, but {wanted}" in text
    assert f"Compare with https://get.helm.sh/{ARCHIVE}.sha256sum" in text
    assert not target.exists()


@pytest.mark.parametrize(
    "sha256, found",
    [
        ({}, "is not set"),
        ({ARCHITECTURE: "latest"}, "is 'latest', which is not a SHA-256 checksum (64 hexadecimal digits)"),
        ({OTHER: "0" * 64}, "is not set"),
    ],
    ids=["none", "no checksum", "another architecture's"],
)
def test_without_the_architectures_checksum_nothing_is_even_fetched(
    tmp_path: Path, sha256: dict[str, str], found: str
) -> None:
    status, text = install("http://127.0.0.1:1", tmp_path / "helm", **sha256)
    assert status == 1
    variable = f"HELM_SHA256_{ARCHITECTURE.upper()}"
    assert text == (
        f"helm was not installed: {variable} {found}. This image is for {ARCHITECTURE}: read the checksum of its "
        f"archive from https://get.helm.sh/{ARCHIVE}.sha256sum on a machine that you trust, and build with "
        f"--build-arg {variable}=CHECKSUM.\n"
    )
    assert not (tmp_path / "helm").exists()


def test_where_there_is_no_way_to_the_archive_a_mirror_is_named(mirror: Mirror, tmp_path: Path) -> None:
    status, text = install(f"{mirror.url}/nowhere", tmp_path / "helm", **{ARCHITECTURE: "0" * 64})
    assert status == 1
    assert f"{mirror.url}/nowhere/{ARCHIVE} cannot be fetched (HTTP Error 404" in text
    assert "--build-arg HELM_URL=" in text


def test_a_file_that_is_no_release_of_helm_is_not_installed(mirror: Mirror, tmp_path: Path) -> None:
    content = b"<html>log in first</html>"
    (tmp_path / "mirror" / ARCHIVE).write_bytes(content)
    status, text = install(mirror.url, tmp_path / "helm", **{ARCHITECTURE: hashlib.sha256(content).hexdigest()})
    assert status == 1
    assert f"{ARCHIVE} holds no file linux-{ARCHITECTURE}/helm" in text
    assert not (tmp_path / "helm").exists()
