# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at one cluster may be refused for, before a change or after it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .state import ReleaseState

Condition = Literal["unverifiable", "recognized_elsewhere", "stranded", "unmet"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One condition that is there, and the message about it."""

    condition: Condition
    text: str
    way_out: str = ""
    """What to do where it is in the way."""

    @property
    def failure(self) -> str:
        """The text where the condition ends the look."""
        return f"{self.text} {self.way_out}".rstrip()


def refusals(state: ReleaseState) -> Iterator[Refusal]:
    """The conditions that one look has found."""
    service = state.history.service
    api, rolled_out = state.api, state.deployed is not None and state.deployed.rollout.kind == "done"
    # An API that is down may be what a change is to heal; one that is up must be reachable.
    if api.problem and rolled_out:
        yield Refusal(
            condition="unverifiable",
            text=f"{api.problem} Therefore a change could not be verified.",
            way_out="Set ask_api to false (registry_allowlist_verify_api in the role) to skip the API level.",
        )
    if state.deployed and state.deployed.conflicts:
        yield Refusal(condition="recognized_elsewhere", text=" ".join(state.deployed.conflicts))
    if api.stranded_problem:
        yield Refusal(
            condition="stranded",
            text=f"which {service.name} would be stranded by a removal is unknown: {api.stranded_problem}",
        )
    elif api.stranded:
        listed = ", ".join(f"{workload.name} {workload.id} {workload.image}" for workload in api.stranded)
        yield Refusal(
            condition="stranded",
            text=f"after the removal of the registry, these {service.name} cannot {service.lost}: {listed}.",
            way_out="Delete them first, or accept it (registry_allowlist_on_stranded: warn in the role).",
        )
    if state.unmet or api.problem:
        reported = [text.removesuffix(".") for text in (*state.unmet, api.problem or "") if text]
        yield Refusal(condition="unmet", text=f"{'; '.join(reported)}.")
