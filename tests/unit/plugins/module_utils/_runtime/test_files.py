# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is named as a file is read only where it is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.files import MOST, content


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * MOST)
    (tmp_path / "link").symlink_to("file")
    assert content(tmp_path / "link") == content(str(tmp_path / "file")) == b"x" * MOST


def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(OSError, match="it is a pipe or a device, not a regular file"):
            content(path)
    with pytest.raises(OSError, match="Is a directory"):
        content(tmp_path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as stream:
        stream.truncate(MOST + 1)
    with pytest.raises(OSError, match="it is larger than 1 MiB"):
        content(tmp_path / "file")
