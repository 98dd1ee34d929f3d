# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a look at a cluster may be refused for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.refusals import refusals
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.state import ApiAnswer, ReleaseState
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import Verdict
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import function, release_state, revisions

DONE = Verdict(kind="done", text="1 of 1 pods ready")


def state(*, rollout: Verdict = DONE, unmet: Sequence[str] = (), **answer: Any) -> ReleaseState:
    return release_state(rollout=rollout, unmet=unmet, api=ApiAnswer(**answer))


def told(**found: Any) -> dict[str, str]:
    """The texts by condition."""
    return {refusal.condition: refusal.text for refusal in refusals(state(**found))}


def test_a_cluster_on_which_all_is_well_is_refused_for_nothing() -> None:
    assert told() == {}


def test_an_api_that_runs_and_can_not_be_asked_is_told_with_the_way_around_it() -> None:
    [text, _unmet] = failures(problem="no port-forward.")
    assert text.startswith("no port-forward. Therefore a change could not be verified. Set ask_api to false ")


@pytest.mark.parametrize("kind", ["failed", "waiting"])
def test_an_api_that_is_down_may_be_what_a_change_is_to_heal(kind: Any) -> None:
    assert "unverifiable" not in told(problem="no one is ready.", rollout=Verdict(kind=kind, text="0 of 1 ready"))


def test_an_api_that_was_never_deployed_is_told_as_unmet_only() -> None:
    nothing = ReleaseState(cluster="east-1", history=revisions("failed"), api=ApiAnswer(problem="no pod."))
    assert [refusal.condition for refusal in refusals(nothing)] == ["unmet"]


def test_stranded_functions_are_named_so_that_they_can_be_deleted() -> None:
    [text] = failures(stranded=[function()])
    assert ": mine 0a1b ghcr.io/a/b:1. Delete them first, " in text
    assert text.endswith("(registry_allowlist_on_stranded: warn in the role).")


def test_who_goes_on_without_them_is_not_advised_to() -> None:
    assert told(stranded=[function()])["stranded"].endswith("any more: mine 0a1b ghcr.io/a/b:1.")


def test_not_knowing_what_would_be_stranded_is_no_all_clear() -> None:
    text = told(stranded=None, stranded_problem="the API answered 403.")["stranded"]
    assert text == "which functions would be stranded by a removal is unknown: the API answered 403."


def test_what_is_unmet_is_told_together_with_why_the_api_was_silent() -> None:
    assert told(unmet=["GHCR is not stored"], problem="broken.")["unmet"] == "GHCR is not stored; broken."
    assert told(problem="broken.")["unmet"] == "broken."


def failures(**found: Any) -> list[str]:
    """What ends a look for each condition, in order."""
    return [refusal.failure for refusal in refusals(state(**found))]


def test_functions_of_which_only_a_part_could_be_listed_are_told_as_not_known() -> None:
    [text] = failures(stranded=[function()], stranded_problem="the second page is missing.")
    assert "is unknown: the second page is missing." in text
    assert "0a1b" not in text


def test_every_stranded_function_is_named() -> None:
    [text] = failures(stranded=[function(), function(name="größe", id="9z")])
    assert "mine 0a1b ghcr.io/a/b:1, größe 9z ghcr.io/a/b:1." in text


def test_functions_that_were_not_asked_for_refuse_nothing() -> None:
    assert failures(stranded=None) == []


def test_all_that_is_unmet_is_told_at_once() -> None:
    assert failures(unmet=["GHCR is not stored", "QUAY is not served"]) == ["GHCR is not stored; QUAY is not served."]
