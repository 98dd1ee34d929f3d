# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How an operation's end becomes a task's result."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError, NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.module_entry import attempt
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Host, Operation
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import Entries


@dataclass(frozen=True, kw_only=True)
class NoOptions:
    """Of an operation that has none."""


def attempted(run: Callable[[Host], dict[str, Any]]) -> dict[str, Any]:
    return attempt(Operation(options=NoOptions, run=lambda runner, _options: run(runner)), host(), {})


def failing(error: BaseException) -> Callable[[Host], dict[str, Any]]:
    def run(_host: Host) -> dict[str, Any]:
        raise error

    return run


def test_a_result_is_passed_on_as_it_is() -> None:
    result = {"changed": True, "text": "grüße"}
    assert attempted(lambda _host: result) == result


def test_an_error_before_any_write_is_a_failure_that_has_changed_nothing() -> None:
    assert attempted(failing(NvcfError("no"))) == {"failed": True, "changed": False, "msg": "no."}


def test_an_error_after_a_write_is_a_failure_that_has_changed_something() -> None:
    found = attempted(failing(NvcfError("no", changed=True, newest_revision=3)))
    assert found == {"failed": True, "changed": True, "newest_revision": 3, "msg": "no."}


def test_a_cluster_without_an_answer_is_told_apart_and_still_only_a_failure() -> None:
    found = attempted(failing(ConnectionOptionsError("no context")))
    assert found["no_answer"] is True
    assert "unreachable" not in found


def test_a_bug_is_told_as_a_bug() -> None:
    result = attempted(failing(ZeroDivisionError()))
    assert result["failed"] is True
    assert "ZeroDivisionError in " in result["msg"]
    assert "Please report" in result["msg"]


@pytest.mark.usefixtures("heeding_interrupts")
def test_a_signal_ends_the_operation_as_an_exception_so_that_it_can_tidy_up() -> None:
    tidied: list[str] = []

    def run(_host: Host) -> dict[str, Any]:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            tidied.append("files")
        return {}

    with pytest.raises(KeyboardInterrupt):
        attempted(run)
    assert tidied == ["files"]


def test_after_an_operation_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    attempted(failing(NvcfError("no")))
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_module_hands_its_options_and_its_mode_to_the_operation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, check_mode: bool
) -> None:
    entries = Entries("api_rollout", monkeypatch, capsys, lambda _host, _options: {"changed": False})
    entries.by_module({"release": "mine", "rollout_timeout": "5"}, check_mode=check_mode)
    [given] = entries.hosts
    assert given.check_mode is check_mode
    [options] = entries.options
    assert (options.release.release, options.rollout.rollout_timeout) == ("mine", 5)


def test_a_modules_progress_goes_nowhere_and_spoils_no_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(runner: Host, _options: Any) -> dict[str, Any]:
        runner.say("east-1: waiting")
        return {"changed": False, "done": True}

    entries = Entries("api_rollout", monkeypatch, capsys, run)
    found = entries.by_module({})
    assert found["done"] is True
    assert "waiting" not in str(found)


def test_a_failed_operation_is_a_failed_module_with_its_facts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail = failing(NvcfError("no pods", rollout={"state": "failed"}))
    entries = Entries("api_rollout", monkeypatch, capsys, lambda runner, _options: fail(runner))
    found = entries.by_module({})
    assert (found["failed"], found["msg"]) == (True, "no pods.")
    assert found["rollout"] == {"state": "failed"}


def test_a_result_that_says_that_it_did_not_fail_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = Entries("api_rollout", monkeypatch, capsys, lambda _host, _options: {"failed": False, "changed": True})
    found = entries.by_module({})
    assert not found.get("failed")
    assert found["changed"] is True
