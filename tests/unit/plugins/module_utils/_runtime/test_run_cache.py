# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the workers of one run share."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import (
    once,
    run_folder,
    sharing,
    write_private,
)


def test_there_is_none_outside_a_run(tmp_path: Path) -> None:
    assert run_folder() is None
    with sharing(str(tmp_path)):
        assert run_folder() is not None
    assert run_folder() is None


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_it_and_what_is_written_is_for_this_user_only(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with sharing(str(tmp_path)):
            folder = run_folder()
            assert folder is not None
            write_private(folder / "a", "secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o600


def test_all_who_share_find_the_same(tmp_path: Path) -> None:
    found = []
    for _worker in range(2):
        with sharing(str(tmp_path)):
            found.append(run_folder())
    assert found[0] == found[1]


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    with sharing(str(tmp_path / "gone")):
        assert run_folder() is None


def test_a_file_that_can_not_be_written_whole_stays_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    write_private(tmp_path / "a", "before")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_private(tmp_path / "a", "after")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text(encoding="utf-8") == "before"


def test_what_is_made_once_is_made_once_for_each_question(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("x")
        return f"answer {len(made)}"

    with sharing(str(tmp_path)):
        assert [once("a", make), once("a", make), once("b", make)] == ["answer 1", "answer 1", "answer 2"]
    assert [once("a", make), once("a", make)] == ["answer 3", "answer 4"], "outside a run nothing is kept"


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    def fail() -> str:
        raise ValueError("gone")

    with sharing(str(tmp_path)):
        with pytest.raises(ValueError, match="gone"):
            once("a", fail)
        assert once("a", lambda: "made") == "made"


def test_workers_that_ask_at_the_same_time_wait_for_the_one_that_makes_it(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> str:
        made.append(1)
        time.sleep(0.2)
        return "made"

    def worker(_number: int) -> str:
        with sharing(str(tmp_path)):
            return once("a", make)

    with ThreadPoolExecutor(4) as workers:
        assert list(workers.map(worker, range(4))) == ["made"] * 4
    assert len(made) == 1


def test_a_text_of_any_script_comes_back_as_it_was_made(tmp_path: Path) -> None:
    with sharing(str(tmp_path)):
        assert [once("a/b \u00fc", lambda: "s\u00fcd\n\U0001f600") for _time in range(2)] == [
            "s\u00fcd\n\U0001f600"
        ] * 2


def test_what_can_not_be_kept_is_given_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with sharing(str(tmp_path)):
        assert [once("a", lambda: "one"), once("a", lambda: "two")] == ["one", "two"]


def test_no_name_of_a_kept_file_tells_what_it_is_for(tmp_path: Path) -> None:
    with sharing(str(tmp_path)):
        once("canary", lambda: "made")
    assert [path.name for path in tmp_path.rglob("*") if "canary" in path.name] == []


def test_a_run_within_a_run_has_a_folder_of_its_own_and_gives_back_the_first(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with sharing(str(tmp_path)):
        outer = run_folder()
        with sharing(str(tmp_path / "inner")):
            assert run_folder() != outer
        assert run_folder() == outer
