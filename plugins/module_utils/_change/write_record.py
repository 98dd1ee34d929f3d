# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one run has written to a release, so that whatever ends it can tell what there is to take back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
    """The newest revision as this run knows it. What is newer, somebody else has made."""

    def built_on(self, base: int) -> None:
        """Notes a revision that is both what a change is built on and where to return to."""
        self.base = self.good = base

    def wrote(self, newest: int) -> None:
        """Notes a write, after which `newest` is the newest revision."""
        self.changed = True
        self.newest = newest

    def facts(self) -> dict[str, Any]:
        """For results and errors; what is not known is left out."""
        known = {"previous_revision": self.base, "last_good_revision": self.good, "newest_revision": self.newest}
        return {"changed": self.changed} | {name: number for name, number in known.items() if number is not None}

    @contextmanager
    def on_errors(self) -> Iterator[None]:
        """Adds the facts to every NvcfError that passes once something was written."""
        try:
            yield
        except NvcfError as error:
            if self.changed:
                error.facts |= self.facts()
            raise
