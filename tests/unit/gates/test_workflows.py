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
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROOT.glob(".github/workflows/*.yml")
}
JOBS: dict[str, Any] = WORKFLOWS["ci"]["jobs"]
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


def before(job: str, jobs: dict[str, Any]) -> set[str]:
    """All jobs that have succeeded when this one starts."""
    needs = jobs[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(before(one, jobs) for one in direct))


def test_nothing_is_published_before_it_was_checked_tested_and_signed() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    # YAML 1.1 reads the key `on` as a truth value.
    assert "workflow_call" in WORKFLOWS["nightly"][True]
    assert jobs["tests"]["uses"].endswith("/nightly.yml")
    for job in ("galaxy", "github"):
        assert before(job, jobs) >= {"check", "tests", "sign"}


def test_only_the_jobs_that_need_it_may_sign_or_write_and_the_token_is_in_a_protected_environment() -> None:
    release = WORKFLOWS["release"]
    rights = {name: job["permissions"] for name, job in release["jobs"].items()}
    writing = {(name, right) for name, held in rights.items() for right, level in held.items() if level == "write"}
    assert writing == {("sign", "id-token"), ("sign", "attestations"), ("github", "contents")}
    assert release["permissions"] == {}
    with_secrets = {name for name, job in release["jobs"].items() if "secrets." in str(job)}
    assert with_secrets == {"galaxy"}
    assert release["jobs"]["galaxy"]["environment"]["name"] == "galaxy"
