# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test that passes only when it is repeated fails the run, unless it is listed; and it is always counted."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.gates import flakes
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


TODAY = date(2026, 1, 31)
SUITE = """
from pathlib import Path

def test_good():
    pass

def test_flaky():
    marker = Path(__file__).with_name("failed-once")
    if not marker.exists():
        marker.touch()
        raise AssertionError("the first time")
"""
BAD = """
def test_bad():
    raise AssertionError("each time")
"""
WAYS = [pytest.param([], id="one-process"), pytest.param(["-n", "2"], id="xdist")]


def listed(**changes: Any) -> str:
    """A file with one entry for the flaky test above."""
    entry = {"test": "*::test_flaky", "date": datetime.now(tz=UTC).date(), "cause": "made up"} | changes
    lines = (f"{name} = {value if isinstance(value, date) else repr(value)}" for name, value in entry.items())
    return "\n".join(["[[flake]]", *lines, ""])


def run(pytester: pytest.Pytester, suite: str, *flags: str, known: str = "") -> pytest.RunResult:
    """Run the tests as the stages of make do, with this list of known flakes."""
    pytester.makepyfile(suite)
    pytester.path.joinpath("known.toml").write_text(known, encoding="utf-8")
    pytester.makepyprojecttoml('[tool.pytest]\nknown_flakes = "known.toml"\nstrict = true\n')
    # Only these plugins: others take a second to load in each process.
    plugins = [f"-p{name}" for name in ("xdist", "pytest_rerunfailures", flakes.__name__)]
    return pytester.runpytest_subprocess(*plugins, "--reruns=1", *flags)


@pytest.mark.parametrize("flags", WAYS)
def test_a_flake_that_is_not_listed_fails_the_run_and_is_named(pytester: pytest.Pytester, flags: list[str]) -> None:
    result = run(pytester, SUITE, *flags)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, warnings=None)
    result.stdout.fnmatch_lines(["flaky: 1", "FLAKY *::test_flaky (not listed: fails the run)"])


@pytest.mark.parametrize("flags", WAYS)
def test_a_listed_flake_passes_and_is_counted(pytester: pytest.Pytester, flags: list[str]) -> None:
    result = run(pytester, SUITE, *flags, known=listed())
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["flaky: 1", "FLAKY *::test_flaky (known)"])


def test_what_fails_each_time_fails_once_and_is_not_flaky(pytester: pytest.Pytester) -> None:
    result = run(pytester, BAD, known=listed(test="*"))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1, warnings=None)
    result.stdout.fnmatch_lines(["flaky: 0"])


def test_a_run_without_flakes_says_so(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_good(): pass")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["flaky: 0"])


def test_an_entry_for_another_test_does_not_help(pytester: pytest.Pytester) -> None:
    assert run(pytester, SUITE, known=listed(test="*::test_other")).ret == pytest.ExitCode.TESTS_FAILED


def test_an_invalid_list_fails_before_any_test_runs(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_good(): pass", known=listed(date=date(2020, 1, 1)))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_flaky* is dated 2020-01-01*valid for 30 days*"])


@pytest.mark.parametrize(
    "text, complaint",
    [
        pytest.param(listed(date=TODAY - timedelta(days=31)), "is dated 2025-12-31", id="expired"),
        pytest.param(listed(date=TODAY + timedelta(days=1)), "is dated 2026-02-01", id="in the future"),
        pytest.param(listed(date="2026-01-31"), "date must be a date", id="date as text"),
        pytest.param(listed(date=datetime(2026, 1, 31, tzinfo=UTC)), "date must be a date", id="a point in time"),
        pytest.param(listed(date=TODAY, cause=""), "cause must be a str and not empty", id="no cause"),
        pytest.param("[[flake]]\ntest = 'a'\ncause = 'b'\n", "must have exactly the fields", id="no date"),
        pytest.param(listed(date=TODAY, owner="me"), "must have exactly the fields", id="unknown field"),
        pytest.param("[flakes]\n", "only [[flake]] entries are allowed", id="unknown table"),
    ],
)
def test_an_entry_that_is_incomplete_or_too_old_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(complaint)):
        flakes.read(path, TODAY)


@pytest.mark.parametrize("age", [0, 30])
def test_an_entry_is_valid_for_thirty_days(tmp_path: Path, age: int) -> None:
    path = tmp_path / "known.toml"
    path.write_text(listed(date=TODAY - timedelta(days=age)), encoding="utf-8")
    assert [entry.cause for entry in flakes.read(path, TODAY)] == ["made up"]


@pytest.mark.parametrize(
    "pattern, matches",
    [("*::test_flaky", True), ("a/test_x.py::test_flaky", True), ("test_flaky", False), ("*[helm4]", False)],
)
def test_only_an_asterisk_stands_for_something_else(pattern: str, matches: bool) -> None:
    entry = flakes.KnownFlake(test=pattern, date=TODAY, cause="made up")
    assert entry.matches("a/test_x.py::test_flaky") is matches
    assert flakes.KnownFlake(test="*[helm4]", date=TODAY, cause="made up").matches("a::b[helm4]")


def test_the_projects_own_list_is_valid_today() -> None:
    flakes.read(ROOT / "tests" / "known_flakes.toml", datetime.now(tz=UTC).date())
