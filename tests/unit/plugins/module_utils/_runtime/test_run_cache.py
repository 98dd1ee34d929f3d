# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the workers of one run share."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import (
    keep,
    once,
    recall,
    run_folder,
    sharing,
)


def test_there_is_none_outside_a_run(tmp_path: Path) -> None:
    assert run_folder() is None
    with sharing(str(tmp_path)):
        assert run_folder() is not None
    assert run_folder() is None


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_it_is_for_this_user_only(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with sharing(str(tmp_path)):
            folder = run_folder()
            assert folder is not None
            once("a", lambda: "secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_all_who_share_find_the_same(tmp_path: Path) -> None:
    found = []
    for _worker in range(2):
        with sharing(str(tmp_path)):
            found.append(run_folder())
    assert found[0] == found[1]


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    with sharing(str(tmp_path / "gone")):
        assert run_folder() is None


def test_what_there_is_no_room_for_leaves_what_was_kept_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sharing(str(tmp_path)):
        assert keep("a", "before")
        monkeypatch.setattr(os, "pwrite", lambda *_args: 3)
        assert not keep("a", "after")
        assert recall("a") == "before"


def test_what_is_kept_is_in_no_file(tmp_path: Path) -> None:
    with sharing(str(tmp_path)):
        assert [once("a", lambda: "canary"), recall("a")] == ["canary", "canary"]
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"canary" in path.read_bytes()] == []


def test_workers_find_what_one_of_them_has_kept_among_a_lot_else(tmp_path: Path) -> None:
    """More texts than there are places for their beginnings."""
    script = f"""
import os, sys
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import begin, keep, recall, sharing
begin({str(tmp_path)!r})
with sharing({str(tmp_path)!r}):
    if os.fork() == 0:
        done = all(keep(str(number), f"text {{number}}") for number in [*range(3000), 7])
        os._exit(0 if done else 1)
    assert os.wait()[1] == 0
    print({{recall(str(number)) == f"text {{number}}" for number in range(3000)}}, recall("3000"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "{True} None\n", done.stderr


BEGIN = """
import sys
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import begin, sharing, run_folder
begin(sys.argv[1])
with sharing(sys.argv[1]):
    (run_folder() / "chart").touch()
print("begun", flush=True)
sys.stdin.read()
"""


def begun(parent: Path) -> subprocess.Popen[str]:
    """A run that has begun, and waits to be killed."""
    parent.mkdir()
    argv = [sys.executable, "-c", BEGIN, str(parent)]
    run = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    assert run.stdout.readline() == "begun\n"
    return run


def test_the_next_run_removes_what_a_killed_one_has_left_and_nothing_else(tmp_path: Path) -> None:
    killed, alive, foreign = (tmp_path / f"ansible-local-{name}" for name in ("1killed", "2alive", "3foreign"))
    (foreign / "fleetops-nvcf").mkdir(parents=True)
    with begun(killed) as dead, begun(alive) as running:
        dead.kill()
        dead.wait()
        (killed / "of-ansible").touch()
        with begun(tmp_path / "ansible-local-4next") as following:
            assert [path.name for path in killed.iterdir()] == ["of-ansible"]
            assert (alive / "fleetops-nvcf" / "chart").exists()
            assert (foreign / "fleetops-nvcf").exists()
            following.kill()
        running.kill()


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


def failing(asked: list[str]) -> Callable[[], str]:
    def fail() -> str:
        asked.append("x")
        raise HelmError("the registry hangs.", helm={"rc": 1})

    return fail


def test_a_failure_that_concerns_all_is_that_of_the_others_too_for_some_times_as_long_as_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 30.0, 100.0, 329.0, 331.0, 331.0, 331.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    asked: list[str] = []
    with sharing(str(tmp_path)):
        with pytest.raises(HelmError, match=r"^the registry hangs\.$"):
            once("a", failing(asked), shared_failure=HelmError)
        for ago in (70, 299):
            with pytest.raises(HelmError, match=rf"hangs\. This failed {ago} s ago for another cluster") as told:
                once("a", failing(asked), shared_failure=HelmError)
            assert told.value.facts == {"helm": {"rc": 1}}
        assert len(asked) == 1
        assert once("a", lambda: "made", shared_failure=HelmError) == "made"


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

    monkeypatch.setattr(os, "pwrite", full)
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
