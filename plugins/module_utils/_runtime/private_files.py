# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private folder for what must be a file: certificates, a kubeconfig for helm, a registry login."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType


class Workspace:
    """A folder that only this user can read and that is gone afterwards, whatever happened in between."""

    def __init__(self) -> None:
        # mkdtemp makes it 0700.
        self._folder = tempfile.TemporaryDirectory(prefix="fleetops-nvcf-")
        self.path = Path(self._folder.name)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def write(self, name: str, content: bytes) -> Path:
        """Writes a file of mode 0600 and returns its path."""
        path = self.path / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        return path
