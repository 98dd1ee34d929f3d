# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Building the site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx

from .layout import GALAXY, PLUGINS, REPOSITORY, ROOT, SITE, pages

NAME = f"{GALAXY['namespace']}.{GALAXY['name']}"
TITLE = f"{NAME} {GALAXY['version']}"
PICTURES = ("*.svg", "*.png")
SETTINGS = {
    "project": NAME,
    "author": GALAXY["authors"][0],
    "copyright": f"The {NAME} authors, GPL-3.0-or-later",
    "version": GALAXY["version"],
    "release": GALAXY["version"],
    "language": "en",
    "extensions": ["sphinx_antsibull_ext", "myst_parser", f"{__package__}.extension"],
    "highlight_language": "YAML+Jinja",
    "default_role": "any",
    "nitpicky": True,
    # Links into Ansible's own site would be looked up there. Nothing here reaches for the network, so they stay
    # unresolved, while those within the collection must lead somewhere.
    "nitpick_ignore_regex": [
        ("std:ref", r"(?!ansible_collections\.fleetops\.nvcf\.).*"),
        ("std:envvar", "ANSIBLE_.*"),
    ],
    # Options begin with two hyphens, so only quotes and dots are made typographic.
    "smartquotes_action": "qe",
    "templates_path": [],
    # Documents are read as the code host reads them; the extension follows their links.
    "myst_all_links_external": True,
    "myst_fence_as_directive": ["mermaid"],
    "myst_disable_syntax": ["myst_role", "myst_target", "myst_line_comment", "myst_block_break"],
    "html_theme": "furo",
    "html_title": TITLE,
    "html_baseurl": SITE,
    "html_static_path": [str(Path(__file__).parent / "static")],
    "html_css_files": ["site.css"],
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_use_index": False,
    "html_theme_options": {
        "source_repository": REPOSITORY,
        "source_branch": "main",
        "top_of_page_buttons": ["edit"],
    },
}


def build(site: Path, work: Path) -> None:
    """Build the site; a warning is a failure. `work` is for what is not kept."""
    source = work / "source"
    _copy_documents(source)
    _write_plugin_pages(source / PLUGINS)
    shutil.rmtree(site, ignore_errors=True)
    app = Sphinx(
        srcdir=source,
        confdir=None,
        outdir=site,
        doctreedir=work / "doctrees",
        buildername="html",
        confoverrides=SETTINGS,
        status=None,
        warning=sys.stderr,
        warningiserror=True,
        freshenv=True,
    )
    app.build(force_all=True)
    (site / ".buildinfo").unlink(missing_ok=True)
    if app.statuscode:
        raise SystemExit("The site has warnings.")


def _copy_documents(source: Path) -> None:
    for name, path in pages().items():
        copy = source / f"{name}{Path(path).suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy)
    for pattern in PICTURES:
        for picture in (ROOT / "docs").rglob(pattern):
            shutil.copyfile(picture, source / picture.relative_to(ROOT / "docs"))


def _write_plugin_pages(folder: Path) -> None:
    folder.mkdir(parents=True)
    program = Path(sys.executable).with_name("antsibull-docs")
    argv = [str(program), "collection", "--use-current", "--fail-on-error", "--squash-hierarchy"]
    argv += ["--dest-dir", str(folder), NAME]
    environment = {**os.environ, "ANSIBLE_HOME": str(ROOT / ".venv"), "LC_ALL": "C.UTF-8"}
    subprocess.run(argv, check=True, env=environment)
