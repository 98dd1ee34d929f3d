# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Markdown documents of the project: their links, headings, tables and code spans."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")

PUBLISHED = re.compile(r"https://github\.com/fleetops/ansible-nvcf/(?:blob|tree)/main/")
"""What comes before the name of a file where a document is read outside the repository, as Galaxy shows the README."""


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """Without blocks of code."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """All targets within the project: relative to this document, or with a slash to the project's root."""
        found = (PUBLISHED.sub("/", link) for link in _LINK.findall(self.prose))
        return [link for link in found if "://" not in link and not link.startswith("mailto:")]

    def target(self, link: str) -> Path:
        """The file or folder that one of the links leads to."""
        path = link.partition("#")[0]
        base = ROOT if path.startswith("/") else self.path.parent
        return (base / path.lstrip("/")).resolve() if path else self.path

    @property
    def anchors(self) -> set[str]:
        """Of its headings, as code hosts make them."""
        kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(self.prose))
        return {heading.strip().replace(" ", "-") for heading in kept}

    @property
    def spans(self) -> list[str]:
        """What is set as code within text."""
        return [" ".join(span.split()) for span in _SPAN.findall(self.prose)]

    def first_cells(self, *titles: str) -> Iterator[str]:
        """The first cell of each row of the tables whose first column has one of these titles."""
        inside = False
        for line in self.prose.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
            if not cells:
                inside = False
            elif cells[0] in titles:
                inside = True
            elif inside and not cells[0].startswith("---"):
                yield cells[0]

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


def pages() -> list[Page]:
    """All documents that git knows or would add."""
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return [Page(ROOT / name) for name in sorted(listed.split("\0")) if name and (ROOT / name).is_file()]
