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
    archive = folder / f"helm-v9.8.7-linux-{ARCHITECTURE}.tar.gz"
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


def install(url: str, sha256: str, target: Path) -> tuple[int, str]:
    argv: list[str | Path] = [sys.executable, PROGRAM, "--version", "9.8.7", "--sha256", sha256]
    argv += ["--url", url, "--target", target]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_an_archive_with_the_wanted_checksum_is_installed(mirror: Mirror, tmp_path: Path) -> None:
    target = tmp_path / "helm"
    assert install(mirror.url, mirror.sha256, target) == (0, "")
    assert target.read_bytes() == HELM
    assert os.access(target, os.X_OK)


def test_an_archive_with_another_checksum_is_not_installed(mirror: Mirror, tmp_path: Path) -> None:
    target, wanted = tmp_path / "helm", "0" * 64
    status, text = install(mirror.url, wanted, target)
    assert status == 1
    assert f"has the checksum {mirror.sha256}, but {wanted} is wanted. Nothing was installed." in text
    assert not target.exists()


@pytest.mark.parametrize("sha256", ["", "latest"])
def test_without_a_checksum_nothing_is_even_fetched(tmp_path: Path, sha256: str) -> None:
    status, text = install("http://127.0.0.1:1", sha256, tmp_path / "helm")
    assert status == 1
    assert f"https://get.helm.sh/helm-v9.8.7-linux-{ARCHITECTURE}.tar.gz.sha256sum" in text
    assert not (tmp_path / "helm").exists()
