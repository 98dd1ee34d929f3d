# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of one image on one cluster, or on one kind of its nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._runtime.errors import NvcfError
from .credential_sources import Assessment
from .outcome import Outcome
from .placement import Pool
from .remedy import Remedy

MOST_TOLD = 10
"""Failures that a summary reports one by one."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One of the results."""

    cluster: str
    namespace: str
    image: str | None = None
    """None where the cluster could not be asked at all."""
    assessment: Assessment | None = None
    pool: Pool | None = None
    outcome: Outcome | None = None
    """None where no node was asked."""
    error: NvcfError | None = None
    remedy: Remedy | None = None

    @property
    def failed(self) -> bool:
        """Whether the image was not pulled, or no one could be asked."""
        return self.error is not None or (self.outcome is not None and not self.outcome.pulled)

    def facts(self) -> dict[str, Any]:
        """For results and reports; the keys are those of `results` in the documentation of image_pull_check."""
        known = self.assessment.facts() if self.assessment else {}
        outcome = self.outcome.facts() if self.outcome else {"pulled": None, "reason": None, "message": None}
        if self.error:
            reason = "no_answer" if self.error.silent else "cluster_error"
            outcome = {"pulled": False, "reason": reason, "message": str(self.error)}
        return {
            "cluster": self.cluster,
            "image": self.image,
            "pool": self.pool and self.pool.name,
            # As results of a loop have them: anyone who looks for the failures of a task finds them.
            "failed": self.failed,
            "msg": f"cluster {self.cluster}: {self}",
            "sources": [],
            "verdict": "unknown",
            "explanation": "",
            **known,
            **outcome,
            "remedy": self.remedy and self.remedy.facts(),
        }

    def __str__(self) -> str:
        """A sentence or some."""
        if self.failed:
            return self.explain()
        if self.outcome is None:
            explanation = self.assessment.explanation if self.assessment else ""
            return f"{explanation} {self.remedy or ''}".rstrip()
        return f"Nodes can pull {self.image} for pods of namespace {self.namespace}{self._on}."

    def explain(self) -> str:
        """Why it failed, and what to do."""
        outcome, known = self.outcome, self.assessment
        if outcome is None or known is None:
            about = f"{self.image}: " if self.image else ""
            end = "" if str(self.error).endswith((".", "!", "?")) else "."
            return f"{about}{self.error}{end}"
        text = (
            f"{self.image} could not be pulled for a pod of namespace {self.namespace}{self._on} ({outcome.reason}): "
            f"{outcome.meaning}.{outcome.said} {known.seen} {self.remedy or ''}"
        )
        return text.rstrip()

    @property
    def _on(self) -> str:
        return f" on nodes of the pool {self.pool.name}" if self.pool else ""


def summary(rows: Sequence[Row]) -> str:
    """The result of all, the failures first."""
    if len(rows) == 1:
        return str(rows[0])
    failures = [row for row in rows if row.failed]
    reported = [f"cluster {row.cluster}: {row}" for row in failures[:MOST_TOLD]]
    if more := len(failures) - len(reported):
        reported.append(f"{more} more could not be pulled: see results.")
    return " ".join(
        [*reported, *_successes(rows), *(f"cluster {row.cluster}, {row.image}: {row}" for row in _unasked(rows))]
    )


def _unasked(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.outcome is None and row.error is None]


def _successes(rows: Sequence[Row]) -> Iterator[str]:
    """A sentence for each image that was pulled somewhere."""
    pulled: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in rows:
        if row.outcome and row.outcome.pulled:
            places = pulled.setdefault((str(row.image), row.namespace), {})
            places.setdefault(row.cluster, []).extend([row.pool.name] if row.pool else [])
    for (image, namespace), places in pulled.items():
        named = ", ".join(f"{cluster} ({'; '.join(on)})" if on else cluster for cluster, on in places.items())
        yield f"Nodes can pull {image} for pods of namespace {namespace} on {named}."
