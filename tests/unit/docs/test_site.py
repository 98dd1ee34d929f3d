# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The site of the documentation leaves no document out, its links lead where they should, and faults are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.tests.publish.docsite.check import problems
from ansible_collections.fleetops.nvcf.tests.publish.docsite.extension import slug_of
from ansible_collections.fleetops.nvcf.tests.publish.docsite.layout import (
    REPOSITORY,
    SITE,
    LinkError,
    Target,
    navigation,
    pages,
    target,
)
from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import Page
from ansible_collections.fleetops.nvcf.tests.unit.docs.pages import pages as documents
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

GUIDES = (ROOT / "docs/docsite/rst/guides.rst").read_text(encoding="utf-8")
PLAYBOOKS = Page(ROOT / "docs/playbooks.md")
GOOD = '<p id="here"><a href="#here">x</a><a href="b.html#b">x</a><img src="a.svg"></p>'


def test_every_document_is_a_page() -> None:
    written = {str(page) for page in documents()}
    missing = {name for name in written - set(pages().values()) if not name.startswith((".github/", "tests/"))}
    assert missing == set()
    assert len(pages()) > 80


def test_every_page_of_the_manual_is_in_the_navigation() -> None:
    manual = {name for name in pages() if "/" not in name or name.endswith("/index")} - {"index"}
    assert manual - set(re.findall(r"[ \n<]/([a-z0-9/_-]+)>?$", navigation(), re.MULTILINE)) == set()


def test_guides_for_sites_that_show_plugins_only_name_every_page_of_the_manual() -> None:
    addresses = re.findall(rf"<{re.escape(SITE)}(\S*?)>", GUIDES)
    named = {address.removesuffix(".html") + ("index" if address.endswith("/") else "") for address in addresses}
    manual = {name for name, path in pages().items() if path.startswith(("docs/", "roles/")) and "/0" not in name}
    assert manual - named - {"index"} == set()
    assert named - set(pages()) == {""}


@pytest.mark.parametrize(
    "link, source, found",
    [
        ("guide.md", "docs/operations.md", Target(page="guide")),
        ("../guide.md#b", "docs/decisions/README.md", Target(page="guide", anchor="b")),
        ("rbac", "docs/README.md", Target(page="rbac/index")),
        ("../README.md#quick-start", "docs/README.md", Target(page="quick-start", anchor="quick-start")),
        (f"{REPOSITORY}/blob/main/docs/awx.md#x", "README.md", Target(page="awx", anchor="x")),
        (f"{SITE}plugins/#modules", "docs/README.md", Target(page="plugins/index", anchor="modules")),
        (f"{SITE}plugins/a_module.html", "docs/README.md", Target(page="plugins/a_module")),
        (SITE, "docs/README.md", Target(page="index")),
        ("../tests", "docs/testing.md", Target(address=f"{REPOSITORY}/tree/main/tests")),
        ("../Makefile#L1", "docs/testing.md", Target(address=f"{REPOSITORY}/blob/main/Makefile#L1")),
        ("https://example.com/a.md#b", "docs/testing.md", Target(address="https://example.com/a.md#b")),
        ("mailto:a@example.com", "docs/testing.md", Target(address="mailto:a@example.com")),
    ],
)
def test_a_link_leads_to_the_page_of_its_file_or_to_the_repository(link: str, source: str, found: Target) -> None:
    assert target(link, source) == found


@pytest.mark.parametrize("link", ["gone.md", f"{REPOSITORY}/blob/main/gone.md", "../../outside.md"])
def test_a_link_to_a_file_that_is_not_in_the_repository_is_refused(link: str) -> None:
    with pytest.raises(LinkError):
        target(link, "docs/README.md")


def test_headings_have_the_anchors_that_the_code_host_gives_them() -> None:
    assert slug_of("What `add` does, and why: a_b-c") == "what-add-does-and-why-a_b-c"


@pytest.mark.parametrize(
    "page, told",
    [
        (GOOD, ""),
        ('<a href="gone.html">x</a>', "links to gone.html, which is missing."),
        ('<a href="b.html#gone">x</a>', "links to b.html#gone, whose anchor is missing."),
        ('<a href="#gone">x</a>', "links to #gone, whose anchor is missing."),
        ('<a href="guide.md">x</a>', "links to guide.md, which is missing."),
        ('<img src="gone.svg">', "loads gone.svg, which is missing."),
        ('<script src="https://example.com/a.js"></script>', "loads https://example.com/a.js from the network."),
        ('<link rel="stylesheet" href="//example.com/a.css">', "loads //example.com/a.css from the network."),
        ("<p>/home/me/checkout/x</p>", "contains '/home/me/checkout'."),
    ],
)
def test_a_fault_of_a_built_page_is_found(tmp_path: Path, page: str, told: str) -> None:
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<h1 id="b">x</h1>')
    (tmp_path / "a.svg").touch()
    found = problems(tmp_path, expected=["a", "b"], private=["/home/me/checkout"])
    assert found == ([f"a.html: {told}"] if told else [])


def test_a_document_without_a_page_is_found(tmp_path: Path) -> None:
    assert problems(tmp_path, expected=["a"], private=[]) == ["a.html: is missing."]


def test_every_playbook_is_described_and_has_its_variables_named() -> None:
    files = list((ROOT / "playbooks").glob("*.yml"))
    assert {path.stem for path in files} - PLAYBOOKS.anchors == set()
    listed = {cell.partition("](#")[2].strip(")") for cell in PLAYBOOKS.first_cells("playbook")}
    assert listed == {path.stem for path in files}
    used = {name for path in files for name in re.findall(r"\bnvcf_[a-z_]+", path.read_text(encoding="utf-8"))}
    described = {cell.strip("`") for cell in PLAYBOOKS.first_cells("variable")}
    assert used - described - {"nvcf_control_planes"} == set()
