# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How one cluster of the sandbox behaves, as a file that tests rewrite while everything runs.

The virtual node and the stand-in API read the file whenever they are about to act on it, so a change holds for
whatever happens next and no process has to be told.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """Everything that can be set for one cluster. Durations are seconds."""

    # The node
    ready_seconds: float = 0.6
    """From the moment an API process answers until its pod is Ready: the probes' period and success threshold."""
    stop_seconds: float = 0.3
    """From TERM until an API process exits; it goes on answering meanwhile."""
    job_seconds: float = 0.2
    """How long a pod that has nothing to wait for takes to finish."""
    job_exit_code: int = 0
    """Exit code of the account bootstrap hook."""
    backoff_scale: float = 0.1
    """Factor on the kubelet's restart and image pull back-off (10 s, doubling to 300 s)."""
    pull_failures: tuple[str, ...] = ()
    """Registry hosts whose images cannot be pulled. Hosts below `.invalid` never can."""

    # The stand-in API
    start_seconds: float = 0.5
    """From process start until it listens."""
    failing_start_seconds: float = 1.0
    """From process start until a process whose configuration does not bind exits."""
    crashing_starts: int = 0
    """How many runs of a pod's API end like a start whose database is away, before one comes up."""
    open_seconds: float = 0.2
    """The last part of that time, in which the port is open already and everything is answered with 500."""
    messages: str = "current"
    """Wording of refusals: `current` or `documented`."""
    problem_form: str = "problem"
    """Shape of error bodies: `problem`, `kaizen` or `request_status`."""
    quota: int = 5
    """How many functions the account may have."""
    delete_answers: str = "204"
    """What DELETE of a function answers: `204`, `500` (nothing deleted) or `500_but_gone`."""
    account_bootstrapped: str = "auto"
    """`auto`: once the bootstrap hook has run; `yes` or `no`: regardless of it."""
    cold_tokens: int = 0
    """How many requests for a token each process of the token service answers with 503 before it hands out one."""
    fail_requests: Mapping[str, int] = field(default_factory=dict)
    """Status code to answer with, by `METHOD /path`, instead of handling the request."""

    hold_requests: Mapping[str, float] = field(default_factory=dict)
    """How long requests wait before they are handled, by `METHOD /path`. That they came is in the log at once."""

    # ICMS, which keeps the GPU clusters and is asked by both APIs
    gpus: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"L40S": ["NCP.GPU.L40S_1x"]})
    """Names of instance types by name of the GPU. Without any, there is no cluster group."""
    icms_lookup: int = 200
    """Status code of its answer to the question for cluster groups."""
    icms_instances: int = 200
    """Status code of its answer when a task is to be started or ended."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from parsed JSON; a key that is no field is a ValueError, because a typo would silently do nothing."""
        known = {item.name for item in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown behavior {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        fields: dict[str, Any] = {key: tuple(it) if isinstance(it, list) else it for key, it in values.items()}
        return cls(**fields)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; the defaults when it does not exist."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        return cls.from_mapping(json.loads(text))

    def save(self, path: Path) -> None:
        """Replace the file in one step, so that a reader sees the old or the new behavior and nothing between."""
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as scratch:
            json.dump(dataclasses.asdict(self), scratch, indent=1)
        Path(scratch.name).replace(path)

    def changed(self, **changes: Any) -> Self:
        """Return a copy with some fields replaced; unknown names are refused."""
        return self.from_mapping({**dataclasses.asdict(self), **changes})
