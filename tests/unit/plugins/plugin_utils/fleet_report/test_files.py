# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Files of a report on a real disk."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.files import (
    FORMATS,
    replace_file,
    write_report,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    changed,
    failed,
    report,
)


def test_only_the_wanted_formats_are_written_in_their_order(tmp_path: Path) -> None:
    written = write_report(report(changed("a")), tmp_path / "new" / "folder", ["json", "html"])
    assert [path.name for path in written] == ["report.json", "index.html"]
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {"report.json", "index.html"}


def test_the_list_of_unfinished_clusters_goes_when_nothing_is_left(tmp_path: Path) -> None:
    write_report(report(failed("a"), changed("b")), tmp_path, [])
    assert (tmp_path / "unfinished.txt").read_text() == "a\n"
    write_report(report(changed("a"), changed("b")), tmp_path, [])
    assert not (tmp_path / "unfinished.txt").exists()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = {letter * 200_000 for letter in "ab"}
    replace_file(path, min(texts))
    ended = threading.Event()

    def write() -> None:
        for text in sorted(texts) * 20:
            replace_file(path, text)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not ended.is_set():
        assert path.read_text() in texts
    writer.join()


def test_writes_that_cut_into_each_other_leave_one_of_the_texts_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = [letter * 200_000 for letter in "abcd"]
    with ThreadPoolExecutor(len(texts)) as writers:
        for _write in writers.map(lambda text: replace_file(path, text), texts * 20):
            assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def refuse(*_paths: Path) -> None:
    raise OSError("full")


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, "old")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="full"):
        replace_file(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        replace_file(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_every_format_has_a_file_of_its_own() -> None:
    assert len({name for name, _render in FORMATS.values()}) == len(FORMATS)
