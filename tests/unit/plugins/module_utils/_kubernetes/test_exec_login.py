# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How often a credential plugin is run."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes import exec_login
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.credentials import Credential
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.exec_login import credential_of
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.exec_plugin import CredentialPlugin
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import locked as real_locked
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing


@dataclass(frozen=True, kw_only=True)
class Scripted(CredentialPlugin):
    """Gives token-1, token-2, ... without starting a program."""

    runs: list[str]
    before: Callable[[], None]

    def run(self) -> Credential:
        self.runs.append(self.argv[0])
        self.before()
        expires = time.time() + float(self.environ["LIFE"]) if "LIFE" in self.environ else None
        return Credential(token=f"token-{len(self.runs)}", obtained=time.time(), expires=expires)


@dataclass(frozen=True)
class Plugins:
    """Makes plugins, and knows which were run."""

    runs: list[str] = field(default_factory=list)

    def __call__(
        self, name: str = "login", *, life: float | None = None, before: Callable[[], None] = lambda: None
    ) -> Scripted:
        environ = {} if life is None else {"LIFE": str(life)}
        return Scripted(
            argv=[name], environ=environ, api_version="v1", hint="", hidden=[], runs=self.runs, before=before
        )


@pytest.fixture
def plugin() -> Plugins:
    return Plugins()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    with sharing(str(tmp_path)):
        yield tmp_path / "fleetops-nvcf"


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("life", [None, 3600])
def test_a_credential_is_reused_in_the_run(plugin: Plugins, life: float | None) -> None:
    assert credential_of(plugin(life=life)) == credential_of(plugin(life=life))
    assert plugin.runs == ["login"]


def test_without_a_run_the_plugin_is_run_each_time(plugin: Plugins) -> None:
    assert credential_of(plugin()).token == "token-1"
    assert credential_of(plugin()).token == "token-2"
    assert len(plugin.runs) == 2


@pytest.mark.usefixtures("shared")
def test_different_plugins_share_nothing(plugin: Plugins) -> None:
    assert credential_of(plugin("a")).token != credential_of(plugin("b")).token
    assert plugin.runs == ["a", "b"]


@pytest.mark.usefixtures("shared")
def test_a_credential_that_is_due_is_obtained_anew(plugin: Plugins, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    assert credential_of(plugin(life=600)).token == "token-1"
    monkeypatch.setattr(time, "time", lambda: now + 590)
    assert credential_of(plugin(life=600)).token == "token-2"
    assert credential_of(plugin(life=600)).token == "token-2"
    assert len(plugin.runs) == 2


@pytest.mark.usefixtures("shared")
def test_a_credential_that_was_refused_is_obtained_anew_and_then_shared(plugin: Plugins) -> None:
    refused = credential_of(plugin())
    assert credential_of(plugin(), refused=refused).token == "token-2"
    assert credential_of(plugin()).token == "token-2"
    assert len(plugin.runs) == 2


@pytest.mark.usefixtures("shared")
def test_whoever_else_was_refused_takes_what_the_first_has_obtained(plugin: Plugins) -> None:
    refused = credential_of(plugin())
    first, second = (credential_of(plugin(), refused=refused) for _turn in range(2))
    assert first == second
    assert len(plugin.runs) == 2


def test_no_file_holds_a_credential(plugin: Plugins, shared: Path) -> None:
    credential_of(plugin())
    assert credential_of(plugin()).token == "token-1"
    assert [path for path in shared.iterdir() if path.suffix != ".lock" or path.read_bytes()] == []


@pytest.mark.usefixtures("shared")
def test_a_credential_is_given_although_there_is_no_room_to_keep_it(
    plugin: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    assert credential_of(plugin()).token == "token-1"
    assert credential_of(plugin()).token == "token-2"
    assert len(plugin.runs) == 2


def together(number: int, work: Callable[[], Credential], *, wait_for: threading.Event) -> list[Future[Credential]]:
    """The work in so many threads at once, of which the first has begun before the others start."""
    pool = ThreadPoolExecutor(number)
    futures = [pool.submit(contextvars.copy_context().run, work)]
    assert wait_for.wait(60)
    futures += [pool.submit(contextvars.copy_context().run, work) for _turn in range(number - 1)]
    pool.shutdown(wait=False)
    return futures


@pytest.mark.usefixtures("shared")
def test_workers_that_come_at_once_wait_for_the_first(plugin: Plugins) -> None:
    asked, answer = threading.Event(), threading.Event()

    def before() -> None:
        asked.set()
        assert answer.wait(60)

    futures = together(4, lambda: credential_of(plugin(before=before)), wait_for=asked)
    answer.set()
    assert {future.result().token for future in futures} == {"token-1"}
    assert len(plugin.runs) == 1


@pytest.mark.usefixtures("shared")
def test_a_failure_is_that_of_all_who_waited_for_it_and_not_of_who_comes_later(
    plugin: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, waiting, waited = threading.Event(), threading.Event(), threading.Semaphore(0)

    def locked(what: str) -> object:
        waited.release()
        return real_locked(what)

    def before() -> None:
        asked.set()
        assert waiting.wait(60)
        raise ConnectionOptionsError("no one confirmed")

    monkeypatch.setattr(exec_login, "locked", locked)
    futures = together(4, lambda: credential_of(plugin(before=before)), wait_for=asked)
    for _worker in range(4):
        assert waited.acquire(timeout=60)
    waiting.set()
    assert {str(future.exception()) for future in futures} == {"no one confirmed"}
    assert len(plugin.runs) == 1
    assert credential_of(plugin()).token == "token-2"


def test_a_failure_is_not_kept_in_place_of_what_others_obtain(plugin: Plugins, shared: Path) -> None:
    def fail() -> None:
        raise ConnectionOptionsError("no")

    with pytest.raises(ConnectionOptionsError):
        credential_of(plugin(before=fail))
    assert credential_of(plugin()) == credential_of(plugin())
    assert len(plugin.runs) == 2
    assert shared.is_dir()
