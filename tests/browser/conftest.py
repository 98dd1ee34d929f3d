# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One browser for all tests, and a new tab for each page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Report
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.renderers.html import render_html
from ansible_collections.fleetops.nvcf.tests.browser.chromium import Chromium, Page

Show = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    with Chromium() as browser:
        yield browser


@pytest.fixture
def show(chromium: Chromium, tmp_path: Path) -> Iterator[Show]:
    """Return a function that shows a report; afterwards, no page may have complained or asked for anything."""
    shown: list[tuple[Page, Path]] = []

    def render_and_open(report: Report, **options: Any) -> Page:
        path = tmp_path / f"{len(shown)}.html"
        path.write_text(render_html(report), encoding="utf-8")
        page = chromium.open(path, **options)
        shown.append((page, path))
        return page

    yield render_and_open
    for page, path in shown:
        page.picture(path.with_suffix(".png"))
        assert page.complaints == []
        assert page.requests == [path.as_uri()]
