# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the packages shows the imports that there are, and the index of decisions has every record."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import product

from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

SHARED = ROOT / "plugins" / "module_utils"
PACKAGES = sorted(path.name for path in SHARED.iterdir() if path.is_dir() and path.name != "__pycache__")
ARCHITECTURE = Page(ROOT / "docs" / "architecture.md")
TABLE = [cell.strip("`") for cell in ARCHITECTURE.first_cells("package")]
DECISIONS = ROOT / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))


def arrows() -> set[tuple[str, str]]:
    """Those between packages. One line of the picture may draw several."""
    found: set[tuple[str, str]] = set()
    for sources, targets in re.findall(r"^ +([\w &]+) --> ([\w &]+)$", ARCHITECTURE.text, re.MULTILINE):
        found |= set(product(sources.split(" & "), targets.split(" & ")))
    return {(source, target) for source, target in found if source in PACKAGES}


@cache
def reached(package: str) -> frozenset[str]:
    """All packages that the arrows lead to."""
    direct = {target for source, target in arrows() if source == package}
    return frozenset(direct.union(*map(reached, direct)))


def imported(package: str) -> set[str]:
    """Other packages that the files of one import."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (SHARED / package).glob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {n.module.partition(".")[0] for n in nodes if isinstance(n, ast.ImportFrom) and n.level == 2 and n.module}


def test_the_table_has_every_package() -> None:
    assert sorted(TABLE) == PACKAGES


def test_arrows_of_the_picture_point_down_the_table() -> None:
    assert {arrow for arrow in arrows() if TABLE.index(arrow[0]) >= TABLE.index(arrow[1])} == set()


def test_every_import_follows_the_arrows_of_the_picture() -> None:
    assert [(package, other) for package in PACKAGES for other in imported(package) - reached(package)] == []


def test_the_index_has_every_decision_with_its_title() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+?) \|", index, re.MULTILINE)
    texts = {path.name: path.read_text(encoding="utf-8") for path in RECORDS}
    headings = {name: re.findall(r"^# (.+)$", text, re.MULTILINE) for name, text in texts.items()}
    assert {name: [f"{number}. {title}"] for number, name, title in rows} == headings


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]
