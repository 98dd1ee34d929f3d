# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a file that an option names, which may be something else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST = 1 << 20
"""Bytes of a token, a certificate or a key."""
MOST_OF_YAML = 64 << 20
"""Bytes of a kubeconfig or of a values file."""


def content(path: str | Path, most: int = MOST) -> bytes:
    """The content of a regular file that is not too large.

    Raises OSError, whose strerror is words for users: a pipe would be waited for, and a device has no end.
    """
    # Without O_NONBLOCK the opening of a pipe waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            found = stream.read(most + 1)
    finally:
        os.close(descriptor)
    if len(found) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MiB")
    return found
