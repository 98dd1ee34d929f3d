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
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from ansible_collections.fleetops.nvcf.tests.benchmark import registries
from ansible_collections.fleetops.nvcf.tests.benchmark.cases import AT_ONCE_SECONDS, CASES, Case, Plan, largest
from ansible_collections.fleetops.nvcf.tests.benchmark.contestants import GHCR, Run
from ansible_collections.fleetops.nvcf.tests.benchmark.cost import Failed, Row
from ansible_collections.fleetops.nvcf.tests.benchmark.fleet import Fleet, fleet
from ansible_collections.fleetops.nvcf.tests.benchmark.plot import Point, plot
from ansible_collections.fleetops.nvcf.tests.benchmark.programs import HERE
from ansible_collections.fleetops.nvcf.tests.benchmark.report import performance, refreshed, scale
from ansible_collections.fleetops.nvcf.tests.benchmark.result import Result
from ansible_collections.fleetops.nvcf.tests.sandbox.build import build
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.progress import Display
from ansible_collections.fleetops.nvcf.tests.sandbox.tools import ALL

DOCS = HERE.parents[1] / "docs"
FIGURES = DOCS / "performance.json"


def main() -> int:
    """Measure what was asked for."""
    parser = _parser()
    options = parser.parse_args()
    if options.write and (options.quick or options.at_most):
        parser.error("--write would lose the larger sizes: leave --quick and --at-most out")
    # As Ctrl-C does it: sandboxes are taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begin = time.monotonic()
    date = f"{datetime.now(tz=UTC):%Y-%m-%d}"
    rows: list[Row] = []
    try:
        if not options.render:
            build(Display(sys.stdout), ALL)
            for row in _measure(_plan(options), partial(_log, begin)):
                rows.append(replace(row, date=date))
                _log(begin, f"{row.case:10} {row.who:8} {row.size:5} {row.cpu:8.2f} s CPU, {row.wall:6.1f} s")
    except (Failed, SandboxError) as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is left running")
        return 130
    before = Result.load(FIGURES.read_text(encoding="utf-8"))
    if options.render or options.write:
        result = replace(before, rows=before.renewed(rows)) if options.render else _result(before.renewed(rows))
        _write(result)
    else:
        result = _result(rows)
    _say(f"{performance(result)}\n\n{scale(result)}")
    return 0


def _plan(options: argparse.Namespace) -> Plan:
    cases = [case for case in CASES if case.name in options.only]
    return [(case, case.sizes(quick=options.quick, at_most=options.at_most, rounds=options.rounds)) for case in cases]


def _measure(plan: Plan, report: partial[None]) -> Iterator[Row]:
    live, parked = largest(plan)
    behavior = {"ready_seconds": AT_ONCE_SECONDS, "start_seconds": 0.5, "stop_seconds": 0.3}
    with ExitStack() as stack:
        made = None
        if live or parked:
            made = stack.enter_context(fleet(live, parked, registries=[GHCR], behavior=behavior, report=report))
        for case, sizes in plan:
            for size, rounds in sizes.items():
                yield from _rounds(made, case, size, rounds)


def _rounds(made: Fleet | None, case: Case, size: int, rounds: int) -> Iterator[Row]:
    for turn in range(rounds):
        for who in case.turns:
            if made is None or case.name == "registries":
                yield registries.measured(who, size, turn)
                continue
            with ExitStack() as stack:
                for cluster in made.box.clusters:
                    stack.enter_context(cluster.behaving(ready_seconds=case.ready_seconds))
                yield Run(fleet=made, case=case, who=who, size=size, turn=turn).measure()


def _result(rows: Sequence[Row]) -> Result:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores ({platform.machine()}), {pages / 2**30:.0f} GiB, Python {platform.python_version()}"
    return Result(machine=machine, cores=cores, rows=tuple(rows))


def _write(result: Result) -> None:
    FIGURES.write_text(result.dump(), encoding="utf-8")
    for name, text in (("performance.md", performance(result)), ("scale.md", scale(result))):
        page = DOCS / name
        page.write_text(refreshed(page.read_text(encoding="utf-8"), text), encoding="utf-8")
    series = {
        name: [Point(size, result.median("fleet", who, size)["each"]) for size in result.sizes("fleet", who)]
        for name, who in (("audit", "audit"), ("add, nothing to do", "ours"), ("empty task", "empty"))
    }
    title = "CPU seconds per cluster, the start of Ansible included"
    drawn = {name: points for name, points in series.items() if points}
    (DOCS / "performance-growth.svg").write_text(plot(title, drawn, unit="s"), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    names = tuple(case.name for case in CASES)
    parser = argparse.ArgumentParser(
        prog="tests/benchmark/run", description="Measures what the collection costs, and prints it."
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds, some minutes")
    parser.add_argument(
        "--only", type=_cases, default=names, metavar="CASES", help=f"some of {','.join(names)} (all of them)"
    )
    parser.add_argument("--at-most", type=int, metavar="N", help="leave larger sizes out")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each size (as the case has it)")
    parser.add_argument(
        "--write", action="store_true", help="write docs/performance.* and docs/scale.md, for the cases that were run"
    )
    parser.add_argument(
        "--render", action="store_true", help="measure nothing; write both pages from docs/performance.json"
    )
    return parser


def _cases(text: str) -> Sequence[str]:
    chosen = tuple(text.split(","))
    if unknown := set(chosen) - {case.name for case in CASES}:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _log(begin: float, line: str) -> None:
    _say(f"[{time.monotonic() - begin:4.0f} s] {line}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
