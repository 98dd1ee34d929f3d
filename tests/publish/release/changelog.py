# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Do version, changelog, fragments and tag agree?"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

VERSION = re.compile(r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)")


@dataclass(frozen=True, kw_only=True)
class History:
    """What the checkout says about its versions."""

    version: str
    """In galaxy.yml."""
    recorded: Collection[str]
    """Versions in changelogs/changelog.yaml."""
    headings: Collection[str]
    """Versions that have a section in CHANGELOG.rst."""
    fragments: Collection[str]
    """Names of the files in changelogs/fragments."""
    additions: Collection[str] = ()
    """Every `version_added` of the documentation."""
    uncommitted: Collection[str] = ()
    """Files that differ from the commit, or are not in it."""


def problems(history: History, release: str | None) -> list[str]:
    """Why this version, or the tag that was given, cannot be released; empty when it can be."""
    found = [*_always(history)]
    if release is not None:
        found += _of_a_release(history, release)
    elif history.version not in history.recorded and not history.fragments:
        found.append(
            f"Version {history.version} is not in changelogs/changelog.yaml, and changelogs/fragments is empty. Add a "
            "fragment for what has changed."
        )
    return found


def _always(history: History) -> list[str]:
    found = []
    if not VERSION.fullmatch(history.version):
        found.append(f"The version {history.version} of galaxy.yml has not the form MAJOR.MINOR.PATCH.")
    missing = sorted(set(history.recorded) - set(history.headings))
    if missing:
        found.append(f"CHANGELOG.rst has no section for {', '.join(missing)}. Run antsibull-changelog generate.")
    later = sorted({added for added in history.additions if _numbers(added) > _numbers(history.version)})
    if later:
        found.append(f"version_added {', '.join(later)} is later than the version {history.version} of galaxy.yml.")
    return found


def _of_a_release(history: History, release: str) -> list[str]:
    found = []
    if release != history.version:
        found.append(
            f"The release is {release}, and the version of galaxy.yml is {history.version}. A tag is the version, "
            "without a prefix."
        )
    if release not in history.recorded:
        found.append(f"changelogs/changelog.yaml has no release {release}. Run antsibull-changelog release.")
    if history.fragments:
        found.append(
            f"Not released yet: changelogs/fragments/{', '.join(sorted(history.fragments))}. Run antsibull-changelog "
            "release, which moves them to the changelog."
        )
    if history.uncommitted:
        found.append(f"Not committed: {', '.join(sorted(history.uncommitted))}. A release is made of a commit.")
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
