# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The built site in a real browser, from the disk: it fits a phone, finds words, and needs nothing from the network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.fleetops.nvcf.tests.browser.chromium import Chromium, Page
from ansible_collections.fleetops.nvcf.tests.publish.docsite.layout import ROOT

SITE = ROOT / "dist" / "site"
PAGES = ("index", "operations", "architecture", "performance", "connections", "plugins/recognized_registry_module")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    assert (SITE / "index.html").is_file(), "make docsite builds the site first"
    with Chromium() as browser:
        yield browser


def from_the_network(page: Page) -> list[str]:
    return [address for address in page.requests if not address.startswith(("file:", "data:"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_shows_its_pictures_and_loads_nothing_from_the_network(
    chromium: Chromium, name: str
) -> None:
    page = chromium.open(SITE / f"{name}.html", width=400)
    assert page.run("document.documentElement.scrollWidth") <= 400
    assert page.run("[...document.images].filter(i => !i.naturalWidth || i.width > 400).map(i => i.src)") == []
    assert page.complaints == []
    assert from_the_network(page) == []


def test_the_search_finds_a_page_without_a_server(chromium: Chromium) -> None:
    page = chromium.open(SITE / "index.html")
    page.run("document.querySelector('.sidebar-search').focus()")
    page.type("CrashLoopBackOff")
    page.events.clear()
    page.press("Enter")
    page.wait_for("Page.loadEventFired")
    titles = "[...document.querySelectorAll('#search-results li a')].map(a => a.textContent)"
    page.run(f"new Promise(r => setInterval(() => {titles}.length && r(), 20))")
    assert "Operations" in page.run(titles)
    # Excerpts of the pages are read as a server is asked, which a browser refuses to do for files.
    assert from_the_network(page) == []
