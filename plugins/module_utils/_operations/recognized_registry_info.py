# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_info: what is, at every level, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._registries.wanted import check_wanted
from .._release_state.read import LookOptions, read_state
from .._release_state.refusals import Condition, refusals
from .._runtime.errors import FindingsError, NvcfError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS
from .._runtime.options import group, option
from .._runtime.unforeseen import adding

_BEFORE_CHANGE = frozenset({"unverifiable", "recognized_elsewhere", "stranded"})
_UNWRITTEN = "Nothing was written."


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    look: LookOptions = group(LookOptions)
    fail_when: tuple[Condition, ...] = option(
        type="list",
        elements="str",
        choices=["unmet", "unverifiable", "recognized_elsewhere", "stranded"],
        default=[],
    )

    @property
    def before_change(self) -> bool:
        """Whether the look is one on which a change depends."""
        return bool(_BEFORE_CHANGE & set(self.fail_when))


def run(host: Host, options: Options) -> dict[str, Any]:
    """Looks, and fails with what was found where that is asked for."""
    with adding(lambda error: _told_before(error) if options.before_change else None):
        return _look(host, options)


def _told_before(error: NvcfError) -> None:
    error.more = _UNWRITTEN


def _closing(given: Mapping[str, Any]) -> str:
    conditions = given.get("fail_when")
    return _UNWRITTEN if isinstance(conditions, (list, tuple)) and _BEFORE_CHANGE & set(map(str, conditions)) else ""


def _look(host: Host, options: Options) -> dict[str, Any]:
    if options.before_change:
        # Whoever changes the release tells what is to be warned of.
        check_wanted(options.look.wanted.registries or (), options.look.wanted.state)
    state = read_state(host, options.look)
    for refusal in refusals(state):
        if refusal.condition in options.fail_when:
            failure = FindingsError(refusal.failure, **state.facts())
            failure.cluster = state.cluster
            raise failure
        if refusal.condition == "stranded":
            host.warn(f"cluster {state.cluster}: {refusal.text}")
    return state.facts()


OPERATION = Operation(options=Options, run=run, constraints=TOKENS, closing=_closing)
