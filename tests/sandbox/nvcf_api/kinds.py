# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The two APIs that recognize registries, each with a list of its own. They differ in names, not in rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The words of one of the APIs."""

    prefix: str
    """What its properties begin with, and in capitals its variables."""
    application: str
    version: str

    @property
    def lenient_variable(self) -> str:
        """The variable that turns refused artifacts into lines of the log when it is `log`."""
        return f"{self.prefix.upper()}_REGISTRIES_ARTIFACT_VALIDATION_EXCEPTION_HANDLING"


FUNCTIONS = Kind(prefix="nvcf", application="NvcfApiApplication", version="v1.14.1")
TASKS = Kind(prefix="nvct", application="NvctApiApplication", version="v1.63.2")
