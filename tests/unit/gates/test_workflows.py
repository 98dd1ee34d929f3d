# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The workflow of pull requests leaves nothing out that `make test` runs, and no failure of it can be overlooked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def matrix(job: str, name: str) -> list[Any]:
    values: list[Any] = JOBS[job]["strategy"]["matrix"][name]
    return values


def test_the_required_job_waits_for_all_others() -> None:
    assert set(JOBS["required"]["needs"]) == set(JOBS) - {"required"}
    assert JOBS["required"]["if"] == "always()"


@pytest.mark.parametrize(
    "results, passes",
    [
        ("success success", True),
        ("success failure", False),
        ("cancelled success", False),
        ("success skipped", False),
    ],
)
def test_the_required_job_fails_unless_every_job_has_succeeded(results: str, passes: bool) -> None:
    [step] = JOBS["required"]["steps"]
    argv = ["bash", "-e", "-c", step["run"]]
    done = subprocess.run(argv, env={"RESULTS": results, "PATH": "/usr/bin:/bin"}, check=False, capture_output=True)
    assert (done.returncode == 0) == passes


def test_every_stage_of_make_test_is_run() -> None:
    stages = {stage for words in re.findall(r"(?m)^(?:NARROW|WIDE) := (.*)$", MAKEFILE) for stage in words.split()}
    assert len(stages) > 5
    steps = [str(step.get("run")) for job in JOBS.values() for step in job["steps"]]
    run = {word for step in steps if step.startswith(".ci/run ") for word in step.split()}
    assert stages - {*matrix("stage", "stage"), *matrix("clusters", "stage"), *JOBS, *run} == set()


def test_sanity_runs_on_every_core_that_make_sanity_knows() -> None:
    pinned = re.findall(r"(?m)^ansible-core==(.*)$", (ROOT / "requirements/dev.in").read_text(encoding="utf-8"))
    older = re.findall(r"tests/sanity/run --core (\S+)", MAKEFILE)
    assert sorted(matrix("sanity", "core")) == sorted([*older, *pinned])


def test_there_are_as_many_shards_as_the_tests_are_split_into() -> None:
    shards = matrix("integration", "shard")
    [options] = [step["env"]["PYTEST_ADDOPTS"] for step in JOBS["integration"]["steps"] if "env" in step]
    assert shards == list(range(1, len(shards) + 1))
    assert f"--splits {len(shards)} " in options
