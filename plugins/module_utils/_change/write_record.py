# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one run has written to a release, so that whatever ends it can show what there is to roll back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._helm.storage import Revision
from .._runtime.errors import NvcfError


@dataclass
class WriteRecord:
    """One run's writes. From the first one that was tried on, whatever fails has changed the release."""

    changed: bool = False
    base: int | None = None
    """The revision that the change was built on."""
    good: int | None = None
    """The revision to return to if the change does not hold."""
    newest: int | None = None
    """The newest revision as this run knows it. What is newer, another user has made."""
    mark: str = ""
    """What the revision bears that the last helm of this run was to make; empty where it has made none."""
    _former: tuple[bool, int | None, str] = (False, None, "")

    def built_on(self, base: int) -> None:
        """Notes a revision that is both what a change is built on and where to return to."""
        self.base = self.good = base

    def wrote(self, newest: int) -> None:
        """Notes a write, after which `newest` is the newest revision."""
        self.changed = True
        self.newest = newest

    def begin(self, mark: str) -> None:
        """Notes that helm is started, which may store a revision with this mark and be cut off before it says so."""
        self._former = (self.changed, self.newest, self.mark)
        self.changed, self.newest, self.mark = True, None, mark

    def end(self, stored: Revision | None) -> None:
        """Notes which revision that helm has stored, as the cluster says; without one it has written nothing."""
        if stored:
            self.newest = stored.number
        else:
            self.changed, self.newest, self.mark = self._former

    def facts(self) -> dict[str, Any]:
        """For results and errors; what is not known is left out."""
        known = {
            "previous_revision": self.base,
            "last_good_revision": self.good,
            "newest_revision": self.newest,
            "mark": self.mark or None,
        }
        return {"changed": self.changed} | {name: value for name, value in known.items() if value is not None}

    def report(self, error: NvcfError) -> None:
        """Adds to an error that ends the run whether something was written, and what."""
        error.facts |= {"written": self.changed} | (self.facts() if self.changed else {})
