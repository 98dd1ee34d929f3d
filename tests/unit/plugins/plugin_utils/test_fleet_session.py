# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told and written while a run goes on, by a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_session import Session, Settings, Voice
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_builders import AUDIT, BEFORE, batch

FINE = BEFORE | {"findings": [], "verdict": "ok"}


@dataclass
class Heard:
    """Lines of progress, and the clock."""

    lines: list[str] = field(default_factory=list)
    now: float = 0.0

    def session(self, *, progress: bool = True, folder: str | None = None) -> Session:
        settings = Settings(folder=folder, formats=("json",), title=None, progress=progress, table=False)
        rest: list[str] = []
        voice = Voice(progress=self.lines.append, tell=rest.append, warn=rest.append, width=lambda: 80)
        return Session(settings, voice, clock=lambda: self.now)


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
