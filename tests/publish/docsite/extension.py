# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What Sphinx does not know: links as the code host follows them, Mermaid, and names of the collection's content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mmdr
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .layout import KINDS, PLUGINS, REPOSITORY, ROOT, START, LinkError, navigation, pages, subpages, target

PLAYBOOKS = "playbooks"
EVENTS = ("extensions/eda/rulebooks", "extensions/eda/plugins/event_source")
"""Content without a page: antsibull-docs does not know it."""
_LOG = logging.getLogger(__name__)
_CONTENTS = re.compile(r"^\.\. contents::.*\n(?: +:.*\n)*", re.MULTILINE)
_ENTRY = re.compile(rf"^    ((\w+)_({'|'.join(KINDS)}))$", re.MULTILINE)
_NAMED = re.compile(r"(?:ansible-doc (?:-t \w+ )?)?fleetops\.nvcf\.([a-z_]+)")


class Mermaid(SphinxDirective):
    """A diagram, drawn while the site is built, so that nobody's browser has to load a program for it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir) / "diagrams"
        folder.mkdir(exist_ok=True)
        name = f"{self.env.docname.replace('/', '-')}-{self.lineno}.svg"
        drawing = mmdr.Diagram("\n".join(self.content), theme="default").svg()
        (folder / name).write_text(drawing, encoding="utf-8")
        return [
            nodes.image(uri=f"/diagrams/{name}", alt="Diagram; the text beside it says the same", classes=["diagram"])
        ]


def on_source_read(_app: Sphinx, name: str, content: list[str]) -> None:
    """Add the navigation, and leave out tables of contents within a page: the theme shows one beside it."""
    if not pages().get(name, "").endswith(".md"):
        content[0] = _CONTENTS.sub("", content[0])
        if name == f"{PLUGINS}/{START}":
            # The name and kind of a plugin, instead of the title of its page, which is a sentence.
            content[0] = _ENTRY.sub(r"    \2 \3 <\1>", content[0])
    elif name == START:
        content[0] += navigation()
    elif name.endswith(f"/{START}"):
        content[0] += subpages(name)


def on_doctree_read(_app: Sphinx, doctree: nodes.document) -> None:
    """Give headings the anchors that they have on the code host."""
    seen: set[str] = set()
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        slug = slug_of(title.astext() if title else "")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in seen:
            number += 1
        seen.add(anchor)
        if anchor not in section["ids"]:
            section["ids"].append(anchor)


def slug_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def on_doctree_resolved(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Follow links within the project to pages of this site, and make links of the names of its content."""
    source = pages().get(name, "")
    for reference in list(doctree.findall(nodes.reference)):
        link = reference.get("refuri", "")
        if not link or reference.get("internal") or link.startswith("#"):
            continue
        try:
            found = target(link, source)
        except LinkError as error:
            _LOG.warning("%s", error, location=reference)
            continue
        if found.page:
            reference["internal"] = True
        reference["refuri"] = found.address or _address(app, name, found.page, found.anchor)
    for literal in list(doctree.findall(nodes.literal)):
        if (named := _NAMED.fullmatch(literal.astext())) and not _is_linked(literal):
            _link(app, name, literal, named[1])


def _is_linked(node: nodes.Node) -> bool:
    parent = node.parent
    while parent and not isinstance(parent, (nodes.reference, nodes.title)):
        parent = parent.parent
    return parent is not None


def _link(app: Sphinx, name: str, literal: nodes.literal, content: str) -> None:
    page, anchor = next(((page, anchor) for page, anchor in _pages_of(content) if page in app.env.found_docs), ("", ""))
    events = [path for place in EVENTS for path in (ROOT / place).glob(f"{content}.*")]
    if page == name:
        return
    if page:
        reference = nodes.reference("", "", internal=True, refuri=_address(app, name, page, anchor))
    elif events:
        reference = nodes.reference("", "", refuri=f"{REPOSITORY}/blob/main/{events[0].relative_to(ROOT)}")
    else:
        _LOG.warning("fleetops.nvcf.%s is not in the collection", content, location=literal)
        return
    literal.replace_self(reference)
    reference += literal


def _pages_of(content: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{PLUGINS}/{content}_{kind}", "") for kind in KINDS)
    if (ROOT / "playbooks" / f"{content}.yml").is_file():
        yield PLAYBOOKS, slug_of(content)


def _address(app: Sphinx, name: str, page: str, anchor: str) -> str:
    relative = app.builder.get_relative_uri(name, page)
    return f"{relative}#{anchor}" if anchor else relative


def on_html_page_context(_app: Sphinx, name: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Tell the theme which file of the repository a page is made from."""
    plugin = (context.get("meta") or {}).get("github_url", "").partition("?")[0]
    context["theme_source_edit_link"] = f"{REPOSITORY}/edit/main/{pages()[name]}" if name in pages() else plugin


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("mermaid", Mermaid)
    app.connect("source-read", on_source_read)
    app.connect("doctree-read", on_doctree_read)
    app.connect("doctree-resolved", on_doctree_resolved)
    app.connect("html-page-context", on_html_page_context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
