# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What share of a file's mutants the tests notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

REQUIRED = 85
"""Percent of the mutants of a file, and of all."""

NOTICED = frozenset({"killed", "timeout", "segfault"})


@dataclass(frozen=True, kw_only=True)
class Score:
    """How many mutants there are of something, and how many of them no test notices."""

    subject: str
    mutants: int
    survivors: int

    @property
    def sufficient(self) -> bool:
        """Whether enough of the mutants are noticed."""
        return 100 * (self.mutants - self.survivors) >= REQUIRED * self.mutants

    def __str__(self) -> str:
        share = 100 * (self.mutants - self.survivors) / self.mutants if self.mutants else 100
        return f"{self.subject:40} {self.mutants:6} mutants {self.survivors:5} survivors {share:6.1f} %"


def survivors(result: SourceFileMutationData) -> list[str]:
    """Names of the mutants that no test notices, or that no test reaches."""
    exits = result.exit_code_by_key
    return [mutant for mutant, status in exits.items() if status_by_exit_code[status] not in NOTICED]


def difference(result: SourceFileMutationData, mutant: str) -> str:
    """A mutant's name, and what was changed."""
    return f"{mutant}\n{get_diff_for_mutant(mutant, path=result.path)}\n"


def total(scores: Iterable[Score]) -> Score:
    """The score of all files together."""
    every = list(scores)
    mutants, survived = sum(score.mutants for score in every), sum(score.survivors for score in every)
    return Score(subject="total", mutants=mutants, survivors=survived)
