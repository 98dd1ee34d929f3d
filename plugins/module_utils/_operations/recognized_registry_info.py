# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module recognized_registry_info: what is, at every level, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._release_state.read import LookOptions, read_state
from .._release_state.refusals import Condition, refusals
from .._runtime.errors import FindingsError
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS
from .._runtime.options import group, option


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
    state = read_state(host, options.look)
    for refusal in refusals(state):
        if refusal.condition in options.fail_when:
            failure = FindingsError(refusal.failure, **state.facts())
            failure.cluster = state.cluster
            raise failure
        if refusal.condition == "stranded":
            host.warn(f"cluster {state.cluster}: {refusal.text}")
    return state.facts()


OPERATION = Operation(options=Options, run=run, constraints=TOKENS)
