# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Whatever ends an operation is told as an error, and tells nothing that it was about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.records import decode
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError, UnforeseenError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import Interrupted
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.unforeseen import adding

CANARY = "pa55word-canary"


class TaskTimeoutError(BaseException):
    """As ansible-core's own."""


def failing(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def told(act: Callable[[], Any]) -> UnforeseenError:
    """What becomes of the error in which it ends."""

    def name_it(passing: NvcfError) -> None:
        passing.cluster = "east-1"

    with pytest.raises(UnforeseenError) as caught, adding(name_it):
        act()
    return caught.value


@pytest.mark.parametrize(
    "error", [KeyError(CANARY), ValueError(CANARY), AttributeError(CANARY), RecursionError(CANARY)]
)
def test_a_fault_of_the_collection_is_told_by_type_and_place_without_what_it_was_about(error: Exception) -> None:
    unforeseen = told(failing(error))
    assert type(error).__name__ in str(unforeseen)
    assert "Please report" in str(unforeseen)
    assert CANARY not in json.dumps(unforeseen.result())
    assert unforeseen.result()["msg"].startswith("cluster east-1: ")


def test_the_place_is_the_innermost_line_of_the_collection() -> None:
    assert "in _helm/records.py, line " in str(told(lambda: decode("secret", {"data": {"release": "no base64"}})))


def test_the_end_of_a_tasks_time_and_of_memory_are_told_as_what_they_are() -> None:
    assert "was stopped by its `timeout`" in str(told(failing(TaskTimeoutError())))
    assert "out of memory" in str(told(failing(MemoryError())))


@pytest.mark.parametrize("signaled", [Interrupted(15), KeyboardInterrupt(), SystemExit(), GeneratorExit()])
def test_who_is_told_to_end_does_so(signaled: BaseException) -> None:
    with pytest.raises(type(signaled)) as caught, adding(lambda _error: None):
        raise signaled
    assert caught.value is signaled


def test_what_was_foreseen_passes_as_it_is() -> None:
    error = NvcfError("known", code=7)
    with pytest.raises(NvcfError) as caught, adding(lambda passing: passing.facts.update(more=1)):
        raise error
    assert caught.value is error
    assert error.facts == {"code": 7, "more": 1}
