# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders docs/reliability.md from what the last runs of the rows have found."""

from __future__ import annotations

import datetime
import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.record import recorded
from ansible_collections.fleetops.nvcf.tests.faults.rows import End
from ansible_collections.fleetops.nvcf.tests.faults.suite import SUITE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
OPERATIONS = {
    "add": "Adding (`fleetops.nvcf.add`)",
    "remove": "Removing (`fleetops.nvcf.remove`)",
    "release_rollback": "`release_rollback` by itself",
}
Line = Mapping[str, Any]


def page(lines: Sequence[Line], whole: int) -> str:
    """The whole page; `whole` is how many runs the suite has."""
    tables = "\n\n".join(_table(name, title, lines) for name, title in OPERATIONS.items())
    head = (Path(__file__).parent / "reliability.md.in").read_text(encoding="utf-8")
    return head.replace("@FIGURES@", _figures(lines, whole)).replace("@TABLES@", tables)


def _figures(lines: Sequence[Line], whole: int) -> str:
    helms = {helm: sum(line["helm"] == helm for line in lines) for helm in (4, 3)}
    healed = [line["seconds_to_heal"] for line in lines if line["end"] != End.DONE]
    times = [datetime.datetime.fromtimestamp(line["at"], datetime.UTC) for line in lines]
    span = f"{min(times):%Y-%m-%d %H:%M} to {max(times):%H:%M} UTC"
    figures = {
        "faults": f"{len(lines)} of the suite's {whole} ({helms[4]} with Helm 4, {helms[3]} with Helm 3)",
        "values of others lost": _count(lines, "lost"),
        "false sentences": _count(lines, "false"),
        "not healed by another run": _count(lines, "unhealed"),
        "processes, files, functions or pods left": _count(lines, "left"),
        "secrets seen in output, files or command lines": _count(lines, "leaked"),
        "seconds to heal, median": f"{statistics.median(healed):.1f}",
        "seconds to heal, maximum": f"{max(healed):.1f}",
        "healed by a run with options": str(sum(bool(line["healed_with"]) for line in lines)),
        "measured": f"{span}, {os.cpu_count()} cores, {_memory()} GiB of memory",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in figures.items())])


def _count(lines: Sequence[Line], name: str) -> str:
    return str(sum(bool(line[name]) for line in lines))


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _table(operation: str, title: str, lines: Sequence[Line]) -> str:
    head = ["| row | moment | fault | Helm | outcome | seconds to heal |", "|---|---|---|---|---|---:|"]
    return "\n".join([f"### {title}", "", *head, *_rows([line for line in lines if line["operation"] == operation])])


def _rows(lines: Sequence[Line]) -> Iterator[str]:
    """One for each row of the suite, or for each Helm where they differ in the outcome."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line["row"], line["end"]), []).append(line)
    for (name, end), same in groups.items():
        helms = ", ".join(str(line["helm"]) for line in same)
        seconds = ", ".join("" if end == End.DONE else f"{line['seconds_to_heal']:.1f}" for line in same).strip(", ")
        options = {f"{key}={value}" for line in same for key, value in line["healed_with"].items()}
        more = f" (`{' '.join(sorted(options))}`)" if options else ""
        one = same[0]
        yield f"| {name} | {one['moment']} | {one['fault']} | {helms} | {end} | {seconds}{more} |"


def main() -> None:
    """Write the page."""
    order = {(row.name, helm): index for index, row in enumerate(SUITE) for helm in ([4, 3] if row.helm3 else [4])}
    lines = [line for line in recorded() if (line["row"], line["helm"]) in order]
    lines.sort(key=lambda line: (order[line["row"], line["helm"]], -line["helm"]))
    PAGE.write_text(page(lines, len(order)), encoding="utf-8")
    print(f"{len(lines)} rows in {PAGE}")


if __name__ == "__main__":
    main()
