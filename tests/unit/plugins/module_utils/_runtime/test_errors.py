# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What becomes of an error when a task fails with it."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    ConnectionOptionsError,
    FindingsError,
    HelmError,
    InputError,
    KubernetesError,
    NoAnswerError,
    NvcfApiError,
    NvcfError,
    PlanError,
    ReleaseError,
    RolloutError,
)

FAMILY = (InputError, ReleaseError, PlanError, HelmError, RolloutError, NvcfApiError, FindingsError)


def test_the_message_is_the_failed_tasks_and_the_facts_stand_beside_it() -> None:
    assert NvcfError("no release.", release="api").result() == {"release": "api", "msg": "no release."}


def test_the_cluster_goes_before_the_message_once_it_is_known() -> None:
    error = ReleaseError("no release.")
    error.cluster = "east-1"
    assert error.result() == {"cluster": "east-1", "msg": "cluster east-1: no release."}
    assert str(error) == "no release.", "anyone who shows it beside the cluster's name needs it bare"


def test_a_fact_can_not_take_the_messages_place() -> None:
    error = NvcfError("what happened")
    error.facts["msg"] = "something else"
    assert error.result()["msg"] == "what happened."


def test_two_errors_do_not_share_their_facts() -> None:
    one, other = NvcfError("a"), NvcfError("b")
    one.facts |= {"changed": True}
    assert other.facts == {}


@pytest.mark.parametrize("kind", FAMILY)
def test_an_error_that_a_cluster_has_answered_for_does_not_claim_its_silence(kind: type[NvcfError]) -> None:
    assert "no_answer" not in kind("told").result()


@pytest.mark.parametrize("status,silent", [(0, True), (401, False), (404, False), (503, False)])
def test_only_a_request_without_any_answer_means_that_the_cluster_is_silent(status: int, *, silent: bool) -> None:
    error = KubernetesError("GET /version", status=status)
    assert error.silent is silent
    assert error.result().get("no_answer", False) is silent


def test_options_that_lead_to_no_cluster_mean_that_nothing_is_known_about_it() -> None:
    assert ConnectionOptionsError("no such context").result() == {"no_answer": True, "msg": "no such context."}


def test_an_api_server_error_keeps_status_and_reason_for_programs_and_out_of_the_result() -> None:
    error = KubernetesError("forbidden", status=403, reason="Forbidden", server="https://east-1:6443")
    assert (error.status, error.reason) == (403, "Forbidden")
    assert error.result() == {"server": "https://east-1:6443", "msg": "forbidden."}


def test_an_nvcf_api_without_an_answer_is_no_silent_cluster() -> None:
    """The cluster has been asked and has answered until then: its state is known."""
    error = NoAnswerError("the pod no longer exists", sent=True)
    assert error.result() == {"msg": "the pod no longer exists."}
    assert (error.sent, error.lasting) == (True, False)


def test_a_failed_helm_has_met_no_lock_unless_somebody_has_seen_one() -> None:
    error = HelmError("x")
    assert error.locked is False
    error.locked = True
    assert HelmError("y").locked is False
