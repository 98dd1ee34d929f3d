# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Measures, and tells what was measured: `tests/benchmark/run --help`."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from ansible_collections.fleetops.nvcf.tests.benchmark.contestants import Run, chosen, ours, registry_of, save
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Failed, Row
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import fleet
from ansible_collections.fleetops.nvcf.tests.benchmark.plot import Point, plot
from ansible_collections.fleetops.nvcf.tests.benchmark.programs import HERE, rival_ansible
from ansible_collections.fleetops.nvcf.tests.benchmark.report import Result, markdown, refreshed
from ansible_collections.fleetops.nvcf.tests.sandbox.build import build
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.progress import Display
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import ALL

DOCS = HERE.parents[1] / "docs"
PARTS = ("hand", "core", "ours", "audit", "add")
SAMPLE = 20
"""The most clusters that a rival is run on: what it costs per cluster no longer changes, and it takes minutes."""
GHCR = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}


def main() -> int:
    """Measure what was asked for."""
    options = _parser().parse_args()
    # As Ctrl-C does it: sandboxes are taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begin = time.monotonic()
    rows: list[Row] = []
    try:
        build(Display(sys.stdout), ALL)
        for row in _measure(options):
            rows.append(row)
            cost = f"{row.cpu:8.2f} s CPU, {row.cpu_per_cluster:7.3f} per cluster"
            _say(f"{row.who:5} {row.what:10} {row.clusters:5} {cost}, {row.wall:6.1f} s, {row.peak_mib:5.0f} MiB")
    except (Failed, SandboxError) as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is left running")
        return 130
    result = Result(date=f"{datetime.now(tz=UTC):%Y-%m-%d}", machine=_machine(), rows=tuple(rows))
    _say(f"all in {time.monotonic() - begin:.0f} s\n")
    _say(markdown(result))
    if options.write or not _restricted(options):
        _write(result)
    return 0


def _measure(options: argparse.Namespace) -> Iterator[Row]:
    report = partial(_log, time.monotonic())
    contestants = chosen(options.only, lambda: rival_ansible(_say))
    behaviour = {"ready_seconds": options.ready_after, "start_seconds": 0.5, "stop_seconds": 0.3}
    if contestants:
        with fleet(max(options.clusters), parked=False, registries=[], behaviour=behaviour, report=report) as live:
            for size in options.clusters:
                for who, contend in contestants.items():
                    sample = size if who == "ours" else min(size, SAMPLE)
                    registry = registry_of(who, size)
                    for what in ("changed", "unchanged"):
                        yield contend(Run(fleet=live, clusters=size, sample=sample, what=what, registry=registry))
    if grown := [what for what in ("audit", "add") if what in options.only]:
        with fleet(max(options.fleet), parked=True, registries=[GHCR], behaviour=behaviour, report=report) as parked:
            for size in options.fleet:
                for what in grown:
                    yield ours(Run(fleet=parked, clusters=size, sample=size, what=what, registry=GHCR))


def _write(result: Result) -> None:
    save(result.rows, DOCS / "performance.json")
    page = DOCS / "performance.md"
    page.write_text(refreshed(page.read_text(encoding="utf-8"), markdown(result)), encoding="utf-8")
    series = {
        name: [Point(row.clusters, row.cpu_per_cluster) for row in result.of("ours", what)]
        for name, what in (("audit", "audit"), ("add, nothing to do", "add"))
    }
    if all(series.values()):
        title = "CPU seconds per cluster, the start of Ansible included"
        (DOCS / "performance-growth.svg").write_text(plot(title, series, unit="s"), encoding="utf-8")


def _machine() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{len(os.sched_getaffinity(0))} cores ({platform.machine()}), {pages / 2**30:.0f} GiB, "
        f"Python {platform.python_version()}"
    )


def _restricted(options: argparse.Namespace) -> bool:
    defaults = _parser().parse_args([])
    return any(getattr(options, name) != getattr(defaults, name) for name in ("only", "clusters", "fleet"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/benchmark/run",
        description="Measures what the collection costs, and writes docs/performance.* when nothing was left out.",
    )
    parser.add_argument(
        "--only", type=_parts, default=PARTS, metavar="PARTS", help=f"some of {','.join(PARTS)} (all of them)"
    )
    parser.add_argument(
        "--clusters", type=_sizes, default=(1, 20, 100), metavar="N,...", help="sizes to compare at (1,20,100)"
    )
    parser.add_argument(
        "--fleet",
        type=_sizes,
        default=(1, 10, 100, 1000),
        metavar="N,...",
        help="sizes of audit and add (1,10,100,1000)",
    )
    parser.add_argument(
        "--ready-after", type=float, default=0.6, metavar="SECONDS", help="from an API's first answer to a ready pod"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.* even if parts are left out")
    return parser


def _parts(text: str) -> Sequence[str]:
    chosen = tuple(text.split(","))
    if unknown := set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _sizes(text: str) -> Sequence[int]:
    return tuple(sorted({int(part) for part in text.split(",")}))


def _log(begin: float, line: str) -> None:
    _say(f"[{time.monotonic() - begin:4.0f} s] {line}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
