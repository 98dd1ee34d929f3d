# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that processes share in memory.

What they hold is secret, and no file that has a name is sure to be removed: a process may be killed at any time. This
file has no name. Anyone who is forked after it was opened has it as well, and the kernel frees it when the last of them
ends, whatever ends them.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import tempfile

_SLOT = struct.Struct("=Q")
"""Where the newest record of a slot is; 0 for none."""
_SLOTS = 1 << 16
_RECORD = struct.Struct("=32sQQ")
"""Hash of the name, place of the record before it in the same slot, bytes of the text that follows."""


class SharedTexts:
    """Texts by name. Finding one costs the same however many there are.

    Anyone may look at any time; of those who write, the caller lets in one at a time.
    """

    def __init__(self) -> None:
        self._descriptor = _nameless()

    def get(self, name: str) -> str | None:
        """The text that was last put there."""
        digest, slot = _hashed(name)
        place = self._place(slot)
        while place:
            found, before, length = _RECORD.unpack(os.pread(self._descriptor, _RECORD.size, place))
            if found == digest:
                return os.pread(self._descriptor, length, place + _RECORD.size).decode()
            place = before
        return None

    def put(self, name: str, text: str) -> None:
        """Keeps the text. Raises OSError where there is no room, and keeps what was there."""
        digest, slot = _hashed(name)
        content = text.encode()
        place = max(os.fstat(self._descriptor).st_size, _SLOTS * _SLOT.size)
        record = _RECORD.pack(digest, self._place(slot), len(content)) + content
        if os.pwrite(self._descriptor, record, place) < len(record):
            raise OSError("no room for the whole text")
        # Only now can it be found: a writer that dies before leaves nothing to be read.
        os.pwrite(self._descriptor, _SLOT.pack(place), slot)

    def _place(self, slot: int) -> int:
        kept = os.pread(self._descriptor, _SLOT.size, slot)
        return int(_SLOT.unpack(kept)[0]) if len(kept) == _SLOT.size else 0


def _nameless() -> int:
    """The descriptor of such a file. Programs that are started do not get it."""
    if sys.platform == "linux":
        return os.memfd_create("fleetops-nvcf")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _hashed(name: str) -> tuple[bytes, int]:
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).digest()
    return digest, int.from_bytes(digest[:2], "big") % _SLOTS * _SLOT.size
