# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GPU to ask for a task with: the tasks API wants to know one before it looks at an image. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """Names by which ICMS knows a GPU and the instances that have it; empty where they are not known."""

    name: str = ""
    instance_type: str = ""

    @property
    def known(self) -> bool:
        """Whether it can be asked for."""
        return bool(self.name and self.instance_type)

    def among(self, known: Iterable[Gpu]) -> Gpu:
        """The first of those there are that has the names given here, which match in any case."""

        def fits(other: Gpu) -> bool:
            pairs = (self.name, other.name), (self.instance_type, other.instance_type)
            return all(not given or given.lower() == there.lower() for given, there in pairs)

        return next(filter(fits, known), self)
