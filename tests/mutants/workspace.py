# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Runs mutmut in a folder of its own.

Mutmut names a mutant after the path of its file, and the tests must import the file under this name. So it runs where a
link gives the checkout the path ansible_collections/fleetops/nvcf. Its own copy of the checkout, with the mutants in
it, lies below, and only the processes that mutmut starts import it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from mutmut.mutation.data import SourceFileMutationData

from .packages import ROOT, Package
from .score import survivors

COLLECTION = Path("ansible_collections/fleetops/nvcf")
SOURCES = COLLECTION / "plugins/module_utils"

PYTEST_ARGUMENTS = [
    *("-p", f"{__package__}.selection"),
    "--hypothesis-profile=mutants",
    # What pytest does to explain a failure takes longer than most tests.
    "--assert=plain",
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
]


def mutate(folder: Path, name: str, package: Package, *, workers: int, again: bool) -> list[SourceFileMutationData]:
    """What became of all mutants of a package, a file each; `again`: the last run's, of which survivors are tested."""
    if again and folder.exists():
        for result in _results(folder, name, package):
            result.exit_code_by_key |= dict.fromkeys(survivors(result))
            with contextlib.chdir(folder):
                result.save()
        # Which test reaches what may have changed with the tests.
        (folder / "mutants/mutmut-stats.json").unlink(missing_ok=True)
    else:
        _make(folder)
    (folder / "pyproject.toml").write_text(_configuration(name, package), encoding="utf-8")
    mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children", str(workers)]
    with (folder / "log").open("w", encoding="utf-8") as log:
        done = subprocess.run(mutmut, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"{name}: mutmut failed, see {folder}/log")
    return _results(folder, name, package)


def _make(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    link = folder / COLLECTION
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT)


def _results(folder: Path, name: str, package: Package) -> list[SourceFileMutationData]:
    files = (file for pattern in _patterns(package) for file in (folder / SOURCES / name).glob(pattern))
    results = [SourceFileMutationData(path=file.relative_to(folder)) for file in sorted(files)]
    with contextlib.chdir(folder):
        for result in results:
            result.load()
    return results


def _patterns(package: Package) -> list[str]:
    return [f"{file}.py" for file in package.files] or ["*.py"]


def _configuration(name: str, package: Package) -> str:
    """pyproject.toml for mutmut and the pytest that it runs; JSON's texts and lists are TOML's too."""
    sections: dict[str, dict[str, Any]] = {
        "pytest": {
            "addopts": ["--import-mode=importlib"],
            "filterwarnings": ["error", "ignore::pytest.PytestUnknownMarkWarning"],
        },
        "mutmut": {
            "source_paths": [str(COLLECTION / "plugins")],
            "only_mutate": [str(SOURCES / name / pattern) for pattern in _patterns(package)],
            "also_copy": [str(COLLECTION / "tests")],
            "pytest_add_cli_args": PYTEST_ARGUMENTS,
            "pytest_add_cli_args_test_selection": [str(COLLECTION / tests) for tests in package.unit_tests(name)],
            # Five times as long as its tests take, and five seconds for pytest to start on a busy machine.
            "timeout_constant": 5.0,
            "timeout_multiplier": 5.0,
        },
    }
    lines = []
    for section, settings in sections.items():
        lines += [f"[tool.{section}]", *(f"{key} = {json.dumps(value)}" for key, value in settings.items())]
    return "\n".join([*lines, ""])
