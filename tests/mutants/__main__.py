# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Command line of the mutation tests: `python -m ansible_collections.fleetops.nvcf.tests.mutants --help`.

Mutmut changes one spot of a function at a time and runs the unit tests that reach this function: a change that no test
notices is a survivor. Prints the survivors, then what share of the changes was noticed, per file and in total.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from .packages import PACKAGES, ROOT
from .score import REQUIRED, Score, difference, survivors, total
from .workspace import SOURCES, mutate

WORKSPACES = ROOT / ".venv/mutants"


def main() -> int:
    """Mutate the packages asked for and return the exit status."""
    parser = argparse.ArgumentParser(description=f"Mutation tests. Fails below {REQUIRED} %, in total or in a file.")
    parser.add_argument("packages", nargs="*", choices=[[], *PACKAGES], metavar="PACKAGE", help="default: all of them")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="mutants tested at the same time")
    parser.add_argument("--again", action="store_true", help="test only the last run's survivors, and what is new")
    arguments = parser.parse_args()
    scores: list[Score] = []
    for name in arguments.packages or PACKAGES:
        scores += _scores(name, workers=arguments.workers, again=arguments.again)
    scores.append(total(scores))
    print(*scores, sep="\n")
    return 0 if all(score.sufficient for score in scores) else 1


def _scores(name: str, *, workers: int, again: bool) -> list[Score]:
    """The score of each file of a package; prints the survivors."""
    folder = WORKSPACES / name
    scores = []
    for result in mutate(folder, name, PACKAGES[name], workers=workers, again=again):
        survived = survivors(result)
        with contextlib.chdir(folder):
            print(*(difference(result, mutant) for mutant in survived), sep="\n", flush=True)
        subject = str(result.path).removeprefix(f"{SOURCES}/")
        scores.append(Score(subject=subject, mutants=len(result.exit_code_by_key), survivors=len(survived)))
    return scores


if __name__ == "__main__":
    sys.exit(main())
