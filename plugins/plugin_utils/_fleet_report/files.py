# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files of a report. Each file is replaced atomically."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .model import Report
from .renderers.html import render_html
from .renderers.json import render_json
from .renderers.junit import render_junit
from .renderers.markdown import render_markdown

FORMATS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "html": ("index.html", render_html),
    "json": ("report.json", render_json),
    "markdown": ("report.md", render_markdown),
    "junit": ("junit.xml", render_junit),
}
UNFINISHED = "unfinished.txt"
"""For `--limit @...` of the next run. Removed when nothing is left, because an empty file does not limit anything."""

_drafts = itertools.count(1)


def write_report(report: Report, folder: Path, formats: Iterable[str]) -> list[Path]:
    """Writes the formats and returns their paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, render in (FORMATS[form] for form in formats):
        replace_file(folder / name, render(report))
        written.append(folder / name)
    if report.unfinished:
        replace_file(folder / UNFINISHED, "".join(f"{host}\n" for host in report.unfinished))
    else:
        (folder / UNFINISHED).unlink(missing_ok=True)
    return written


def replace_file(path: Path, text: str) -> None:
    """Replaces a file atomically: a reader gets the old text or the new text, never a part of one."""
    # A signal handler may write while it interrupts a write, so the process id alone is not unique.
    draft = path.with_name(f".{path.name}.{os.getpid()}-{next(_drafts)}")
    try:
        draft.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
