# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The callback in real runs of ansible-playbook; only what clusters answer is made up."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.plugins.callback.fake_fleet import PLAY, FakeFleet
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    BEFORE,
    CHANGE,
    RESTORED,
    VALUES,
)

CANARY = "canary-5b1e0c-do-not-print"
GOOD: Mapping[str, Any] = {"recognized_registry_info": BEFORE, "recognized_registry": CHANGE}
BROKEN: Mapping[str, Any] = {
    **GOOD,
    "api_rollout": {"failed": True, "changed": False, "msg": "pod x has exited. See its log."},
    "release_rollback": RESTORED,
}
FILES = {"index.html", "report.json", "report.md", "junit.xml"}


@pytest.fixture
def fleet(tmp_path: Path) -> FakeFleet:
    return FakeFleet(tmp_path)


def waves(*serial: int | str) -> list[Mapping[str, Any]]:
    return [{**PLAY, "serial": list(serial), "max_fail_percentage": 0}]


def test_a_run_without_failure_leaves_all_four_files_and_no_list_of_unfinished(fleet: FakeFleet) -> None:
    fleet.run({"east-1": GOOD, "east-2": GOOD})
    assert {path.name for path in fleet.reports.iterdir()} == FILES
    assert fleet.states() == {"east-1": "changed", "east-2": "changed"}
    assert fleet.report()["result"] == "finished"
    assert fleet.report()["values_fragments"] == [{"clusters": ["east-1", "east-2"], "values": VALUES, "remove": []}]


def test_a_wave_that_stops_the_play_is_reported_with_those_it_kept_from_their_turn(fleet: FakeFleet) -> None:
    text = fleet.run({"east-1": GOOD, "east-2": BROKEN, "east-3": GOOD}, plays=waves(1))
    assert fleet.states() == {"east-2": "failed_restored", "east-3": "not_reached", "east-1": "changed"}
    broken = fleet.report()["clusters"][0]
    assert broken["cause"] == "pod x has exited. See its log."
    assert broken["failed_task"] == "fleetops.nvcf.api_rollout"
    assert broken["wave"] == 2
    assert fleet.report()["result"] == "stopped"
    assert (fleet.reports / "unfinished.txt").read_text() == "east-2\neast-3\n"
    assert "1 of 3 clusters are in the desired state; 1 failed, rolled back; 1 not started" in text


def test_the_rest_of_a_stopped_wave_is_told_from_those_it_never_came_to(fleet: FakeFleet) -> None:
    refused = {"recognized_registry_info": {"failed": True, "msg": "no release"}}
    fleet.run({"a": refused, "b": GOOD, "c": GOOD}, plays=waves(2))
    assert fleet.states() == {"a": "failed", "b": "halted", "c": "not_reached"}


def test_check_mode_is_told_from_a_change(fleet: FakeFleet) -> None:
    text = fleet.run({"east-1": GOOD}, "--check")
    assert fleet.states() == {"east-1": "would_change"}
    assert "No blocking problems found" in text


def test_a_failure_that_the_play_rescues_is_none(fleet: FakeFleet) -> None:
    rescued = {"block": [{"fleetops.nvcf.api_rollout": {}}], "rescue": [{"ansible.builtin.debug": {"msg": "fine"}}]}
    fleet.run({"east-1": BROKEN}, plays=[{**PLAY, "tasks": [rescued]}])
    assert fleet.states() == {"east-1": "unchanged"}


def test_each_failed_item_of_a_loop_tells_its_cause(fleet: FakeFleet) -> None:
    task = {"ansible.builtin.fail": {"msg": "{{ item }} is refused"}, "loop": ["one", "two"]}
    fleet.run({"east-1": GOOD}, plays=[{**PLAY, "tasks": [{"fleetops.nvcf.api_rollout": {}}, task]}])
    assert fleet.report()["clusters"][0]["cause"] == "one is refused two is refused"


def test_an_unreachable_cluster_is_a_row_of_its_own_kind(fleet: FakeFleet) -> None:
    gone = {"recognized_registry_info": {"unreachable": True, "msg": "no route"}}
    fleet.run({"east-1": GOOD, "east-2": gone})
    assert fleet.states() == {"east-2": "unreachable", "east-1": "changed"}


def test_a_playbook_that_uses_nothing_of_the_collection_gets_no_report(fleet: FakeFleet) -> None:
    text = fleet.run({"east-1": GOOD}, plays=[{**PLAY, "tasks": [{"ansible.builtin.debug": {"msg": "hello"}}]}])
    assert not fleet.reports.exists()
    assert "clusters" not in text


def test_other_plays_around_it_add_no_clusters(fleet: FakeFleet) -> None:
    local = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "hello"}}]}
    fleet.run({"east-1": GOOD}, plays=[local, PLAY, local])
    assert fleet.states() == {"east-1": "changed"}


@pytest.mark.parametrize("hide", [False, True], ids=["unknown fields", "no_log"])
def test_no_secret_that_a_result_holds_is_taken_over(fleet: FakeFleet, hide: bool) -> None:
    secret = {"values": {"password": CANARY}, "stdout": CANARY, "release": {**CHANGE["release"], "config": CANARY}}
    told = CANARY if hide else "the upgrade failed"
    answer = {**CHANGE, **secret, "registries": [{**CHANGE["registries"][0], "token": CANARY}], "changed": True}
    change = {**answer, "failed": True, "msg": told, "exception": f"Traceback {CANARY}"}
    answers = {"east-1": {**GOOD, "recognized_registry": change}, "east-2": {**GOOD, "recognized_registry": answer}}
    plays = [{**PLAY, "tasks": [{"fleetops.nvcf.recognized_registry": {}, "no_log": hide}]}]
    fleet.run(answers, plays=plays)
    assert fleet.states()["east-1"] == ("failed_not_restored")
    for path in fleet.reports.iterdir():
        assert CANARY not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_its_report(fleet: FakeFleet, number: signal.Signals) -> None:
    with held_up_at_the_second_of_three(fleet) as play:
        play.send_signal(number)
        assert play.wait(timeout=60) != 0
    assert fleet.states() == {"east-2": "interrupted", "east-3": "not_reached", "east-1": "changed"}
    assert fleet.report()["result"] == "interrupted"
    assert {path.name for path in fleet.reports.iterdir()} == {*FILES, "unfinished.txt"}


def test_a_killed_run_leaves_the_report_of_its_last_wave(fleet: FakeFleet) -> None:
    with held_up_at_the_second_of_three(fleet) as play:
        play.kill()
        play.wait(timeout=60)
    assert fleet.states() == {"east-2": "running", "east-3": "not_reached", "east-1": "changed"}
    assert fleet.report()["result"] == "running"


def test_a_folder_that_cannot_be_written_is_a_warning_and_not_the_end(fleet: FakeFleet) -> None:
    (fleet.folder / "taken").write_text("")
    fleet.settings["FLEETOPS_NVCF_REPORT_FOLDER"] = str(fleet.folder / "taken")
    text = fleet.run({"east-1": GOOD})
    assert "The fleet report could not be written" in text
    assert "failed=0" in text


def test_the_options_of_the_configuration_are_heard(fleet: FakeFleet) -> None:
    with (fleet.folder / "ansible.cfg").open("a") as config:
        config.write("[callback_fleet_report]\nfolder = out/%Y\nformats = json\ntitle = Tonight\ntable = false\n")
    text = fleet.run({"east-1": GOOD})
    (written,) = (fleet.folder / "out").glob("2*/*")
    assert written.name == "report.json"
    assert '"title": "Tonight"' in written.read_text()
    assert "in the desired state" not in text


@pytest.mark.parametrize(
    "runner, terminal, shown",
    [(False, True, True), (False, False, False), (True, True, False)],
    ids=["terminal", "pipe", "runner's terminal"],
)
def test_progress_is_shown_on_a_persons_terminal_only(
    fleet: FakeFleet, runner: bool, terminal: bool, shown: bool
) -> None:
    if runner:
        fleet.settings["AWX_ISOLATED_DATA_DIR"] = "/runner/artifacts/1"
    answers = {"east-1": GOOD, "east-2": GOOD}
    text = on_a_terminal(fleet, answers) if terminal else fleet.run(answers, plays=waves(1))
    assert ("fleet: wave 2 of 2: apply, 1 of 2 done, 0 failed, about " in text) == shown
    assert fleet.reports.exists() != runner


def on_a_terminal(fleet: FakeFleet, answers: Mapping[str, Mapping[str, Any]]) -> str:
    ours, theirs = pty.openpty()
    text = b""
    with subprocess.Popen(
        fleet.command(answers, plays=waves(1)), cwd=fleet.folder, env=fleet.environment, stdin=theirs, stdout=theirs
    ):
        os.close(theirs)
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # how a terminal says that nobody is left
                break
            if not part:
                break
            text += part
    os.close(ours)
    return text.decode()


@contextmanager
def held_up_at_the_second_of_three(fleet: FakeFleet) -> Iterator[subprocess.Popen[bytes]]:
    """A run in waves of one, in whose second wave a pod takes very long."""
    mark = fleet.folder / "held-up"
    slow = {**GOOD, "api_rollout": {"changed": False, "sleep_after_touching": str(mark)}}
    play = subprocess.Popen(
        fleet.command({"east-1": GOOD, "east-2": slow, "east-3": GOOD}, plays=waves(1)),
        cwd=fleet.folder,
        env=fleet.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not mark.exists() and play.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert mark.exists(), "the play never came so far"
    workers = children(play.pid)
    try:
        yield play
    finally:
        for pid in (play.pid, *workers):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Processes of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
