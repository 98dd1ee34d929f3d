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
from functools import cached_property
from pathlib import Path
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.run_cache import keep, locked, recall, run_folder
from .contexts import ContextFacts, Contexts, Kubeconfig, ParsedContexts, joined, read

WORTHWHILE = 32 * 1024
"""Fewer bytes are parsed about as quickly as they are looked up."""


class IndexedContexts(Contexts):
    """Contexts that somebody else has parsed."""

    def __init__(self, index: str, listing: str, paths: Sequence[Path]) -> None:
        self.shown = joined(paths)
        self._index = index
        self._listed = listing

    @property
    def current(self) -> str | None:
        current: str | None = self._listing["current"]
        return current

    def facts(self) -> list[ContextFacts]:
        return [ContextFacts(**facts) for facts in self._listing["contexts"]]

    def _found(self, name: str) -> Kubeconfig | None:
        text = recall(_entry_name(self._index, name))
        if text is None:
            return None
        entry: dict[str, Any] = json.loads(text)
        if "problem" in entry:
            raise ConnectionOptionsError(entry["problem"])
        return Kubeconfig(name=name, cluster=entry["cluster"], user=entry["user"], source=entry["source"])

    @cached_property
    def _listing(self) -> dict[str, Any]:
        listing: dict[str, Any] = json.loads(self._listed)
        return listing


def contexts(paths: Sequence[Path]) -> Contexts:
    """The contexts of the files, parsed no more than once in a run. Raises ConnectionOptionsError."""
    before = fingerprint(paths)
    if run_folder() is None or before is None or sum(size for _path, _inode, size, *_times in before) < WORTHWHILE:
        return read(paths)
    index = f"contexts {before!r}"
    listing = recall(index)
    if listing is None:
        with locked(index):
            listing = recall(index)
            if listing is None:
                parsed = read(paths)
                # If a file has changed meanwhile, whoever looks from now on looks for another index.
                _keep(parsed, index)
                return parsed
    return IndexedContexts(index, listing, paths)


def fingerprint(paths: Sequence[Path]) -> list[tuple[str, int, int, int, int]] | None:
    """What changes whenever one of the files does; None when they can't be looked at."""
    try:
        found = [(str(path.absolute()), path.stat()) for path in paths]
    except OSError:
        return None
    return [(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in found]


def _keep(parsed: ParsedContexts, index: str) -> None:
    """Keeps the listing last: who finds it finds all of the contexts."""
    facts = parsed.facts()
    # An entry may contain itself. What was read is good all the same.
    with suppress(TypeError, ValueError, RecursionError):
        entries = ((_entry_name(index, one.name), json.dumps(_entry(parsed, one))) for one in facts)
        if all(keep(name, text) for name, text in entries):
            listing = {"current": parsed.current, "contexts": [asdict(one) for one in facts]}
            keep(index, json.dumps(listing))


def _entry(parsed: ParsedContexts, facts: ContextFacts) -> dict[str, Any]:
    if facts.problem:
        return {"problem": facts.problem}
    found = parsed.kubeconfig(facts.name)
    return {"cluster": found.cluster, "user": found.user, "source": found.source}


def _entry_name(index: str, context: str) -> str:
    return f"context {context!r} of {index}"
