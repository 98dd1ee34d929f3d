# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worked example of docs/reuse.md: somebody else's role, tested with molecule on the installed sandbox."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import (
    CHECKOUT,
    build_collection,
    clean,
    install_collection,
)
from ansible_collections.fleetops.nvcf.tests.sandbox.paths import cache_folder

PROGRAMS = Path(sys.executable).parent
EXAMPLE = CHECKOUT / "docs" / "examples" / "reuse"
MODULE = "ansible_collections.fleetops.nvcf.tests.sandbox"


@pytest.fixture
def project(tools: None, tmp_path: Path) -> Path:  # noqa: ARG001 it has to come first
    """A copy of the example outside the checkout, with the collection as its tarball installs it."""
    folder = tmp_path / "acme"
    shutil.copytree(EXAMPLE, folder)
    install_collection(PROGRAMS, build_collection(PROGRAMS, tmp_path), tmp_path).rename(folder / "collections")
    return folder


@pytest.fixture
def environment(project: Path, tmp_path: Path) -> dict[str, str]:
    """A home of its own; tools and state of the sandbox where this machine keeps them."""
    return clean(tmp_path / "home", PROGRAMS) | {
        "FLEETOPS_NVCF_CACHE": str(sandboxes(project)),
        # Ansible puts a socket there, whose path may have 107 bytes.
        "TMPDIR": tempfile.gettempdir(),
    }


def sandboxes(project: Path) -> Path:
    """A cache with this machine's tools and no other's sandboxes, so that the example's name is free."""
    cache = project.parent / "cache"
    if not cache.exists():
        cache.mkdir()
        (cache / "tools").symlink_to(cache_folder() / "tools")
    return cache


def test_a_consumers_molecule_scenario_passes_outside_the_checkout(project: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [PROGRAMS / "molecule", "test"],
        env=environment,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert str(CHECKOUT / "tests") not in done.stdout
    assert list((sandboxes(project) / "sandboxes").glob("acme")) == []


def test_the_sandbox_that_the_scenario_starts_is_the_installed_one(project: Path, environment: dict[str, str]) -> None:
    argv = [sys.executable, "-c", f"import {MODULE} as it; print(it.__file__)"]
    path = {"PYTHONPATH": str(project / "collections")}
    told = subprocess.run(argv, env=environment | path, cwd=project, capture_output=True, text=True, check=True).stdout
    assert Path(told.strip()).is_relative_to(project)
