# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links between documents lead somewhere, and every document is reached by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page, pages
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

PAGES = pages()
ENTRANCES = {ROOT / "README.md"}
"""What a host of code shows by itself."""


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_within_the_project_leads_somewhere(page: Page) -> None:
    assert [link for link in page.links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    path, _sign, anchor = link.partition("#")
    target = (page.path.parent / path).resolve() if path else page.path
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in Page(target).anchors


def linked(page: Page) -> Iterator[object]:
    for link in page.links:
        target = (page.path.parent / link.partition("#")[0]).resolve()
        yield from (target, target / "README.md")


def test_every_document_of_the_manual_is_linked_from_another() -> None:
    manual = {page.path for page in PAGES if page.path.parent in (ROOT, ROOT / "docs")} - ENTRANCES
    reached = {target for page in PAGES for target in linked(page) if target != page.path}
    assert {str(path.relative_to(ROOT)) for path in manual - reached} == set()
