# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Work shared out among processes and threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.crew import Crew

CREW = Crew(processes=2, threads=3)


def nobody(_begun: int) -> None:
    """Is told nothing."""


@pytest.mark.parametrize(
    "pieces, forks, cores, crew",
    [
        (1000, 20, 2, Crew(processes=2, threads=10)),
        (1000, 5, 2, Crew(processes=2, threads=2)),
        (1000, 1, 8, Crew(processes=1, threads=1)),
        (3, 50, 8, Crew(processes=3, threads=1)),
        (0, 5, 2, Crew(processes=1, threads=1)),
    ],
)
def test_there_are_no_more_at_once_than_ansible_has_forks(
    monkeypatch: pytest.MonkeyPatch, pieces: int, forks: int, cores: int, crew: Crew
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)))
    assert Crew.of(pieces, forks) == crew


def test_each_piece_is_done_once_and_what_raises_hinders_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = os.open(tmp_path / "done", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def work(number: int) -> None:
        os.write(done, f"{number}\n".encode())
        if number % 3 == 0:
            raise ValueError("canary")

    CREW.do(work, 50, nobody)
    os.close(done)
    assert sorted(map(int, (tmp_path / "done").read_text().split())) == list(range(50))
    assert capfd.readouterr() == ("", "")


def test_they_do_it_at_the_same_time(tmp_path: Path) -> None:
    """Each waits until all the others are there."""
    here = tmp_path / "here"
    here.mkdir()

    def work(number: int) -> None:
        (here / str(number)).touch()
        while len(list(here.iterdir())) < 6:
            time.sleep(0.01)

    CREW.do(work, 6, nobody)
    assert len(list(here.iterdir())) == 6


ENDED = r"""
import os, tempfile, time
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import orderly_interrupts
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.crew import Crew

def work(number):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"secret")
    os.write(1, f"{file.name}\n".encode())
    time.sleep(60)

with orderly_interrupts():
    Crew(processes=2, threads=2).do(work, 4, lambda begun: None)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_is_told_to_end_ends_them_and_removes_what_they_have_written(
    tmp_path: Path, number: signal.Signals
) -> None:
    told = tmp_path / "told"
    with (
        told.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-c", ENDED],
            stdout=out,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            start_new_session=True,
        ) as process,
    ):
        while len(told.read_text().split()) < 4:
            assert process.poll() is None
            time.sleep(0.05)
        assert all(Path(name).exists() for name in told.read_text().split())
        process.send_signal(number)
        assert process.wait(30) != 0
    assert [path.name for path in tmp_path.iterdir()] == ["told"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
