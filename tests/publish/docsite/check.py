# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is wrong with a built site, as its files show it: whoever built it, and whatever that said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src", "object": "data"}
"""What a browser loads by itself, with the attribute that says where from."""
NOT_LOADED = frozenset({"canonical", "index", "search", "next", "prev", "edit"})


@dataclass
class Page(HTMLParser):
    """What the HTML of one page refers to."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=lambda: {"", "top"})

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED and LOADED[tag] in values and not NOT_LOADED & set(values.get("rel", "").split()):
            self.loaded.append(values[LOADED[tag]])


def problems(site: Path, *, expected: Iterable[str], private: Iterable[str]) -> list[str]:
    """All that is wrong, a sentence each.

    `expected` are the pages that must be there; `private` is what no file may contain, such as folders of the machine.
    """
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    read = {path: _read(path) for path in files if path.suffix == ".html"}
    found = [f"{name}.html: is missing." for name in expected if site / f"{name}.html" not in read]
    for path, page in read.items():
        found += [f"{path.relative_to(site)}: {problem}" for problem in _of_page(path, page, read)]
    for path in files:
        data = path.read_bytes()
        found += [f"{path.relative_to(site)}: contains {text!r}." for text in private if text.encode() in data]
    return found


def _read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _of_page(path: Path, page: Page, read: dict[Path, Page]) -> Iterator[str]:
    for address in page.loaded:
        if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
            yield f"loads {address} from the network."
        elif not _file(path, address).is_file() and not address.startswith("data:"):
            yield f"loads {address}, which is missing."
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = _file(path, link)
        if not target.is_file():
            yield f"links to {link}, which is missing."
        elif target in read and unquote(parts.fragment) not in read[target].anchors:
            yield f"links to {link}, whose anchor is missing."


def _file(path: Path, address: str) -> Path:
    """The file that a relative address of a page means. A folder is its first page, as web servers have it."""
    relative = unquote(urlsplit(address).path)
    file = (path.parent / relative).resolve() if relative else path
    return file / "index.html" if file.is_dir() else file
