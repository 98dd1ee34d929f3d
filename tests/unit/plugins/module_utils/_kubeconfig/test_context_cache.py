# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How often a large kubeconfig is parsed, and that it makes no difference to anything else."""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig import context_cache
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.context_cache import WORTHWHILE, contexts
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.contexts import Contexts, ParsedContexts, read
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ConnectionOptionsError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing

NAMES = ("a", "arn:aws:eks:eu-west-1:1:cluster/b", "../c", "d e", "2026", "ä")


def config(names: Sequence[str] = NAMES, *, padding: str = "x" * WORTHWHILE, **more: Any) -> dict[str, Any]:
    """A kubeconfig that is worth an index, with a context for each name and some that lead nowhere."""
    return {
        "current-context": names[0],
        "padding": padding,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names]
        + [{"name": "no-cluster", "context": {"cluster": "gone", "user": names[0]}}]
        + [{"name": "no-user", "context": {"cluster": names[0], "user": "gone"}}],
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{i}", "certificate-authority": "ca.crt"}}
            for i, name in enumerate(names)
        ],
        "users": [{"name": name, "user": {"token": f"token of {name}", "exec": None}} for name in names],
    } | more


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "config", config())


def written(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    with sharing(str(tmp_path)):
        yield tmp_path / "fleetops-nvcf"


Reads = list[Sequence[Path]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Each time that files were parsed."""
    done: Reads = []

    def counted(paths: Sequence[Path]) -> ParsedContexts:
        done.append(paths)
        return read(paths)

    monkeypatch.setattr(context_cache, "read", counted)
    return done


def answer(source: Contexts, name: str | None) -> object:
    try:
        found = source.kubeconfig(name)
    except ConnectionOptionsError as error:
        return str(error)
    return found.name, dict(found.cluster), dict(found.user)


def everything(source: Contexts, names: Sequence[str] = NAMES) -> list[object]:
    asked = [None, *names, "no-cluster", "no-user", "nowhere"]
    return [source.current, source.facts(), *(answer(source, name) for name in asked)]


@pytest.mark.usefixtures("shared")
def test_a_file_is_parsed_once_however_many_contexts_are_asked_for(path: Path, reads: Reads) -> None:
    for name in NAMES:
        assert contexts([path]).kubeconfig(name).user["token"] == f"token of {name}"
    assert contexts([path]).current == "a"
    assert reads == [[path]]


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="with a current context"),
        pytest.param({"current-context": None}, id="without a current context"),
        pytest.param({"current-context": "gone"}, id="with a current context that is not there"),
        pytest.param({"contexts": None}, id="without any context"),
    ],
)
def test_every_answer_and_every_error_is_that_of_the_file_itself(
    tmp_path: Path, reads: Reads, more: dict[str, Any]
) -> None:
    paths = [written(tmp_path / "1", config(**more)), written(tmp_path / "2", config(["second"], padding=""))]
    parsed = everything(contexts(paths))
    assert everything(contexts(paths)) == parsed
    assert len(reads) == 1


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("change", ["content", "time", "file"])
def test_a_file_that_has_changed_is_parsed_again(path: Path, reads: Reads, change: str) -> None:
    contexts([path])
    if change == "content":
        written(path, config(["a", "new"]))
    elif change == "time":
        os.utime(path, (1, 1))
    else:
        written(path.with_name("other"), config()).replace(path)
    contexts([path])
    contexts([path])
    assert len(reads) == 2


@pytest.mark.usefixtures("shared")
def test_files_in_another_order_are_something_else(tmp_path: Path) -> None:
    one, two = written(tmp_path / "1", config(["one"])), written(tmp_path / "2", config(["two"]))
    assert [contexts(paths).current for paths in ([one, two], [two, one], [one, two])] == ["one", "two", "one"]


def test_a_small_file_leaves_nothing_behind(tmp_path: Path, shared: Path) -> None:
    small = written(tmp_path / "small", config(padding=""))
    assert [contexts([small]).current for _turn in range(2)] == ["a", "a"]
    assert list(shared.iterdir()) == []


def test_without_a_run_the_file_is_parsed_once_until_it_changes(path: Path, reads: Reads) -> None:
    assert [contexts([path]).current for _turn in range(2)] == ["a", "a"]
    assert len(reads) == 1
    written(path, config(NAMES[1:]))
    assert contexts([path]).current == NAMES[1]
    assert len(reads) == 2


def test_no_file_holds_an_entry(path: Path, shared: Path, reads: Reads) -> None:
    assert [contexts([path]).kubeconfig("a").user["token"] for _turn in range(2)] == ["token of a"] * 2
    assert len(reads) == 1
    assert [one for one in shared.iterdir() if one.suffix != ".lock" or one.read_bytes()] == []


@pytest.mark.usefixtures("shared")
def test_workers_that_come_at_once_wait_for_the_one_that_parses(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real: Callable[[Sequence[Path]], ParsedContexts] = vars(context_cache)["read"]

    def slow(paths: Sequence[Path]) -> ParsedContexts:
        begun.set()
        assert go_on.wait(60)
        return real(paths)

    monkeypatch.setattr(context_cache, "read", slow)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(contextvars.copy_context().run, lambda: contexts([path]).current) for _turn in range(4)]
        assert begun.wait(60)
        go_on.set()
        assert {future.result() for future in futures} == {"a"}
    assert len(reads) == 1


@pytest.mark.usefixtures("shared")
def test_an_index_for_which_there_is_no_room_is_no_error_and_none_at_all(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    def full(what: str, _text: str) -> bool:
        kept.append(what)
        return len(kept) < 3

    monkeypatch.setattr(context_cache, "keep", full)
    assert [contexts([path]).kubeconfig("2026").user["token"] for _turn in range(2)] == ["token of 2026"] * 2
    assert len(reads) == 2


@pytest.mark.usefixtures("shared")
def test_a_worker_that_dies_in_the_middle_leaves_no_half_an_index(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[str, str], bool] = vars(context_cache)["keep"]
    kept: list[str] = []

    def die(what: str, text: str) -> bool:
        kept.append(what)
        if len(kept) == 3:
            raise KeyboardInterrupt
        return real(what, text)

    with monkeypatch.context() as patch:
        patch.setattr(context_cache, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            contexts([path])
    assert everything(contexts([path])) == everything(contexts([path]))
    assert len(reads) == 2


@pytest.mark.usefixtures("shared")
def test_a_file_that_changes_while_it_is_parsed_is_parsed_again(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[Sequence[Path]], ParsedContexts] = vars(context_cache)["read"]

    def read_then_change(paths: Sequence[Path]) -> ParsedContexts:
        parsed = real(paths)
        written(path, config(["new"]))
        os.utime(path, ns=(1, 1))
        return parsed

    with monkeypatch.context() as patch:
        patch.setattr(context_cache, "read", read_then_change)
        assert contexts([path]).current == "a"
    assert contexts([path]).current == "new"
    assert len(reads) == 2


@pytest.mark.usefixtures("shared")
def test_an_entry_that_contains_itself_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "config"
    text = yaml.safe_dump(config(["a"])).replace("exec: null", "exec: &loop [*loop]")
    path.write_text(text, encoding="utf-8")
    assert [contexts([path]).kubeconfig("a").user["token"] for _turn in range(2)] == ["token of a"] * 2


@pytest.mark.usefixtures("shared")
def test_a_broken_file_is_told_to_everybody(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "x: [", encoding="utf-8")
    for _worker in range(2):
        with pytest.raises(ConnectionOptionsError, match="is not YAML"):
            contexts([path])


@pytest.mark.usefixtures("shared")
def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConnectionOptionsError, match="cannot be read: No such file"):
        contexts([tmp_path / "gone"])
