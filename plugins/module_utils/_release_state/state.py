# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one look at a release finds, at every level; facts for users are made of it at the edge. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._change.deployer_values import OnTop
from .._change.drift import Drift, repairable
from .._change.owner import Owner
from .._helm.storage import History, Release
from .._nvcf.question import Outcome
from .._nvcf.workloads import OnImage
from .._registries.configured import HeldRegistry, Problem, problems
from .._registries.levels import Levels
from .._registries.values import fragment
from .._rollout.verdict import Verdict
from .elsewhere import Elsewhere


@dataclass(frozen=True, kw_only=True)
class ApiAnswer:
    """What the NVCF API says, or why it says nothing: an API that is down is a finding, no error."""

    recognized: Sequence[dict[str, str]] | None = None
    """Its own list, `[{"name", "hostname"}]`; None when it was not asked or gave none."""
    problem: str | None = None
    """Why it gave none although it was asked."""
    stranded: Sequence[OnImage] | None = ()
    """What is on registries that the wanted state takes away; None when there may be some, and which is not known."""
    stranded_problem: str | None = None
    refused: Sequence[OnImage] = ()
    """Functions whose registry is not recognized, if these were asked for."""
    functions_problem: str | None = None
    """Why these were not listed."""
    asked: Mapping[str, Outcome] = field(default_factory=dict)
    """What was said to an image of a host, if it was asked."""


@dataclass(frozen=True, kw_only=True)
class DeployedState:
    """The deployed revision and what happened to it."""

    release: Release
    stored: tuple[HeldRegistry, ...]
    """The registries that its values hold."""
    levels: Sequence[Levels]
    unmet: Sequence[str] | None
    """What is not as wanted, a sentence each; None when nothing was wanted."""
    rollout: Verdict
    drift: Sequence[Drift]
    on_top: OnTop
    owner: Owner | None = None
    """The controller that the release belongs to."""
    last_good_revision: int | None
    elsewhere: Sequence[Elsewhere] = ()
    """What the API recognizes, and not by the pairs in its values."""

    @property
    def conflicts(self) -> list[str]:
        """Why what is wanted cannot come true by a change of the release, a sentence or two each."""
        return [found.conflict for found in self.elsewhere if found.conflict]

    @property
    def problems(self) -> list[Problem]:
        """Why some of the stored registries do not do what their author meant."""
        return problems(self.stored)

    @property
    def disagreements(self) -> list[str]:
        """A sentence for each registry that not all known levels have."""
        return [level.disagreement for level in self.levels if level.disagreement]

    @property
    def consistent(self) -> bool:
        """Whether it is rolled out, unedited, and renders what its values say."""
        return self.rollout.kind == "done" and not repairable(self.drift) and self.release.rendered == self.stored


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A service that a cluster does not have."""

    cluster: str

    def facts(self) -> dict[str, Any]:
        """For results and reports: `changed`, `missing`, `cluster`, `settled`."""
        return {"changed": False, "missing": True, "cluster": self.cluster, "settled": True}


@dataclass(frozen=True, kw_only=True)
class ReleaseState:
    """One release of one cluster."""

    cluster: str
    history: History
    api: ApiAnswer = ApiAnswer()
    deployed: DeployedState | None = None
    """None when Helm calls no revision deployed."""

    @property
    def unmet(self) -> Sequence[str]:
        """What is not as wanted, a sentence each."""
        if self.deployed is None:
            return ["the release has no deployed revision"]
        return self.deployed.unmet or ()

    @property
    def settled(self) -> bool:
        """Whether all is as wanted at every level, so that there is nothing to do."""
        return (
            self.deployed is not None
            and self.deployed.unmet is not None
            and not (self.deployed.unmet or self.api.problem)
            and self.deployed.consistent
            and self.history.newest == self.history.deployed
        )

    def facts(self, *, details: bool = False) -> dict[str, Any]:
        """For results and reports; the keys are those of the module's documentation.

        Ansible keeps it until the last cluster of a task has ended, so what few read is returned with `details` only.
        """
        newest, deployed, api = self.history.newest, self.deployed, self.api
        return {
            "changed": False,
            "missing": False,
            "cluster": self.cluster,
            "history": self.history.facts(details=details),
            "pending": newest.facts() if newest.pending else None,
            "release": deployed.release.facts() if deployed else None,
            "registries": [level.facts() for level in deployed.levels] if deployed else [],
            "problems": [problem.facts() for problem in deployed.problems] if deployed else [],
            "disagreements": deployed.disagreements if deployed else [],
            "recognized_elsewhere": [found.facts() for found in deployed.elsewhere] if deployed else [],
            "unmet": list(self.unmet),
            "settled": self.settled,
            "api_problem": api.problem,
            "stranded": None if api.stranded is None else [workload.facts() for workload in api.stranded],
            "stranded_problem": api.stranded_problem,
            "last_good_revision": deployed.last_good_revision if deployed else None,
            "drift": [item.facts() for item in deployed.drift] if deployed else [],
            "rollout": {"state": deployed.rollout.kind, "text": deployed.rollout.text} if deployed else None,
            "owner": deployed.owner.facts() if deployed and deployed.owner else None,
            "on_top": (deployed.on_top if deployed else OnTop()).facts(),
            "values_fragment": fragment(deployed.stored) if deployed else "",
        }
