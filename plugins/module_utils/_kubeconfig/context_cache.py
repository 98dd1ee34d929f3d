# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A large kubeconfig, read once in a run.

A merged file of a thousand contexts takes seconds of CPU to parse, which would be paid for each host of each task.
Where the workers of a run share a folder, the first that needs the file leaves each context there in a small file of
its own. A kubeconfig that changes gets a new index.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from .._runtime.errors import ConnectionOptionsError
from .._runtime.run_cache import locked, run_folder
from .contexts import ContextFacts, Contexts, Kubeconfig, ParsedContexts, joined, read

WORTHWHILE = 32 * 1024
"""Fewer bytes are parsed about as quickly as they are looked up."""
_LISTING = "listing.json"


class IndexedContexts(Contexts):
    """Contexts that somebody else has parsed."""

    def __init__(self, place: Path, paths: Sequence[Path]) -> None:
        self.shown = joined(paths)
        self._place = place

    @property
    def current(self) -> str | None:
        current: str | None = self._listing["current"]
        return current

    def facts(self) -> list[ContextFacts]:
        return [ContextFacts(**facts) for facts in self._listing["contexts"]]

    def _found(self, name: str) -> Kubeconfig | None:
        try:
            text = (self._place / _file_name(name)).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        entry: dict[str, Any] = json.loads(text)
        if "problem" in entry:
            raise ConnectionOptionsError(entry["problem"])
        return Kubeconfig(name=name, cluster=entry["cluster"], user=entry["user"])

    @cached_property
    def _listing(self) -> dict[str, Any]:
        listing: dict[str, Any] = json.loads((self._place / _LISTING).read_text(encoding="utf-8"))
        return listing


def contexts(paths: Sequence[Path]) -> Contexts:
    """The contexts of the files, parsed no more than once in a run. Raises ConnectionOptionsError."""
    folder, before = run_folder(), fingerprint(paths)
    if folder is None or before is None or sum(size for _path, _inode, size, *_times in before) < WORTHWHILE:
        return read(paths)
    place = folder / f"contexts-{hashlib.sha256(repr(before).encode()).hexdigest()[:32]}"
    if not place.is_dir():
        with locked(place.with_suffix(".lock")):
            if not place.is_dir():
                parsed = read(paths)
                # If a file has changed meanwhile, whoever looks from now on looks for another index.
                _keep(parsed, place)
                return parsed
    return IndexedContexts(place, paths)


def fingerprint(paths: Sequence[Path]) -> list[tuple[str, int, int, int, int]] | None:
    """What changes whenever one of the files does; None when they can't be looked at."""
    try:
        found = [(str(path.absolute()), path.stat()) for path in paths]
    except OSError:
        return None
    return [(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in found]


def _keep(parsed: ParsedContexts, place: Path) -> None:
    """Writes the index beside its place first, so that there is a whole one or none."""
    try:
        draft = Path(tempfile.mkdtemp(prefix="contexts-draft-", dir=place.parent))
    except OSError:
        return
    try:
        facts = parsed.facts()
        for one in facts:
            _write(draft / _file_name(one.name), _entry(parsed, one))
        _write(draft / _LISTING, {"current": parsed.current, "contexts": [asdict(one) for one in facts]})
        draft.rename(place)
    except (OSError, TypeError, ValueError, RecursionError):
        # No room, or an entry that contains itself. What was read is good all the same.
        shutil.rmtree(draft, ignore_errors=True)


def _entry(parsed: ParsedContexts, facts: ContextFacts) -> dict[str, Any]:
    if facts.problem:
        return {"problem": facts.problem}
    found = parsed.kubeconfig(facts.name)
    return {"cluster": found.cluster, "user": found.user}


def _write(path: Path, content: dict[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream)


def _file_name(context: str) -> str:
    """Names of contexts hold slashes and colons."""
    return f"{hashlib.sha256(context.encode()).hexdigest()[:40]}.json"
