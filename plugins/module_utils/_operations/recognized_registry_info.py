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
from .._release_state.state import Missing
from .._runtime.errors import FindingsError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS
from .._runtime.options import group, option

_BEFORE_CHANGE = frozenset({"unverifiable", "recognized_elsewhere", "stranded"})


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


def run(host: Host, options: Options) -> dict[str, Any]:
    """Looks, and fails with what was found where that is asked for."""
    if _precedes_change(options.fail_when):
        # The step that changes the release warns of it.
        check_wanted(options.look.wanted.registries or (), options.look.wanted.state)
    state = read_state(host, options.look)
    if isinstance(state, Missing):
        return state.facts()
    facts = state.facts(details=options.look.details)
    for refusal in refusals(state):
        if refusal.condition in options.fail_when:
            failure = FindingsError(refusal.failure, **facts)
            failure.cluster = state.cluster
            raise failure
        if refusal.condition == "stranded":
            host.warn(f"cluster {state.cluster}: {refusal.text}")
    return facts


def _precedes_change(conditions: Any) -> bool:
    """Whether the look is one on which a change depends; what is not a list of conditions is refused anyway."""
    return isinstance(conditions, (list, tuple)) and bool(_BEFORE_CHANGE & set(map(str, conditions)))


def _closing(given: Mapping[str, Any]) -> str:
    return "Nothing was written." if _precedes_change(given.get("fail_when")) else ""


OPERATION = Operation(options=Options, run=run, constraints=TOKENS, closing=_closing)
