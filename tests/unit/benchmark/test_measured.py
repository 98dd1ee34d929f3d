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
    return float(measure(["sh", "-c", script], log=folder / "log", env=os.environ)["cpu"])


@pytest.mark.parametrize("script", [f"{BURN}; true", f"({BURN} &)"], ids=["a child", "one that no one waited for"])
def test_what_a_command_starts_is_counted(script: str, tmp_path: Path) -> None:
    assert cpu(script, tmp_path) >= 0.4


def test_a_command_that_fails_gives_no_figure_and_shows_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"exit status 3(.|\n)*the cause"):
        cpu("echo the cause; exit 3", tmp_path)
