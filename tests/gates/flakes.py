# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A pytest plugin that counts flaky tests and fails the run for those that are not listed.

pytest-rerunfailures repeats a failed test. A test that then passes is flaky: this plugin names it in the summary, and
the run fails unless the file of known flakes lists it with a date and a cause. An entry expires after 30 days.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

VALID_FOR = timedelta(days=30)
FIELDS = {"test": str, "date": date, "cause": str}


@dataclass(frozen=True, kw_only=True)
class KnownFlake:
    """An entry of the file. In `test`, an asterisk stands for any text."""

    test: str
    date: date
    cause: str

    def matches(self, node_id: str) -> bool:
        """Whether the entry is for this test."""
        return re.fullmatch(".*".join(map(re.escape, self.test.split("*"))), node_id) is not None


def read(path: Path, today: date) -> list[KnownFlake]:
    """The entries of the file. ValueError when one is incomplete, too old or dated in the future."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = content.pop("flake", [])
    if content:
        raise ValueError(f"{path}: unknown {', '.join(content)}; only [[flake]] entries are allowed")
    return [_entry(path, number, found, today) for number, found in enumerate(entries, start=1)]


def _entry(path: Path, number: int, found: dict[str, Any], today: date) -> KnownFlake:
    where = f"{path}: flake {number}"
    if found.keys() != FIELDS.keys():
        raise ValueError(f"{where} must have exactly the fields {', '.join(FIELDS)}")
    for name, kind in FIELDS.items():
        # A point in time is a date to Python, but cannot be compared with one.
        if not isinstance(found[name], kind) or isinstance(found[name], datetime) or not found[name]:
            raise ValueError(f"{where}: {name} must be a {kind.__name__} and not empty")
    entry = KnownFlake(**found)
    if not timedelta(0) <= today - entry.date <= VALID_FOR:
        raise ValueError(
            f"{where} ({entry.test}) is dated {entry.date}; an entry is valid for {VALID_FOR.days} days. Fix the test."
        )
    return entry


class FlakeGate:
    """What was repeated in this run, and how it ended."""

    def __init__(self, known: Sequence[KnownFlake]) -> None:
        self._known = known
        self._repeated: set[str] = set()
        self._failed: set[str] = set()

    @property
    def flaky(self) -> list[str]:
        """Tests that failed once and then passed."""
        return sorted(self._repeated - self._failed)

    @property
    def unlisted(self) -> list[str]:
        """Flaky tests for which there is no entry."""
        return [test for test in self.flaky if not any(entry.matches(test) for entry in self._known)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each phase of each test; with xdist, those of all workers arrive here."""
        # pytest-rerunfailures adds an outcome to those that pytest declares.
        outcome: str = report.outcome
        if outcome == "rerun":
            self._repeated.add(report.nodeid)
        elif outcome == "failed":
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that passed only because a test was repeated."""
        if self.unlisted and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Count and name them, also when there are none."""
        terminalreporter.section("flaky tests", sep="-")
        terminalreporter.write_line(f"flaky: {len(self.flaky)}")
        unlisted = self.unlisted
        for test in self.flaky:
            terminalreporter.write_line(
                f"FLAKY {test} ({'not listed: fails the run' if test in unlisted else 'known'})"
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the known flakes are listed."""
    parser.addini("known_flakes", "TOML file of tests that may fail once and pass when repeated", type="string")


def pytest_configure(config: pytest.Config) -> None:
    """Read the list. Workers of xdist pass their reports on to the process that started them, which decides."""
    if hasattr(config, "workerinput"):
        return
    listed = config.getini("known_flakes")
    try:
        known = read(config.rootpath / listed, datetime.now(tz=UTC).date()) if listed else []
    except (ValueError, OSError) as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(FlakeGate(known), "flake-gate")
