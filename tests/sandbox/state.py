# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is written down about a running sandbox, so that any later process can use it or end it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .processes import ProcessRecord


@dataclass(frozen=True, kw_only=True)
class SandboxState:
    """The content of `sandbox.json`.

    `slots` holds the port block of the shared services first, then one per cluster. `owner` is the process that
    brings the sandbox up; `complete` becomes true when it has succeeded.
    """

    owner: ProcessRecord
    slots: tuple[int, ...] = ()
    processes: tuple[ProcessRecord, ...] = ()
    registry: str | None = None
    complete: bool = False

    @property
    def running(self) -> bool:
        """Whether it came up and every process of it still runs."""
        return self.complete and all(process.alive for process in self.processes)

    @property
    def starting(self) -> bool:
        """Whether somebody is bringing it up at this moment."""
        return not self.complete and self.owner.alive

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read the state; None when there is none."""
        try:
            values = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        values["owner"] = ProcessRecord(**values["owner"])
        values["slots"] = tuple(values["slots"])
        values["processes"] = tuple(ProcessRecord(**process) for process in values["processes"])
        return cls(**values)

    def save(self, folder: Path) -> None:
        """Replace the file in one step."""
        scratch = folder / ".sandbox.json"
        scratch.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")
        scratch.replace(folder / "sandbox.json")
