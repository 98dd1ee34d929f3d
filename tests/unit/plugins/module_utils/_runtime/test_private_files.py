# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The private folder for what must be a file."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.private_files import Workspace, readable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_can_read_the_folder_or_a_file_in_it(umask: int) -> None:
    before = os.umask(umask)
    try:
        with Workspace() as workspace:
            path = workspace.write("key.pem", b"secret")
            assert mode(workspace.path) == 0o700
            assert mode(path) == 0o600
            assert path.read_bytes() == b"secret"
    finally:
        os.umask(before)


def test_a_file_that_is_written_again_holds_the_new_content_only() -> None:
    with Workspace() as workspace:
        workspace.write("a", b"something long")
        assert workspace.write("a", b"short").read_bytes() == b"short"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_the_folder_is_gone_afterwards_whatever_happened(error: type[BaseException]) -> None:
    with pytest.raises(error), Workspace() as workspace:  # noqa: PT012 - the block is what is left by the error
        workspace.write("key.pem", b"secret")
        raise error
    assert not workspace.path.exists()


def test_two_at_once_share_nothing() -> None:
    with Workspace() as one, Workspace() as other:
        assert one.path != other.path


def test_a_folder_that_nobody_needs_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Workspace():
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_content_can_be_read_from_a_path_that_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with readable(b"secret") as path, readable(b"another") as other:
        assert (path.read_bytes(), other.read_bytes()) == (b"secret", b"another")
        assert bool(list(tmp_path.iterdir())) is (platform == "darwin")
    assert not path.exists()
    assert list(tmp_path.iterdir()) == []
