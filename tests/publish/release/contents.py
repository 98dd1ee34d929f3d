# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a published tarball holds, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

FILES = frozenset(
    {
        ".ansible-lint",  # Galaxy and Automation Hub check the collection with the settings that it brings
        ".yamllint",
        "CHANGELOG.rst",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "FILES.json",
        "LICENSE",
        "MAINTAINERS.md",
        "MANIFEST.json",
        "README.md",
        "REUSE.toml",
        "SECURITY.md",
        "tests/config.yml",  # ansible-test of the Ansible package reads it
    }
)
FOLDERS = ("LICENSES", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests/sandbox")
NEEDED = FILES | {"meta/runtime.yml", "meta/execution-environment.yml", "changelogs/changelog.yaml"}
NEVER = re.compile(
    r"(?:^|/)(?:__pycache__|\.git|\.venv|\.ansible|output)(?:/|$)"
    r"|\.(?:pyc|retry|tar\.gz|tgz|whl|key|pem|kubeconfig|orig|rej|swp)$"
    r"|(?:^|/)(?:kubeconfig|\.env|\.vault_pass|\.DS_Store)$"
    r"|^changelogs/\.plugin-cache\.yaml$"
)
LARGEST = 300_000
LARGEST_WHOLE = 1_000_000


def problems(sizes: Mapping[str, int], links: frozenset[str], *, whole: int, released: bool) -> list[str]:
    """What is wrong with a tarball of that size in bytes, whose files have these sizes."""
    found = []
    if foreign := sorted(name for name in sizes if not _belongs(name)):
        found.append(f"Must not be in the tarball: {', '.join(foreign)}. Add them to build_ignore in galaxy.yml.")
    if absent := sorted(NEEDED - sizes.keys() - (set() if released else {"changelogs/changelog.yaml"})):
        found.append(f"Missing in the tarball: {', '.join(absent)}.")
    if links:
        found.append(f"Symbolic links do not survive every way of unpacking: {', '.join(sorted(links))}.")
    if large := sorted(name for name, size in sizes.items() if size > LARGEST):
        found.append(f"Larger than {LARGEST} bytes: {', '.join(large)}.")
    if whole > LARGEST_WHOLE:
        found.append(f"The tarball has {whole} bytes, more than {LARGEST_WHOLE}.")
    return found


def _belongs(name: str) -> bool:
    return not NEVER.search(name) and (name in FILES or name.startswith(tuple(f"{folder}/" for folder in FOLDERS)))
