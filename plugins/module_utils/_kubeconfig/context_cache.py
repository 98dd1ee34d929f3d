# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large kubeconfig, read once in a run.

A merged file of a thousand contexts takes seconds of CPU to parse, which would be paid for each host of each task.
The first worker of a run that needs the file keeps each context apart in the memory that they share. A kubeconfig that
changes gets a new index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.run_cache import keep, locked, recall, run_folder
from .contexts import ContextFacts, Contexts, Kubeconfig, ParsedContexts, joined, read

Fingerprint = tuple[tuple[str, int, int, int, int], ...]
WORTHWHILE = 32 * 1024
"""Fewer bytes are parsed about as quickly as they are looked up."""


class IndexedContexts(Contexts):
    """Contexts that another process has parsed."""

    def __init__(self, index: str, current: str, paths: Sequence[Path]) -> None:
        self.shown = joined(paths)
        self._index = index
        self._current: str | None = json.loads(current)

    @property
    def current(self) -> str | None:
        return self._current

    def facts(self) -> list[ContextFacts]:
        return [ContextFacts(**facts) for facts in json.loads(recall(_listing_name(self._index)) or "[]")]

    def _found(self, name: str) -> Kubeconfig | None:
        text = recall(_entry_name(self._index, name))
        if text is None:
            return None
        entry: dict[str, Any] = json.loads(text)
        if "problem" in entry:
            raise ConnectionOptionsError(entry["problem"])
        return Kubeconfig(name=name, cluster=entry["cluster"], user=entry["user"], source=entry["source"])


def contexts(paths: Sequence[Path]) -> Contexts:
    """The contexts of the files, parsed no more than once in a run. Raises ConnectionOptionsError."""
    before = fingerprint(paths)
    if before is None:
        return read(paths)
    if run_folder() is None or sum(size for _path, _inode, size, *_times in before) < WORTHWHILE:
        return _read(tuple(paths), before)
    index = f"contexts {before!r}"
    current = recall(index)
    if current is None:
        with locked(index):
            current = recall(index)
            if current is None:
                parsed = read(paths)
                # If a file has changed at the same time, anyone who looks from now on looks for another index.
                _keep(parsed, index)
                return parsed
    return IndexedContexts(index, current, paths)


@lru_cache(maxsize=4)
def _read(paths: tuple[Path, ...], fingerprint: Fingerprint) -> ParsedContexts:
    """The contexts of small files, or of those of a process that has no one to share with, as long as they are so."""
    del fingerprint
    return read(paths)


def fingerprint(paths: Sequence[Path]) -> Fingerprint | None:
    """What changes whenever one of the files does; None when they cannot be looked at."""
    try:
        found = [(str(path.absolute()), path.stat()) for path in paths]
    except OSError:
        return None
    return tuple((path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in found)


def _keep(parsed: ParsedContexts, index: str) -> None:
    """Keeps what `index` names last: who finds it finds all of the contexts."""
    facts = parsed.facts()
    # An entry may contain itself. What was read is good anyway.
    with suppress(TypeError, ValueError, RecursionError):
        entries = ((_entry_name(index, one.name), json.dumps(_entry(parsed, one))) for one in facts)
        # A list of a thousand is read only by those who name it in an error.
        listing = json.dumps([asdict(one) for one in facts])
        if all(keep(name, text) for name, text in entries) and keep(_listing_name(index), listing):
            keep(index, json.dumps(parsed.current))


def _entry(parsed: ParsedContexts, facts: ContextFacts) -> dict[str, Any]:
    if facts.problem:
        return {"problem": facts.problem}
    found = parsed.kubeconfig(facts.name)
    return {"cluster": found.cluster, "user": found.user, "source": found.source}


def _listing_name(index: str) -> str:
    return f"list of {index}"


def _entry_name(index: str, context: str) -> str:
    return f"context {context!r} of {index}"
