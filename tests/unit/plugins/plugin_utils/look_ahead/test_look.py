# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""When several clusters are looked at ahead of their own tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.crew import Crew
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.found import Asked, leave, take
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._look_ahead.look import LookAhead

MODULE, FROM = "recognized_registry_info", "look"


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run whose processes share something."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    with sharing(str(tmp_path)):
        yield


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces of work each crew was given."""
    given: list[int] = []
    monkeypatch.setattr(Crew, "do", lambda _crew, _work, pieces, _tell: given.append(pieces))
    return given


def ahead(*hosts: str, strategy: str = "linear", environment: Any = None) -> LookAhead:
    play = SimpleNamespace(_uuid="1", strategy=strategy)
    task: Any = SimpleNamespace(check_mode=False, environment=environment, get_play=lambda: play)
    display: Any = SimpleNamespace(verbosity=0, warnings=[])
    display.warning = display.warnings.append
    nothing: Any = None
    batch = {"ansible_play_batch": list(hosts), "ansible_forks": 5}
    return LookAhead(task, nothing, batch, display, module=MODULE, options_from=FROM)


@pytest.mark.parametrize(
    "hosts, how, looked_at",
    [
        (["a", "b"], {}, 2),
        (["a"], {}, 0),
        ([], {}, 0),
        (["a", "b"], {"strategy": "free"}, 0),
        (["a", "b"], {"strategy": "ansible.builtin.host_pinned"}, 0),
        (["a", "b"], {"environment": [{"HTTPS_PROXY": "http://proxy"}]}, 0),
    ],
)
def test_it_looks_where_that_saves_something_and_happens_once(
    pieces: list[int], hosts: list[str], how: dict[str, Any], looked_at: int
) -> None:
    assert ahead(*hosts, **how).run() == {"hosts": looked_at}
    assert pieces == ([looked_at] if looked_at else [])


def test_what_an_earlier_task_has_left_is_not_taken_for_what_this_one_has_found(pieces: list[int]) -> None:
    asked = Asked(play="1", module=MODULE, options_from=FROM, check_mode=False, host="a")
    leave(asked, {"revision": 1})
    ahead("a").run()
    assert take(asked) is None
    assert not pieces


def test_where_no_process_can_be_started_each_host_looks_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Crew, "do", fail)
    look: Any = ahead("a", "b")
    assert look.run() == {"hosts": 2}
    [warning] = look._display.warnings
    assert "Resource temporarily unavailable" in warning
