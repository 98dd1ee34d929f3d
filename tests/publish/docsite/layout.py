# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which files of the repository are pages of the site, and under which names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
GALAXY: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
SITE: str = GALAXY["documentation"]
REPOSITORY: str = GALAXY["repository"]
PLUGINS = "plugins"
"""The folder of the pages of modules, plugins and roles, whose index has the same name on Galaxy's site."""
START = "index"
KINDS = ("module", "role", "inventory", "callback", "lookup")

_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_PUBLISHED = re.compile(re.escape(REPOSITORY) + r"/(?:blob|tree)/main/")


def page_name(path: str) -> str | None:
    """The page that a file of the repository becomes: `docs/rbac/README.md` is `rbac/index`."""
    file = PurePosixPath(path)
    if path == "README.md":
        return "quick-start"
    if path == "CHANGELOG.rst" or (file.suffix == ".md" and len(file.parts) == 1):
        return file.stem.lower().replace("_", "-")
    if file.suffix != ".md":
        return None
    if file.parts[0] == "roles" and file.name == "README.md":
        return str(file.parent)
    if file.parts[0] == "docs":
        return str(file.relative_to("docs").with_name("index" if file.name == "README.md" else file.stem))
    return None


@cache
def pages() -> dict[str, str]:
    """The file of each page, of all that git knows or would add."""
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", "*.rst"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\0")
    found = {page_name(path): path for path in sorted(listed) if path and (ROOT / path).is_file()}
    return {name: path for name, path in found.items() if name}


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a link leads: to a page of the site, or else to an address outside."""

    page: str = ""
    address: str = ""
    anchor: str = ""


class LinkError(Exception):
    """A link leads nowhere."""


def target(link: str, source: str = "") -> Target:
    """What a link in the file `source` means: relative, or an address in the repository or the site."""
    path, _hash, anchor = link.partition("#")
    if link.startswith(SITE):
        name = path.removeprefix(SITE).removesuffix(".html")
        return Target(page=name + START if name.endswith("/") or not name else name, anchor=anchor)
    if published := _PUBLISHED.match(path):
        file = path[published.end() :]
    elif re.match(r"[a-z]+:", link):
        return Target(address=link)
    else:
        file = os.path.relpath((ROOT / source).parent / path, ROOT) if path else source
    return _target_in_repository(file, anchor)


def _target_in_repository(file: str, anchor: str) -> Target:
    for one in (file, f"{file}/README.md"):
        if (name := page_name(one)) and name in pages():
            return Target(page=name, anchor=anchor)
    if file.startswith("..") or not (ROOT / file).exists():
        raise LinkError(f"{file} is not in the repository")
    kind = "tree" if (ROOT / file).is_dir() else "blob"
    return Target(address=f"{REPOSITORY}/{kind}/main/{file}" + (f"#{anchor}" if anchor else ""))


def navigation() -> str:
    """The tables of contents of the start page, hidden in it and shown beside every page.

    They are the links of docs/README.md, one table for each of its sections, and then the documents of the root.
    """
    introduction, *sections = re.split(r"(?m)^## ", (ROOT / pages()[START]).read_text(encoding="utf-8"))
    seen = {START}
    first = _toctree("", [f"{label.capitalize()} </{name}>" for label, name in _links(introduction, seen)])
    tables = [
        _toctree(section.partition("\n")[0], [f"/{name}" for _label, name in _links(section, seen)])
        for section in sections
    ]
    others = [f"/{name}" for name, path in pages().items() if "/" not in path and name not in seen]
    return "".join([first, *tables, _toctree("Project", others)])


def _links(text: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Label and page of each link to a page that is not in `seen`."""
    for label, link in _LINK.findall(text):
        page = target(link, pages()[START]).page
        if (page in pages() or page == f"{PLUGINS}/{START}") and page not in seen:
            seen.add(page)
            yield label, page


def subpages(name: str) -> str:
    """The table of contents of a folder's first page."""
    folder = name.removesuffix(START)
    return _toctree("", [f"/{page}" for page in pages() if page.startswith(folder) and page != name])


def _toctree(caption: str, entries: Sequence[str]) -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    lines = ["", "", "```{toctree}", *options, "", *entries, "```", ""]
    return "\n".join(lines) if entries else ""
