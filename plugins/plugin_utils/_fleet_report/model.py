# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of a fleet report: collected by `run_tracker`, shown by the renderers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from ...module_utils._runtime.services import FUNCTIONS

Tone = Literal["bad", "warn", "busy", "good", "calm"]
Ending = Literal["finished", "stopped", "interrupted", "running"]
"""finished: all waves ran. stopped: the run ended after a wave with failures. interrupted: a signal ended the run.
running: the run has not ended yet, or was killed."""

PHASES = ("preflight", "pull check", "apply", "rollout", "verify", "smoke test", "rollback", "audit")
"""In the order of the role."""
LEVELS = ("stored", "rendered", "running", "recognized", "accepted")


class State(Enum):
    """The outcome for a cluster, the most urgent first."""

    NOT_RESTORED = ("failed_not_restored", "failed, not rolled back", "bad")
    UNVERIFIED = ("changed_not_verified", "changed, not verified", "bad")
    FAILED = ("failed", "failed, nothing written", "bad")
    RESTORED = ("failed_restored", "failed, rolled back", "bad")
    UNREACHABLE = ("unreachable", "unreachable", "bad")
    UNREADABLE = ("unreadable", "unreadable", "bad")
    INTERRUPTED = ("interrupted", "interrupted", "bad")
    DRIFTED = ("drifted", "drifted", "warn")
    WARNING = ("warning", "warning", "warn")
    HALTED = ("halted", "stopped, nothing written", "warn")
    NOT_REACHED = ("not_reached", "not started", "warn")
    RUNNING = ("running", "running", "busy")
    WOULD_CHANGE = ("would_change", "would change", "busy")
    CHANGED = ("changed", "changed", "good")
    UNCHANGED = ("unchanged", "unchanged", "good")
    NOTHING_WANTED = ("nothing_wanted", "no registries given", "calm")
    SKIPPED = ("skipped", "skipped", "calm")

    def __init__(self, key: str, label: str, tone: Tone) -> None:
        self.key: str = key
        self.label: str = label
        self.tone: Tone = tone

    @property
    def rank(self) -> int:
        """The place in the order above."""
        return list(State).index(self)

    @property
    def done(self) -> bool:
        """Whether the cluster needs no other run."""
        return self.in_desired_state or self in (State.WARNING, State.WOULD_CHANGE, State.NOTHING_WANTED, State.SKIPPED)

    @property
    def in_desired_state(self) -> bool:
        """Whether the cluster is in the desired state, as far as it was checked."""
        return self in (State.CHANGED, State.UNCHANGED)

    @property
    def urgent(self) -> bool:
        """Whether its cause and next step are shown without unfolding the row."""
        return self.tone == "bad" or self in (State.DRIFTED, State.WARNING, State.HALTED)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """One recognized registry at the levels; None for a level that is not known."""

    key: str
    name: str = ""
    hostname: str = ""
    service: str = FUNCTIONS.name
    levels: tuple[bool | None, ...] = (None,) * len(LEVELS)

    @property
    def label(self) -> str:
        """Its name in a table."""
        name = self.key or self.hostname
        return name if self.service == FUNCTIONS.name else f"{name} ({self.service})"

    @property
    def verdict(self) -> str:
        """`ok` if every known level has it, otherwise how many of the known levels have it."""
        known = [level for level in self.levels if level is not None]
        return "ok" if known and all(known) else f"{sum(known)}/{len(known)}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of an audit, with what to do about it."""

    severity: str
    text: str
    next_step: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the actions of the collection returned about a cluster, or about one service of it."""

    cluster: str = ""
    service: str = FUNCTIONS.name
    parts: tuple[Facts, ...] = ()
    """Those of each service, where these are of several."""
    release: str = ""
    """namespace/name."""
    before: int | None = None
    after: int | None = None
    status: str = ""
    chart: str = ""
    app_version: str = ""
    registries: tuple[Registry, ...] = ()
    registries_before: tuple[Registry, ...] | None = None
    change: str = ""
    removed: tuple[str, ...] = ()
    written: bool = False
    """Whether something was written, or may have been."""
    planned: bool = False
    """Whether check mode would have written."""
    restored: bool | None = None
    """Whether the rollback to the last good revision worked; None if there was none."""
    restoration: str = ""
    settled: bool = False
    """Whether the preflight found nothing to change."""
    pending: str = ""
    stranded: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    next_sync_drops: tuple[str, ...] = ()
    pods: str = ""
    tried: tuple[str, ...] = ()
    """Results of smoke tests and pull checks."""
    verdict: str = ""
    nothing_wanted: bool = False
    """Whether an audit was given no registries to compare with."""
    findings: tuple[Finding, ...] = ()
    fragment: str | None = None
    """The registries as Helm values, or as a patch of what Flux or Argo CD deploys; None if no action returned them."""
    delegated: bool = False
    """Whether the fragment is what a change was refused for, or is for a release that could not be read."""
    to_remove: tuple[str, ...] = ()
    """Variables that must not be in what the patch is for."""

    @property
    def revision(self) -> str:
        """`3`, or `3 -> 4`; of several services each with its name."""
        if self.parts:
            return ", ".join(f"{part.service} {part.revision}" for part in self.parts if part.revision)
        numbers = [str(number) for number in dict.fromkeys((self.before, self.after)) if number is not None]
        return " -> ".join(numbers)

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """Further details, each with its heading."""
        several = (
            ("stranded", self.stranded),
            ("drift", self.drift),
            ("levels differ", self.disagreements),
            ("problem", self.problems),
            ("removed by the next deployment", self.next_sync_drops),
            ("test", self.tried),
        )
        single = (("change", self.change), ("pending", self.pending), ("pods", self.pods))
        return (
            *((heading, text) for heading, text in (*single, ("rollback", self.restoration)) if text),
            *((heading, text) for heading, texts in several for text in texts),
        )


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cluster in the report."""

    host: str
    state: State
    groups: tuple[str, ...] = ()
    wave: int | None = None
    facts: Facts = Facts()
    cause: str = ""
    next_step: str = ""
    failed_task: str = ""
    phases: tuple[tuple[str, float], ...] = ()
    """Seconds by phase, in the order in which the phases began."""

    @property
    def seconds(self) -> float:
        """Total time spent on this cluster."""
        return sum(seconds for _phase, seconds in self.phases)

    @property
    def time(self) -> str:
        """The same as text; empty if nothing was done."""
        return duration_text(self.seconds) if self.phases else ""

    @property
    def registries(self) -> str:
        """Every registry with the number of levels that have it."""
        return ", ".join(f"{registry.label} {registry.verdict}" for registry in self.facts.registries)


@dataclass(frozen=True, kw_only=True)
class Wave:
    """One batch of a play."""

    play: str
    number: int
    of: int
    size: int
    seconds: float | None = None
    """None while it runs, and if it did not start."""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """Helm values for the deployer's values file or a patch with them, and the clusters that they are for."""

    values: str
    hosts: tuple[str, ...]
    removed: tuple[str, ...] = ()
    """Variables to remove from the deployer's values file."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that is reported about a run. Rows are ordered by state, then by name."""

    title: str
    playbook: str
    ending: Ending
    check_mode: bool
    started: datetime
    seconds: float
    rows: tuple[Row, ...]
    waves: tuple[Wave, ...] = ()
    fragments: tuple[Fragment, ...] = ()

    @property
    def totals(self) -> Sequence[tuple[State, int]]:
        """How many clusters are in each state that occurs."""
        counts = Counter(row.state for row in self.rows)
        return [(state, counts[state]) for state in State if counts[state]]

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The clusters that need another run."""
        return tuple(row.host for row in self.rows if not row.state.done)

    @property
    def headline(self) -> str:
        """The outcome in one sentence."""
        total = len(self.rows)
        done = sum(row.state.in_desired_state for row in self.rows)
        if done == total:
            first = f"{'The cluster is' if total == 1 else f'All {total:,} clusters are'} in the desired state"
        elif self.check_mode and not self.unfinished and any(row.state is State.WOULD_CHANGE for row in self.rows):
            first = "No blocking problems found"
        else:
            first = f"{done:,} of {total:,} {'cluster is' if total == 1 else 'clusters are'} in the desired state"
        others = [f"{count:,} {state.label}" for state, count in self.totals if not state.in_desired_state]
        return "; ".join([first, *others]) + "."


def duration_text(seconds: float) -> str:
    """A duration, such as `3 min 20 s`."""
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
