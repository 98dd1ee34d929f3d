# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all workers of one ansible run share: a folder, and texts in memory.

Ansible forks a worker for each host of each task, so what one of them keeps in memory is lost to the next. Anyone who
knows of a private folder that goes away with the run says so here; a module that runs on its own has none, and does
without. The folder holds locks and charts only: Ansible removes it at the end of a run, but not when it is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from .errors import NvcfError
from .shared_memory import SharedTexts

_NAME = "fleetops-nvcf"
_OWNED = "owned"
"""A file that is locked as long as a process of its run lives. It holds the machine's name."""
_PATIENCE = 10
"""For so many times as long as it took to fail, nothing is tried again: a fleet pays for few attempts, not for all."""

_folder: ContextVar[Path | None] = ContextVar("fleetops_nvcf_run_folder", default=None)


@cache
def _texts() -> SharedTexts:
    return SharedTexts()


@contextmanager
def sharing(parent: str) -> Iterator[None]:
    """Lets what runs inside the block share a folder below `parent`, and texts."""
    token = _folder.set(Path(parent) / _NAME)
    try:
        yield
    finally:
        _folder.reset(token)


@cache
def begin(parent: str) -> None:
    """Prepares what workers will share; for the process that forks them, which is the only one to do anything here.

    Removes what runs have left that were killed: their folders beside this one, of this user and machine.
    """
    if multiprocessing.parent_process() is not None:
        return
    _texts()
    folder = Path(parent) / _NAME
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        owned = os.open(folder / _OWNED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Never closed: workers inherit the lock, and the kernel lets go of it with the last of them.
        fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(owned, os.uname().nodename.encode(), 0)
        for other in Path(parent).parent.glob(f"ansible-local-*/{_NAME}"):
            _remove_if_dead(other)


def _remove_if_dead(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        owned = os.open(folder / _OWNED, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            # A lock says nothing about processes of other machines that share the folder.
            if os.read(owned, 256) == os.uname().nodename.encode():
                fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(owned)


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
def locked(what: str) -> Iterator[None]:
    """Lets one worker of a run at a time do `what`; the kernel lets go when it dies. There must be a folder."""
    folder = run_folder()
    if folder is None:
        raise OSError("there is no folder for a lock")
    place = folder / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.lock"
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def recall(what: str) -> str | None:
    """The text that a worker of this run has kept, in memory."""
    return _texts().get(f"{_folder.get()} {what}")


def keep(what: str, text: str) -> bool:
    """Keeps a text for all workers of this run. False where there is no room: the next worker makes its own then."""
    try:
        with locked("memory"):
            _texts().put(f"{_folder.get()} {what}", text)
    except OSError:
        return False
    return True


def once(what: str, make: Callable[[], str], *, shared_failure: type[NvcfError] | None = None) -> str:
    """The text that `make` gives, made no more than once in a run for the same `what`.

    An error is not kept, except one of the type `shared_failure`: it is that of all who ask for a while.
    """
    if run_folder() is None:
        return make()
    with locked(what):
        if (kept := recall(what)) is not None:
            return kept
        failed = f"failure of {what}"
        if shared_failure and (reported := recall(failed)):
            _raise_again(reported, shared_failure)
        began = time.monotonic()
        try:
            made = make()
        except NvcfError as error:
            if shared_failure and isinstance(error, shared_failure):
                keep(failed, _told(error, began))
            raise
        keep(what, made)
        return made


def _told(error: NvcfError, began: float) -> str:
    now = time.monotonic()
    until = now + _PATIENCE * (now - began)
    return json.dumps({"message": str(error), "facts": error.facts, "at": now, "until": until})


def _raise_again(reported: str, kind: type[NvcfError]) -> None:
    failure = json.loads(reported)
    now = time.monotonic()
    if now < failure["until"]:
        raise kind(
            f"{failure['message'].rstrip('.')}. This failed {now - failure['at']:.0f} s ago for another cluster of "
            "this run and was not tried again for this cluster.",
            **failure["facts"],
        )
