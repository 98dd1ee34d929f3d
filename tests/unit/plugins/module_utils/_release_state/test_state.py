# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What one look at a release finds, and when there is nothing to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import OnTop
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.drift import Drift
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.owner import Goal, Owner
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import fragment
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.state import ApiAnswer, ReleaseState
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import Verdict
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    env_of,
    function,
    held_registry,
    levels,
    release_state,
    revisions,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import CHART, manifest

PREFIX = FUNCTIONS.variable_prefix


def rendered(env: dict[str, str]) -> Release:
    """A deployed revision that renders this environment."""
    return Release(
        service=FUNCTIONS,
        name="api",
        namespace="nvcf",
        revision=1,
        status="deployed",
        values={},
        chart=CHART,
        manifest=manifest(env),
    )


def with_ghcr(**found: Any) -> ReleaseState:
    """GHCR is wanted, stored and rendered, and all is well but for what is given."""
    calm: dict[str, Any] = {"release": rendered(env_of(GHCR)), "stored": (held_registry(),), "unmet": []}
    return release_state(**(calm | found))


def edited(variable: str) -> Drift:
    return Drift(
        service=FUNCTIONS, object="configmap", name="configmap/nvcf-api-env", variable=variable, change="changed"
    )


def test_there_is_nothing_to_do_where_all_is_as_wanted_at_every_level() -> None:
    assert with_ghcr().settled
    assert with_ghcr(drift=[edited("LOG_LEVEL")]).settled, "what is not a registry's is not ours to repair"


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"unmet": None}, id="there is no desired state"),
        pytest.param({"unmet": ["GHCR is not stored"]}, id="something is missing"),
        pytest.param({"api": ApiAnswer(problem="no answer")}, id="silent API"),
        pytest.param({"rollout": Verdict(kind="stale", text="api-1 is older")}, id="not rolled out"),
        pytest.param({"drift": [edited(f"{PREFIX}GHCR_NAME")]}, id="edited by hand"),
        pytest.param({"release": rendered({})}, id="does not render what is stored"),
        pytest.param({"history": revisions("deployed", "failed")}, id="failed revision on top"),
    ],
)
def test_there_is_something_to_do_while_any_part_of_it_is_not_as_wanted(found: dict[str, Any]) -> None:
    assert not with_ghcr(**found).settled


def test_a_release_without_a_deployed_revision_is_never_as_wanted() -> None:
    nothing = ReleaseState(cluster="east-1", history=revisions("failed"))
    assert not nothing.settled
    assert nothing.unmet == ["the release has no deployed revision"]
    assert nothing.facts() == {
        "changed": False,
        "missing": False,
        "cluster": "east-1",
        "history": revisions("failed").facts(),
        "pending": None,
        "release": None,
        "registries": [],
        "problems": [],
        "disagreements": [],
        "recognized_elsewhere": [],
        "unmet": ["the release has no deployed revision"],
        "settled": False,
        "api_problem": None,
        "stranded": [],
        "stranded_problem": None,
        "last_good_revision": None,
        "drift": [],
        "rollout": None,
        "owner": None,
        "on_top": OnTop().facts(),
        "values_fragment": "",
    }


def test_all_that_was_found_is_told() -> None:
    half, level = held_registry(key="BAD", name="Bad", hostname=None), levels(held_registry(), running=False)
    drift, on_top = edited("LOG_LEVEL"), OnTop(registries=held(env_of(GHCR), FUNCTIONS), basis="revision 1")
    goal = Goal(service=FUNCTIONS, after=[held_registry()], removed=[half])
    owner = Owner(kind="HelmRelease", place="a/b", state="suspended", goal=goal)
    state = with_ghcr(
        history=revisions("deployed", "pending-upgrade"),
        api=ApiAnswer(problem="no answer", stranded=[function()], stranded_problem="a page is missing"),
        stored=(held_registry(), half),
        levels=[level, levels(half)],
        unmet=["GHCR is not running"],
        drift=[drift],
        on_top=on_top,
        owner=owner,
        last_good_revision=7,
    )
    assert state.deployed is not None
    assert state.facts() == {
        "changed": False,
        "missing": False,
        "cluster": "east-1",
        "history": state.history.facts(),
        "pending": state.history.newest.facts(),
        "release": state.deployed.release.facts(),
        "registries": [level.facts(), levels(half).facts()],
        "problems": [{"key": "BAD", "fatal": True, "problem": "HOSTNAME is missing or empty: the API does not start"}],
        "disagreements": [level.disagreement],
        "recognized_elsewhere": [],
        "unmet": ["GHCR is not running"],
        "settled": False,
        "api_problem": "no answer",
        "stranded": [function().facts()],
        "stranded_problem": "a page is missing",
        "last_good_revision": 7,
        "drift": [drift.facts()],
        "rollout": {"state": "done", "text": "1 of 1 pods ready"},
        "owner": owner.facts(),
        "on_top": on_top.facts(),
        "values_fragment": fragment([held_registry()]),
    }


@pytest.mark.parametrize(
    "details, told", [(False, ["failed", "deployed"]), (True, ["failed", "deployed", "superseded"])]
)
def test_former_revisions_are_told_only_to_who_asks_for_details(told: list[str], *, details: bool) -> None:
    state = ReleaseState(cluster="east-1", history=revisions("superseded", "deployed", "failed"))
    assert [revision["status"] for revision in state.facts(details=details)["history"]] == told


def test_functions_of_which_nothing_is_known_are_not_told_as_none() -> None:
    assert with_ghcr(api=ApiAnswer(stranded=None)).facts()["stranded"] is None
