# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told and written while a run goes on, by a clock that the test turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.session import (
    CHECKPOINT_SECONDS,
    DEFAULT_FOLDER,
    Console,
    Session,
    Settings,
    settings_from_options,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    AUDIT,
    BEFORE,
    LOOK,
    OTHER,
    batch,
)

FINE = BEFORE | {"findings": [], "verdict": "ok"}


@dataclass
class Heard:
    """Lines of progress, and the clock."""

    lines: list[str] = field(default_factory=list)
    now: float = 0.0

    def session(self, *, progress: bool = True, folder: str | None = None) -> Session:
        settings = Settings(folder=folder, formats=("json",), title=None, progress=progress, table=False)
        rest: list[str] = []
        console = Console(progress=self.lines.append, show=rest.append, warn=rest.append, width=lambda: 80)
        return Session(settings, console, clock=lambda: self.now)


def audit(heard: Heard, session: Session, *, hosts: int, each: float) -> None:
    """All in one wave; one after the other ends after so many seconds."""
    names = tuple(f"c{number}" for number in range(hosts))
    session.playbook_began("audit.yml")
    session.wave_began(batch(*names))
    session.task_began(AUDIT)
    for name in names:
        heard.now += each
        session.host_ended(name, AUDIT, "ok", FINE)


def test_an_audit_of_a_thousand_clusters_in_one_wave_tells_how_far_it_is_with_the_time_left() -> None:
    heard = Heard()
    audit(heard, heard.session(), hosts=1000, each=0.1)
    begun, under_way = heard.lines[:2], heard.lines[2:]
    assert begun == ["fleet: clusters, 0 of 1000 done, 0 failed", "fleet: clusters: audit, 0 of 1000 done, 0 failed"]
    assert under_way[0] == "fleet: clusters: audit, 50 of 1000 done, 0 failed, about 2 min left"
    assert under_way[-2] == "fleet: clusters: audit, 950 of 1000 done, 0 failed, about 10 s left"
    assert len(under_way) == 20


def test_clusters_that_end_in_no_time_make_no_lines() -> None:
    heard = Heard()
    audit(heard, heard.session(), hosts=1000, each=0.001)
    assert len(heard.lines) == 2


def test_nothing_is_told_where_progress_is_not_wanted() -> None:
    heard = Heard()
    audit(heard, heard.session(progress=False), hosts=100, each=1.0)
    assert heard.lines == []


# Settings


def decided(*, terminal: bool = True, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of the callback's default options, with those that are given."""
    options = {"folder": None, "formats": ["html", "json"], "title": None, "progress": "auto", "table": True} | given
    return settings_from_options(options.__getitem__, terminal=terminal, environment=environment or {})


RUNNER = {"RUNNER_OMIT_EVENTS": "False"}


@pytest.mark.parametrize(
    "folder, environment, decision",
    [
        (None, {}, DEFAULT_FOLDER),
        ("", {}, DEFAULT_FOLDER),
        ("out", {}, "out"),
        (None, RUNNER, None),
        ("out", RUNNER, "out"),
    ],
)
def test_files_go_where_they_are_kept(folder: str | None, environment: Mapping[str, str], decision: str | None) -> None:
    assert decided(folder=folder, environment=environment).folder == decision


@pytest.mark.parametrize("progress, terminal, shown", [("auto", True, True), ("auto", False, False)])
def test_progress_is_for_terminals(progress: str, *, terminal: bool, shown: bool) -> None:
    assert decided(progress=progress, terminal=terminal).progress is shown
    assert decided(progress="always", terminal=terminal, environment=RUNNER).progress
    assert not decided(progress="never", terminal=terminal).progress


def test_a_format_that_is_named_twice_is_written_once() -> None:
    assert decided(formats=["json", "html", "json"]).formats == ("json", "html")


# Files while the run goes on


@dataclass
class Told:
    """A session that writes below `folder`, and what it told."""

    folder: Path
    told: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    now: float = 0.0

    def session(self, *, table: bool = True, title: str | None = None, formats: tuple[str, ...] = ("json",)) -> Session:
        settings = Settings(folder=str(self.folder), formats=formats, title=title, progress=False, table=table)
        console = Console(progress=self.told.append, show=self.told.append, warn=self.warned.append, width=lambda: 80)
        session = Session(settings, console, clock=lambda: self.now)
        session.playbook_began("audit.yml")
        return session

    @property
    def document(self) -> Any:
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))

    @property
    def states(self) -> dict[str, str]:
        return {row["host"]: row["state"] for row in self.document["clusters"]}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "out")


def test_a_wave_that_begins_leaves_a_report_of_a_run_that_goes_on(told: Told) -> None:
    told.session().wave_began(batch("a", "b"))
    assert told.document["result"] == "running"
    assert told.states == {"a": "running", "b": "running"}
    assert told.told == []


def test_a_report_is_renewed_after_a_while_and_not_with_each_cluster(told: Told) -> None:
    session = told.session()
    session.wave_began(batch("a", "b"))
    told.now = CHECKPOINT_SECONDS - 0.1
    session.host_ended("a", AUDIT, "ok", FINE)
    assert told.states == {"a": "running", "b": "running"}
    told.now = CHECKPOINT_SECONDS
    session.host_ended("b", LOOK, "ok", BEFORE)
    assert told.states == {"b": "running", "a": "unchanged"}


def test_a_run_that_ends_tells_table_then_report(told: Told) -> None:
    session = told.session()
    session.wave_began(batch("a"))
    session.host_ended("a", AUDIT, "ok", FINE)
    session.playbook_ended(failed=[], unreachable=[])
    assert told.document["result"] == "finished"
    table, report = told.told
    assert table.startswith("\ncluster")
    assert report == f"Report: {told.folder / 'report.json'}"
    session.process_exits()
    session.interrupted()
    assert told.document["result"] == "finished", "the end of the process changes nothing any more"
    assert len(told.told) == 2


def test_a_run_without_a_table_tells_where_its_report_is(told: Told) -> None:
    session = told.session(table=False)
    session.wave_began(batch("a"))
    session.playbook_ended(failed=[], unreachable=[])
    assert [line.partition(":")[0] for line in told.told] == ["Report"]


def test_a_signal_writes_only_and_a_run_that_goes_on_is_told_as_it_was(told: Told) -> None:
    session = told.session()
    session.wave_began(batch("a", "b"))
    session.interrupted()
    assert told.document["result"] == "interrupted"
    assert told.states == {"a": "interrupted", "b": "interrupted"}
    assert told.told == []
    session.playbook_ended(failed=[], unreachable=[])
    assert told.document["result"] == "finished"
    assert "interrupted" not in told.states.values()


def test_a_process_that_ends_early_tells_what_it_knows(told: Told) -> None:
    session = told.session()
    session.wave_began(batch("a", of=("a", "b")))
    session.process_exits()
    assert told.states == {"a": "interrupted", "b": "not_reached"}
    assert len(told.told) == 2


def test_a_run_in_which_no_play_began_tells_nothing(told: Told) -> None:
    session = told.session()
    session.interrupted()
    session.process_exits()
    session.playbook_ended(failed=[], unreachable=[])
    assert (told.told, told.folder.exists()) == ([], False)


def test_a_run_that_uses_nothing_of_the_collection_tells_nothing(told: Told) -> None:
    session = told.session()
    session.wave_began(batch("a", of_collection=False))
    session.host_ended("a", OTHER, "ok", {})
    session.playbook_ended(failed=[], unreachable=[])
    assert (told.told, told.folder.exists()) == ([], False)


@pytest.mark.parametrize(
    "title, name, heading", [("Tonight", "Add", "Tonight"), (None, "Add", "Add"), (None, "", "audit.yml")]
)
def test_the_title_is_the_option_or_the_play_or_the_playbook(
    told: Told, title: str | None, name: str, heading: str
) -> None:
    told.session(title=title).wave_began(batch("a", name=name))
    assert told.document["title"] == heading


def test_several_playbooks_are_all_named(told: Told) -> None:
    session = told.session()
    session.playbook_began("add.yml")
    session.wave_began(batch("a"))
    assert told.document["playbook"] == "audit.yml, add.yml"


def test_a_report_that_can_not_be_written_is_told_at_the_end_only(told: Told) -> None:
    told.folder.write_text("in the way", encoding="utf-8")
    session = told.session()
    session.wave_began(batch("a"))
    assert told.warned == []
    session.playbook_ended(failed=[], unreachable=[])
    [warning] = told.warned
    assert warning.startswith("The fleet report could not be written: ")
    assert str(told.folder) in warning
    assert len(told.told) == 1, "the table is reported anyway"


def test_a_disk_that_has_room_again_is_no_problem_any_longer(told: Told) -> None:
    told.folder.write_text("in the way", encoding="utf-8")
    session = told.session()
    session.wave_began(batch("a"))
    told.folder.unlink()
    session.playbook_ended(failed=[], unreachable=[])
    assert told.warned == []
    assert told.document["result"] == "finished"


def test_what_strftime_knows_is_replaced_in_the_folder(told: Told) -> None:
    told.folder = told.folder / "100%%"
    told.session().wave_began(batch("a"))
    assert (told.folder.parent / "100%" / "report.json").exists()
