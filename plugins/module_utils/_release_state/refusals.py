# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at one cluster may be refused for, before a change or after it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Condition = Literal["unverifiable", "stranded", "unmet"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One condition that is there, and what a person is told about it."""

    condition: Condition
    text: str

    @property
    def failure(self) -> str:
        """The text where the condition ends the look."""
        return self.text if self.condition == "unmet" else f"{self.text} Nothing was written."


def refusals(info: Mapping[str, Any]) -> Iterator[Refusal]:
    """What there is in what recognized_registry_info has found."""
    problem, rollout = info["api_problem"], info["rollout"]
    # An API that is down may be what a change is to heal; one that is up must be reachable.
    if problem and rollout and rollout["state"] == "done":
        yield Refusal(
            condition="unverifiable",
            text=f"{problem} So a change could not be verified. "
            "Set ask_api to false (registry_allowlist_verify_api in the role) to go without the API's own list.",
        )
    if info["stranded_problem"]:
        yield Refusal(
            condition="stranded",
            text=f"which functions a removal would strand is not known: {info['stranded_problem']}",
        )
    elif info["stranded"]:
        listed = ", ".join(f"{one['name']} {one['id']} {one['image']}" for one in info["stranded"])
        yield Refusal(
            condition="stranded",
            text=f"once the registry is gone, these functions can't be deployed any more: {listed}. "
            "Delete them first, or go on without them (registry_allowlist_on_stranded: warn in the role).",
        )
    if info["unmet"] or problem:
        yield Refusal(condition="unmet", text="; ".join([*info["unmet"], *([problem] if problem else [])]))
