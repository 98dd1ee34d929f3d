# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what was found about each row, for the table."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.perform import Outcome
from ansible_collections.fleetops.nvcf.tests.faults.rows import Row

FOLDER = Path(sys.prefix) / "faults"


def record(row: Row, helm: int, outcome: Outcome) -> None:
    """Add a line to this process' file."""
    FOLDER.mkdir(exist_ok=True)
    line = {
        "row": row.name,
        "helm": helm,
        "operation": row.operation.value,
        "moment": row.told_moment,
        "fault": row.told_fault,
        "at": time.time(),
        **dataclasses.asdict(outcome),
    }
    with (FOLDER / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def recorded() -> Iterator[dict[str, Any]]:
    """The newest line of each row, in the order of rows and helms."""
    lines = [json.loads(text) for path in FOLDER.glob("*.jsonl") for text in path.read_text("utf-8").splitlines()]
    newest = {(line["row"], line["helm"]): line for line in sorted(lines, key=lambda line: float(line["at"]))}
    yield from newest.values()
