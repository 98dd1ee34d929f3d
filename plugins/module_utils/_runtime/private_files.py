# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private folder for what must be a file: certificates, a kubeconfig for helm, a registry login."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType


class Workspace:
    """A folder that only this user can read and that is gone afterwards, whatever happened since then."""

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        # mkdtemp makes it 0700. Most who have a workspace put nothing into it.
        return tempfile.TemporaryDirectory(prefix="fleetops-nvcf-")

    @cached_property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_folder" in self.__dict__:
            self._folder.cleanup()

    def write(self, name: str, content: bytes) -> Path:
        """Writes a file of mode 0600 and returns its path."""
        path = self.path / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        return path


@contextmanager
def readable(content: bytes) -> Iterator[Path]:
    """A path from which this process can read the content, for a library that takes nothing else.

    It is in memory where the system has such files, else in a workspace of its own.
    """
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("fleetops-nvcf"), "wb") as file:
            file.write(content)
            file.flush()
            path = Path(f"/proc/self/fd/{file.fileno()}")
            if path.exists():
                yield path
                return
    with Workspace() as workspace:
        yield workspace.write("content", content)
