# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Events that come in an odd order, or that nobody has asked for."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.run_tracker import RunTracker
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    APPLY,
    BEFORE,
    BROKEN,
    LOOK,
    OTHER,
    RELEASE,
    TO_THE_END,
    batch,
    play,
    report_of,
)


def test_before_any_play_there_is_nothing_to_tell() -> None:
    tracker = RunTracker()
    tracker.host_began(0.0, "a", LOOK)
    tracker.item_failed("a", BROKEN)
    tracker.host_ended(0.0, "a", LOOK, "failed", BROKEN)
    tracker.wave_stopped()
    tracker.interrupted(0.0)
    tracker.playbook_ended(0.0, failed=["a"], unreachable=[])
    assert (tracker.uses_collection, tracker.name, tracker.wave, tracker.wave_size, tracker.counts()) == (
        False,
        "",
        0,
        0,
        (0, 0, 0),
    )
    assert (tracker.wave_timing(1.0), tracker.task_progress(1.0)) == (([], 0.0, 1), None)
    assert report_of(tracker).rows == ()


def test_a_host_that_is_in_no_wave_adds_no_row() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a"))
    tracker.host_began(0.0, "stranger", LOOK)
    tracker.host_ended(1.0, "stranger", LOOK, "failed", BROKEN)
    assert [row.host for row in report_of(tracker).rows] == ["a"]


def test_failed_items_are_told_once_each_and_forgotten_with_their_task() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a"))
    for text in ("one", "two", "one"):
        tracker.item_failed("a", {"msg": text})
    tracker.host_ended(1.0, "a", LOOK, "ignored", {"msg": "some failed"})
    tracker.host_ended(2.0, "a", APPLY, "failed", {"msg": "refused"})
    assert report_of(tracker).rows[0].cause == "refused"
    other = RunTracker()
    other.wave_began(0.0, batch("a"))
    for text in ("one", "two", "one"):
        other.item_failed("a", {"msg": text})
    other.host_ended(1.0, "a", LOOK, "failed", {"msg": "some failed"})
    assert report_of(other).rows[0].cause == "one two"


def test_a_task_whose_start_was_not_told_took_no_time() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a"))
    tracker.host_ended(50.0, "a", LOOK, "ok", BEFORE)
    assert report_of(tracker).rows[0].phases == (("preflight", 0.0),)


def test_a_task_tells_whether_the_wave_has_come_to_another_phase() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a"))
    assert [tracker.task_began(1.0, task) for task in (LOOK, LOOK, OTHER, APPLY, LOOK)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert tracker.phase == "preflight"


def test_a_later_play_knows_what_an_earlier_one_has_learned() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", groups={"a": ("prod",)}))
    play(tracker, "a", *TO_THE_END)
    tracker.wave_began(20.0, batch("a", play="2", name="Audit"))
    play(tracker, "a", (LOOK, "ok", BEFORE | {"release": RELEASE}))
    tracker.playbook_ended(30.0, failed=[], unreachable=[])
    [row] = report_of(tracker).rows
    assert row.facts.revision == "3 -> 4"
    assert [wave.play for wave in report_of(tracker).waves] == ["Add", "Audit"]


def test_the_most_common_fragment_comes_first_and_an_empty_one_is_none() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", "b", "c", "d"))
    for host, values in (("a", "x: 1\n"), ("b", ""), ("c", "y: 1\n"), ("d", "y: 1\n")):
        play(tracker, host, (LOOK, "ok", BEFORE | {"values_fragment": values}))
    tracker.playbook_ended(10.0, failed=[], unreachable=[])
    assert [(one.values, one.hosts) for one in report_of(tracker).fragments] == [
        ("y: 1\n", ("c", "d")),
        ("x: 1\n", ("a",)),
    ]


def test_a_run_that_was_interrupted_is_not_called_stopped() -> None:
    tracker = RunTracker()
    tracker.wave_began(0.0, batch("a", of=("a", "b")))
    assert report_of(tracker, "interrupted").ending == "interrupted"
    assert report_of(tracker, "finished").ending == "stopped"
