# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a file is opened, whoever opens it."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_OPEN, _CLOSE = 0x20, 0x10  # IN_OPEN, IN_CLOSE_NOWRITE
_EVENT = struct.Struct("iIII")


@dataclass
class Openings:
    """Of one file, known when the block has ended."""

    number: int = 0


@contextmanager
def openings(path: Path) -> Iterator[Openings]:
    """Counts how often the file is opened inside the block.

    The kernel counts (inotify). It takes two openings for one if nothing happens to the file between them, so the
    number may be too small, but is never one or none when processes open it one after the other.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert descriptor >= 0, os.strerror(ctypes.get_errno())
    counted = Openings()
    try:
        assert libc.inotify_add_watch(descriptor, os.fsencode(path), _OPEN | _CLOSE) >= 0
        yield counted
        counted.number = sum(1 for mask in _masks(descriptor) if mask & _OPEN)
    finally:
        os.close(descriptor)


def _masks(descriptor: int) -> Iterator[int]:
    while True:
        try:
            events = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        while events:
            _watch, mask, _cookie, length = _EVENT.unpack_from(events)
            yield mask
            events = events[_EVENT.size + length :]
