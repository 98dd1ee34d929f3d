# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The report's page in a real browser: seen, read aloud, and used by keyboard."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import Fragment, State
from ansible_collections.fleetops.nvcf.tests.browser.chromium import Page
from ansible_collections.fleetops.nvcf.tests.browser.conftest import Show
from ansible_collections.fleetops.nvcf.tests.unit.plugins.plugin_utils.fleet_report.builders import (
    VALUES,
    changed,
    failed,
    large_report,
    plain,
    report,
)

EVIL = "<img src=x onerror=window.hit=1>"
FEW = report(
    failed("west-1", groups=("west",)),
    plain("west-2", State.UNREACHABLE, cause="no route to it", next_step="Look at its network."),
    plain("west-3", State.NOT_REACHED),
    changed("east-10", groups=("east",)),
    changed("east-9", groups=("east",)),
    ending="stopped",
    fragments=(Fragment(values=VALUES, hosts=("east-9", "east-10")),),
)
SHOWN = "[...document.querySelectorAll('#clusters > tbody')].filter(b => !b.hidden)"


def names(page: Page) -> list[str]:
    """The clusters that are to be seen, in order."""
    found: list[str] = page.run(f"{SHOWN}.map(b => b.rows[0].cells[0].querySelector('button').textContent.trim())")
    return found


def status(page: Page) -> str:
    return str(page.run("document.querySelector('[role=status]').innerText"))


def heading(title: str) -> str:
    """A JavaScript expression for the heading of a column."""
    return f"[...document.querySelectorAll('#clusters thead th')].find(h => h.innerText.startsWith('{title}'))"


# Order


def test_those_that_need_a_person_come_first(show: Show) -> None:
    page = show(FEW)
    assert names(page) == ["west-1", "west-2", "west-3", "east-10", "east-9"]
    assert page.run(f"{heading('State')}.getAttribute('aria-sort')") == "ascending"


def test_a_column_is_sorted_by_keyboard_first_up_then_down(show: Show) -> None:
    page = show(FEW)
    page.run(f"{heading('Cluster')}.querySelector('button').focus()")
    page.press("Enter")
    assert names(page) == ["east-9", "east-10", "west-1", "west-2", "west-3"]
    assert page.run(f"{heading('Cluster')}.getAttribute('aria-sort')") == "ascending"
    assert page.run(f"{heading('State')}.getAttribute('aria-sort')") == "none"
    page.press("Space")
    assert names(page) == ["west-3", "west-2", "west-1", "east-10", "east-9"]
    assert page.run(f"{heading('Cluster')}.getAttribute('aria-sort')") == "descending"


def test_times_are_sorted_as_times(show: Show) -> None:
    rows = [changed(name, phases=(("preflight", seconds),)) for name, seconds in (("a", 9.0), ("b", 100.0), ("c", 0.5))]
    page = show(report(*rows))
    page.run(f"{heading('Time')}.querySelector('button').focus()")
    page.press("Enter")
    assert names(page) == ["c", "a", "b"]


def test_details_move_with_their_cluster(show: Show) -> None:
    page = show(FEW)
    page.run(f"{heading('Cluster')}.querySelector('button').focus()")
    page.press("Enter")
    assert "no route to it" in page.run(f"{SHOWN}.find(b => b.innerText.includes('west-2')).innerText")


# Filter


def test_typing_leaves_what_fits_and_says_how_many(show: Show) -> None:
    page = show(FEW)
    assert status(page) == "5 of 5 clusters shown"
    page.run("document.querySelector('#filter').focus()")
    page.type("EAST 9")
    assert names(page) == ["east-9"]
    assert status(page) == "1 of 5 clusters shown"


def test_causes_can_be_searched_for(show: Show) -> None:
    page = show(FEW)
    page.run("document.querySelector('#filter').focus()")
    page.type("exited with code 1")
    assert names(page) == ["west-1"]


def test_a_tile_shows_one_state_and_gives_all_back(show: Show) -> None:
    page = show(FEW)
    page.click(".tile[data-state=changed]")
    assert names(page) == ["east-10", "east-9"]
    assert page.run("document.querySelector('.tile[data-state=changed]').getAttribute('aria-pressed')") == "true"
    page.click(".tile[data-state=changed]")
    assert len(names(page)) == 5


# Fold


def test_causes_are_open_and_the_rest_is_a_key_away(show: Show) -> None:
    page = show(FEW)
    folds = "[...document.querySelectorAll('.fold')].map(f => f.getAttribute('aria-expanded'))"
    assert page.run(folds) == ["true", "true", "false", "false", "false"]
    page.run("[...document.querySelectorAll('.fold')].find(f => f.innerText.trim() === 'east-9').focus()")
    page.press("Enter")
    assert page.run(folds) == ["true", "true", "false", "false", "true"]
    assert "add GHCR=ghcr.io" in page.run("document.querySelector('main').innerText")


# Without, around and against


def test_without_javascript_everything_is_there_to_be_read(show: Show) -> None:
    text = " ".join(name for role, name in show(FEW, script=False).tree() if role == "StaticText")
    for told in ("west-1", "Fix the cause", "no route to it", "east-9", "add GHCR=ghcr.io", "ghcr.io"):
        assert told in text


def test_nothing_that_a_cluster_says_is_run(show: Show) -> None:
    page = show(
        report(
            failed(EVIL, cause=f"</script><script>window.hit=1</script>{EVIL}", groups=(EVIL,)),
            title=EVIL,
            fragments=(Fragment(values=EVIL, hosts=(EVIL,)),),
        )
    )
    assert page.run("window.hit") is None
    assert names(page) == [EVIL]
    assert "</script><script>window.hit=1</script>" in page.run("document.querySelector('.say').innerText")


def test_what_is_read_aloud_is_a_table_with_named_parts(show: Show) -> None:
    tree = show(FEW).tree()
    assert ("table", "Clusters, most urgent first.") in tree
    columns = [name for role, name in tree if role == "columnheader"]
    assert columns[:6] == ["Cluster", "State", "Wave", "Revision", "Registries", "Time"]
    assert ("rowheader", "east-9 east") in tree
    assert ("searchbox", "Filter") in tree
    assert ("image", "1 failed, rolled back, 1 unreachable, 1 not started, 2 changed") in tree
    assert [name for role, name in tree if role == "button"]
    assert not [role for role, name in tree if role == "button" and not name]


CONTRASTS = """(() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const paint = canvas.getContext('2d', {willReadFrequently: true});
  const light = (color) => {
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].map(c => c / 255)
      .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return color;
    }
  };
  return [...document.body.querySelectorAll('*')]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + .05) / (b + .05), e.className || e.tagName, e.innerText.slice(0, 30)];
    });
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(show: Show, scheme: str) -> None:
    page = show(large_report(250))
    page.prefer(scheme)
    page.click(".tile[data-state=changed]")
    page.click(".tile[data-state='']")
    found = page.run(CONTRASTS)
    assert len(found) > 500
    assert [entry for entry in found if entry[0] < 4.5] == []


def test_the_theme_is_the_systems_until_one_is_chosen(show: Show) -> None:
    page = show(FEW)
    color = "getComputedStyle(document.body).backgroundColor"
    page.prefer("light")
    light = page.run(color)
    page.prefer("dark")
    dark = page.run(color)
    assert light != dark
    page.click(".theme")
    assert page.run(color) == light
    page.click(".theme")
    page.prefer("light")
    assert page.run(color) == dark


@pytest.mark.parametrize("width", [400, 800, 1600])
def test_no_width_needs_sideways_scrolling(show: Show, width: int) -> None:
    long = changed("a-cluster-with-a-very-long-name.of.a.very.long.domain.example", groups=("group",) * 9)
    page = show(report(*FEW.rows, long), width=width)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [400, 880])
def test_a_narrow_page_shows_every_column(show: Show, width: int) -> None:
    page = show(large_report(250), width=width)
    text = page.run("document.querySelector('main').innerText")
    seen = page.run(
        "[...document.querySelectorAll('td[data-label]')].filter(d => d.checkVisibility()).map(d => d.dataset.label)"
    )
    assert set(seen) == {
        "Where",
        "Wave",
        "Revision",
        "Registries",
        "Time",
        "Clusters",
        "Median",
        "Slowest",
        "Slowest cluster",
    }
    assert page.run(f"{heading('Time')}.querySelector('button').checkVisibility()"), "sorted on a phone, too"
    assert "GHCR" in text
    assert "Wait for the rollout of the API" in text, "where a cluster failed is seen without a click"
    assert "west-9, south-19, west-29, south-39 and 20 more" in text


def test_print_has_the_causes_and_no_controls(show: Show) -> None:
    page = show(FEW)
    page.call("Emulation.setEmulatedMedia", media="print")
    text = page.run("document.body.innerText")
    assert "no route to it" in text
    assert "Theme" not in text
    assert not page.run("document.querySelector('#filter').checkVisibility()")


# Many


def test_a_thousand_clusters_are_filtered_and_sorted_like_few(show: Show) -> None:
    many = large_report(1000)
    page = show(many)
    assert status(page) == "1,000 of 1,000 clusters shown"
    page.run(f"{heading('Cluster')}.querySelector('button').focus()")
    page.press("Enter")
    assert names(page) == sorted((row.host for row in many.rows), key=lambda name: (name[0], int(name.split("-")[1])))
    page.run("document.querySelector('#filter').focus()")
    page.type("unreachable")
    assert names(page) == ["east-640", "north-218", "south-7", "south-851", "west-429"]
    assert status(page) == "5 of 1,000 clusters shown"
