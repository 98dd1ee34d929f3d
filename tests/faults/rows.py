# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the table: one fault each, at a named moment, and how the run has to end."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.moments import Moment, Watch
from ansible_collections.fleetops.nvcf.tests.faults.proxy import Request, Response, Treatment
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.faults.treatments import RESET, Treated

FOREVER = math.inf
AWAY = {"outage_timeout": 5}
"""Options for a cluster that does not come back: to wait the usual time for it proves nothing more."""


class Operation(Enum):
    """What is run, and again to heal."""

    ADD = "add"
    REMOVE = "remove"
    RETURN = "release_rollback"


class End(StrEnum):
    """How a run ends, by its own last sentence."""

    DONE = "done"
    UNTOUCHED = "nothing written"
    RETURNED = "rolled back"
    LEFT = "not rolled back"
    UNKNOWN = "reported as unknown"
    ENDED = "ended by a signal"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something that happens at a moment, and what becomes of the request then."""

    name: str
    act: Callable[[Scene], None]
    applied: bool = False
    """Whether it happens after the API server has done what was asked."""
    then: Treated | None = None
    """None: the request goes on as if nothing were."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens, and when."""

    at: Moment
    what: Treated | Effect
    times: float = 1
    """How many requests of this kind it hits, from the moment on."""
    seconds: float = 0
    """For how long it hits every request, of helm and of the collection, from the moment on."""

    @property
    def name(self) -> str:
        """For the table."""
        more = f", {self.seconds:g} s long" if 0 < self.seconds < FOREVER else ""
        more += ", from then on" if FOREVER in (self.seconds, self.times) else ""
        return self.what.name + more + (f", {self.times:g} times" if 1 < self.times < FOREVER else "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table."""

    name: str
    ends: tuple[End, ...]
    faults: tuple[Fault, ...] = ()
    operation: Operation = Operation.ADD
    moment: str = ""
    """For rows without a fault at a request."""
    fault: str = ""
    behavior: Mapping[str, Any] = field(default_factory=dict)
    """How the NVCF API and its pods behave during the first run."""
    helm_lines: Sequence[str] = ()
    """Shell that runs before the real helm during the first run."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the first run, without the role's prefix."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the first run."""
    heals_with: Mapping[str, Any] = field(default_factory=dict)
    """Options of a further run where a plain one may be refused: a revision is pending, and its helm may be alive."""
    says: str = ""
    """A regular expression that its last sentence has to match."""
    prepare: Callable[[Scene], None] | None = None
    """What happens before the first run."""
    keeps_function: bool = False
    """For a test's function that cannot be deleted: it is named, and goes with a test a quarter of an hour later."""
    keeps_files: bool = False
    """For a play that is killed with all its workers: nobody is left to tidy up."""
    helm3: bool = False
    """Whether it runs with Helm 3 too."""
    smoke: bool = False
    """Whether it is part of every test run."""

    @property
    def forbids(self) -> bool:
        """Whether an answer of its faults refuses what the user may do."""
        return any(re.match("40[13] ", fault.what.name) for fault in self.faults)

    @property
    def told_moment(self) -> str:
        """For the table."""
        return self.moment or self.faults[0].at.name

    @property
    def told_fault(self) -> str:
        """For the table."""
        return self.fault or "; then ".join(fault.name for fault in self.faults)


class Armed:
    """The faults of a row, waiting for their moments."""

    def __init__(self, scene: Scene, faults: Sequence[Fault]) -> None:
        self._scene = scene
        self._waiting = [(fault, Watch(fault.at)) for fault in faults]
        self._hits: dict[int, int] = {}
        self._until: dict[int, float] = {}
        self._lock = threading.Lock()
        self._disarmed = False

    @property
    def all_came(self) -> bool:
        """Whether each moment has come: a fault that did not happen proves nothing."""
        return all(watch.passed for _fault, watch in self._waiting)

    def disarm(self) -> None:
        """All is well from now on."""
        self._disarmed = True

    def away(self) -> bool:
        """Whether the API server cannot be reached."""
        if self._disarmed:
            return False
        outages = [i for i, (fault, _watch) in enumerate(self._waiting) if fault.seconds and fault.what is RESET]
        return any(time.monotonic() < self._until.get(index, 0) for index in outages)

    def plan(self, request: Request) -> Treatment | None:
        """The treatment of a request."""
        with self._lock:
            hit = [
                fault for index, (fault, watch) in enumerate(self._waiting) if self._hit(index, fault, watch, request)
            ]
        if self._disarmed or not hit:
            return None
        return lambda request, ask: self._treat(hit[-1], request, ask)

    def _hit(self, index: int, fault: Fault, watch: Watch, request: Request) -> bool:
        if watch.sees(request):
            self._hits[index] = 1
            self._until[index] = time.monotonic() + fault.seconds
            return True
        if not watch.passed:
            return False
        if fault.seconds:
            return time.monotonic() < self._until[index]
        if self._hits[index] < fault.times and fault.at.matches(request):
            self._hits[index] += 1
            return True
        return False

    def _treat(self, fault: Fault, request: Request, ask: Callable[[], Response]) -> bytes | None:
        what = fault.what
        if isinstance(what, Treated):
            return what.treat(request, ask)
        if what.applied:
            response = ask()
            what.act(self._scene)
            return what.then.treat(request, ask) if what.then else response.again()
        what.act(self._scene)
        return what.then.treat(request, ask) if what.then else None


def at_each(
    moments: Mapping[str, Moment],
    whats: Mapping[str, Treated | Effect],
    ends: tuple[End, ...],
    *,
    times: float = 1,
    **more: Any,
) -> list[Row]:
    """A row for each of these faults at each of these moments; the keys make the rows' names."""
    return [
        Row(name=f"{place}-{kind}", ends=ends, faults=(Fault(at=moment, what=what, times=times),), **more)
        for place, moment in moments.items()
        for kind, what in whats.items()
    ]
