# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check is left out only when it has passed with the present content of what it looks at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT


class Checkout:
    """A repository with the script, an environment and a few files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder.with_name("cache")
        (folder / "tests").mkdir(parents=True)
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        shutil.copy(ROOT / "tests" / "unless-passed", folder / "tests")
        for name in ("looked-at", "other"):
            (folder / name).write_text("1", encoding="utf-8")
        subprocess.run(["git", "init", "--quiet", folder], check=True)

    def runs(self, *command: str, path: str = "looked-at") -> int:
        """How often the command has run by now; it appends to a file, and ends with the status of what follows."""
        log = self.folder.with_name("log")
        script = f'echo >>"{log}"; {" ".join(command) or "true"}'
        environment = os.environ | {"FLEETOPS_NVCF_CACHE": str(self.cache)}
        argv = [str(self.folder / "tests" / "unless-passed"), path, "--", "sh", "-c", script]
        subprocess.run(argv, env=environment, check=False)
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def test_what_has_passed_is_not_repeated_until_its_content_changes(checkout: Checkout) -> None:
    assert (checkout.runs(), checkout.runs()) == (1, 1)
    (checkout.folder / "other").write_text("2", encoding="utf-8")
    assert checkout.runs() == 1
    (checkout.folder / "looked-at").write_text("2", encoding="utf-8")
    assert (checkout.runs(), checkout.runs()) == (2, 2)


def test_what_has_failed_is_repeated(checkout: Checkout) -> None:
    assert (checkout.runs("false"), checkout.runs("false")) == (1, 2)


def test_another_command_has_not_passed(checkout: Checkout) -> None:
    assert (checkout.runs("true"), checkout.runs("true", "yes")) == (1, 2)


def test_a_path_without_files_is_an_error_and_not_a_reason_to_leave_out(checkout: Checkout) -> None:
    assert checkout.runs(path="gone") == 0
    assert not checkout.cache.exists()
