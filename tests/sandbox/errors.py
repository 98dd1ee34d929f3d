# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What can go wrong with a sandbox as such."""

from __future__ import annotations

from pathlib import Path


class SandboxError(Exception):
    """The sandbox could not do what was asked; the text is meant for people."""


class AlreadyUp(SandboxError):
    """A sandbox of that name runs already."""


def log_tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log for an error message; an empty log says so."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace").rstrip()
    except OSError as error:
        return f"({error})"
    return "\n".join(text.splitlines()[-lines:]) or f"({path.name} is empty)"
