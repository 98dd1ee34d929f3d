# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder that all workers of one ansible run share.

Ansible forks a worker for each host of each task, so what one of them keeps in memory is lost to the next. Whoever
knows of a private folder that goes away with the run says so here; a module that runs on its own has none, and does
without.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_folder: ContextVar[Path | None] = ContextVar("fleetops_nvcf_run_folder", default=None)


@contextmanager
def sharing(parent: str) -> Iterator[None]:
    """Lets what runs inside the block share a folder below `parent`."""
    token = _folder.set(Path(parent) / "fleetops-nvcf")
    try:
        yield
    finally:
        _folder.reset(token)


def run_folder() -> Path | None:
    """The run's shared folder, for this user only; None where there is none, or where none can be made."""
    folder = _folder.get()
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock file `path`; the kernel lets go of it when the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def once(what: str, make: Callable[[], str]) -> str:
    """The text that `make` gives, made no more than once in a run for the same `what`. An error is not kept."""
    folder = run_folder()
    if folder is None:
        return make()
    place = folder / f"once-{hashlib.sha256(what.encode()).hexdigest()[:32]}"
    with locked(place.with_suffix(".lock")):
        with contextlib.suppress(OSError):
            return place.read_text(encoding="utf-8")
        made = make()
        # Without room for it, the next worker makes its own.
        with contextlib.suppress(OSError):
            write_private(place, made)
        return made


def write_private(path: Path, content: str) -> None:
    """Writes a file of mode 0600 that is either the former one or whole, whoever looks and whatever happens."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
