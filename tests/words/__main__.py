# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds words to avoid in what users read: python -m ansible_collections.fleetops.nvcf.tests.words [PATH ...]"""

from __future__ import annotations

import argparse
import re
import subprocess
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("avoid.yml")
UNREAD = (":!tests", ":!LICENSES", ":!LICENSE", ":!requirements/*.txt", ":!*.svg", ":!*.json")
"""Tests are for developers; the others are not written here, or not text."""
EDGE = re.compile(r'^\s*(?:#+|[fr]?")?\s*|\s*"?\s*$')
"""What a wrapped sentence has between its lines: a comment's mark, quotes of the pieces of a string."""


@dataclass(frozen=True, kw_only=True)
class Avoided:
    """One entry of the list."""

    pattern: re.Pattern[str]
    instead: str

    def found(self, text: str) -> Iterator[tuple[int, str]]:
        """Line number and words of each match, also of one that continues on the next line."""
        lines = [EDGE.sub("", line) + " " for line in text.splitlines()]
        starts = list(accumulate(map(len, lines), initial=0))
        for match in self.pattern.finditer("".join(lines)):
            yield bisect_right(starts, match.start()), match.group()


def avoided(path: Path = LIST) -> list[Avoided]:
    """What the list names."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Avoided(pattern=re.compile(entry["words"], re.IGNORECASE), instead=entry["write"]) for entry in entries]


def read_by_users(paths: list[str], root: Path = ROOT) -> Iterator[Path]:
    """Files of the checkout that are text for users, below `paths` or all."""
    # git 2.39 finds nothing in a folder below another one when something else is excluded, so it lists all.
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", *UNREAD]
    names = subprocess.run(argv, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    for path in (root / name for name in names if name):
        if path.is_file() and (not paths or any(path.is_relative_to(root / wanted) for wanted in paths)):
            yield path


def main() -> int:
    """Exit status 1 where a word to avoid was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", help="files or folders below the checkout; all, if none is given")
    found = 0
    entries = avoided()
    paths = parser.parse_args().paths
    if missing := [path for path in paths if not (ROOT / path).exists()]:
        parser.error(f"no such file or folder: {', '.join(missing)}")
    for path in read_by_users(paths):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for entry in entries:
            for line, words in entry.found(text):
                print(f"{path.relative_to(ROOT)}:{line}: {words!r}: write {entry.instead}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
