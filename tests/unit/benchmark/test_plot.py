# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The plot of growth."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from ansible_collections.fleetops.nvcf.tests.benchmark.plot import HEIGHT, WIDTH, Point, plot

SVG = "{http://www.w3.org/2000/svg}"


def elements(text: str, kind: str) -> list[ET.Element]:
    return list(ET.fromstring(text).iter(f"{SVG}{kind}"))  # noqa: S314 the text is our own


def lines(text: str) -> list[list[tuple[float, float]]]:
    found = elements(text, "polyline")
    return [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", e.attrib["points"])] for e in found]


def test_what_costs_the_same_per_cluster_is_a_level_line() -> None:
    [line] = lines(plot("cost", {"audit": [Point(10, 0.1), Point(100, 0.1), Point(1000, 0.1)]}, unit="s"))
    assert len({y for _unused, y in line}) == 1
    assert [x for x, _unused in line] == sorted(x for x, _unused in line)


def test_more_is_drawn_higher_and_all_of_it_inside() -> None:
    [line] = lines(plot("cost", {"audit": [Point(1, 0.03), Point(1000, 7.0)]}, unit="s"))
    assert line[1][1] < line[0][1]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in line)


def test_names_of_lines_that_end_at_one_place_do_not_cover_each_other() -> None:
    text = plot("cost", {"audit": [Point(1, 1), Point(10, 1)], "add": [Point(1, 2), Point(10, 1)]}, unit="s")
    levels = {e.text: float(e.attrib["y"]) for e in elements(text, "text")}
    assert abs(levels["audit"] - levels["add"]) >= 12


def test_nothing_to_plot_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to plot"):
        plot("cost", {}, unit="s")
