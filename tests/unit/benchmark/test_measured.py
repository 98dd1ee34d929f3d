# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is counted as the cost of a command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Failed, measure

BURN = f"{sys.executable} -c 'import time\nwhile time.process_time() < 0.4: pass'"


def cpu(script: str, folder: Path) -> float:
    argv = ["sh", "-c", script]
    return measure(argv, who="ours", what="audit", clusters=1, sample=1, log=folder / "log", env=os.environ).cpu


def test_children_are_counted(tmp_path: Path) -> None:
    assert cpu(f"{BURN}; true", tmp_path) >= 0.4


def test_a_grandchild_that_nobody_waited_for_is_counted(tmp_path: Path) -> None:
    assert cpu(f"({BURN} &)", tmp_path) >= 0.4


def test_a_command_that_fails_gives_no_figure_and_shows_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"exit status 3(.|\n)*the cause"):
        cpu("echo the cause; exit 3", tmp_path)
