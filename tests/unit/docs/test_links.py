# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links between documents lead somewhere, and every document is reached by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page, pages
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

PAGES = pages()
README = Page(ROOT / "README.md")
ENTRANCES = {README.path}
"""What a host of code shows by itself."""


def test_every_link_within_the_project_leads_somewhere() -> None:
    assert [(str(page), link) for page in PAGES for link in page.links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    anchor = link.partition("#")[2]
    target = page.target(link)
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in Page(target).anchors


def linked(page: Page) -> Iterator[object]:
    for link in page.links:
        target = page.target(link)
        yield from (target, target / "README.md")


def test_every_document_of_the_manual_is_linked_from_another() -> None:
    manual = {page.path for page in PAGES if page.path.parent in (ROOT, ROOT / "docs")} - ENTRANCES
    reached = {target for page in PAGES for target in linked(page) if target != page.path}
    assert {str(path.relative_to(ROOT)) for path in manual - reached} == set()


def test_the_readme_is_readable_outside_the_repository() -> None:
    assert [link for link in README.links if not link.startswith(("/", "#"))] == []


def test_a_published_address_is_followed_into_the_checkout(tmp_path: Path) -> None:
    page = Page(tmp_path / "page.md")
    blob = "https://github.com/fleetops/ansible-nvcf/blob/main"
    page.path.write_text(f"[a]({blob}/README.md#installation) [b]({blob}/gone.md) [c](https://example.com/README.md)")
    assert [leads_somewhere(page, link) for link in page.links] == [True, False]
