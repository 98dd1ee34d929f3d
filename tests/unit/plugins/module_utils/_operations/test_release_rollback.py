# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Returning a release to a good revision, as a task does it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.deployer_values import MARK
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.release_rollback import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    HelmError,
    InputError,
    ReleaseError,
    RolloutError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CANARY, FOREIGN
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import CONFIG_MAP, SECRETS, config_map
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import StoredHistory, revision

GHCR_ENV = env_of(GHCR)


@pytest.fixture
def history(tmp_path: Path) -> StoredHistory:
    """The second revision has failed on top of the first."""
    found = StoredHistory(tmp_path, revision(1, "deployed"), revision(2, "failed", GHCR_ENV))
    found.behave(leaves=revision(3, "deployed"))
    return found


def stored_since(document: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The Secret of a revision that helm has written so many seconds ago."""
    secret = revision_secret(document, stamp=int(time.time()) - seconds)
    return {f"{SECRETS}/{secret['metadata']['name']}": secret}


def test_the_last_good_revision_is_returned_to_and_its_pods_are_waited_for(history: StoredHistory) -> None:
    result = history.operate(OPERATION)
    assert result["changed"] is True
    assert result["target_revision"] == 1
    assert (result["from_revision"]["revision"], result["from_revision"]["status"]) == (2, "failed")
    assert (result["release"]["revision"], result["release"]["status"]) == (3, "deployed")
    assert result["pods"] == [{"name": "api-1", "ready": True, "restarts": 0}]
    assert (
        result["summary"]
        == "The release was returned to revision 1 (stored as new revision 3), and its pods are ready."
    )
    assert result["cluster"].startswith("http://127.0.0.1")


def test_check_mode_tells_where_to_and_runs_no_helm(history: StoredHistory) -> None:
    result = history.operate(OPERATION, check_mode=True)
    assert (result["changed"], result["target_revision"], result["release"]["revision"]) == (True, 1, 1)
    assert result["summary"] == "The release would be returned from revision 2 to 1."
    assert history.calls == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_release_that_is_there_already_is_left_as_it_is(tmp_path: Path, *, check_mode: bool) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed"))
    result = found.operate(OPERATION, check_mode=check_mode)
    assert (result["changed"], result["target_revision"]) == (False, 2)
    ready = "" if check_mode else ", and its pods are ready"
    assert result["summary"] == f"The release is at revision 2{ready}."
    assert found.calls == []


def test_a_revision_that_is_asked_for_is_returned_to_although_a_newer_one_is_good(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2), revision(3, "deployed", GHCR_ENV))
    found.behave(leaves=revision(4, "deployed"))
    assert found.operate(OPERATION, revision=1)["target_revision"] == 1
    assert found.written[0][:3] == ["rollback", "api", "1"]


@pytest.mark.parametrize(
    "number,told",
    [
        (2, "revision 2 has status failed, so it was never fully applied"),
        (9, "has no revision 9"),
    ],
)
def test_a_revision_that_is_no_place_to_return_to_is_refused(history: StoredHistory, number: int, told: str) -> None:
    with pytest.raises(ReleaseError, match=told) as caught:
        history.operate(OPERATION, revision=number)
    assert "release_rollback can return to revision 1 (option revision)." in str(caught.value)
    assert history.calls == []


def test_a_deployed_revision_whose_pods_crash_is_not_the_one_to_return_to(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed", GHCR_ENV))
    found.crash()
    assert found.operate(OPERATION, check_mode=True)["target_revision"] == 1


def test_without_a_good_revision_the_choices_and_the_option_are_named(tmp_path: Path) -> None:
    half = pair("GHCR", "GitHub", None)
    found = StoredHistory(tmp_path, revision(1, env=half), revision(2, "deployed", half))
    with pytest.raises(ReleaseError, match="nvcf/api has no revision that is known to be good") as caught:
        found.operate(OPERATION)
    assert "release_rollback can return to revision 1 or 2 (option revision)." in str(caught.value)
    assert [line["revision"] for line in caught.value.facts["history"]] == [2, 1]


@pytest.mark.parametrize("expected", [None, 2])
def test_the_expected_revision_or_none_lets_the_rollback_go_on(history: StoredHistory, expected: int | None) -> None:
    assert history.operate(OPERATION, check_mode=True, expected_revision=expected)["changed"] is True


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_somebody_has_built_on_top_is_not_taken_back(history: StoredHistory, *, check_mode: bool) -> None:
    with pytest.raises(
        ReleaseError, match=r"newest is 2 \(failed since 2026-11-23 12:30:00 UTC\), and expected_revision is 1"
    ) as (caught):
        history.operate(OPERATION, check_mode=check_mode, expected_revision=1)
    assert (
        "Compare both revisions. To undo only your own change, run recognized_registry with the opposite state."
        in str(caught.value)
    )
    assert caught.value.facts["history"][0]["revision"] == 2
    assert history.calls == []


OWN = {"fleetops.nvcf/run": "a1.1"}


def test_what_bears_the_mark_is_taken_back_while_it_is_the_newest(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"), revision(2, "failed", env_of(GHCR), labels=OWN))
    found.behave(leaves=revision(3, "deployed"))
    result = found.operate(OPERATION, revision=1, mark="a1.1", pending_min_age=0)
    assert (result["changed"], result["release"]["revision"]) == (True, 3)


def test_what_was_built_on_the_marked_revision_is_not_taken_back(tmp_path: Path) -> None:
    # Helm hands labels down.
    theirs = revision(3, "deployed", env_of(QUAY), labels=OWN)
    found = StoredHistory(tmp_path, revision(1), revision(2, env=env_of(GHCR), labels=OWN), theirs)
    with pytest.raises(ReleaseError, match=r"newest is 3 \(deployed .* and expected_revision is 2"):
        found.operate(OPERATION, revision=1, mark="a1.1")
    assert found.written == []


def test_where_no_revision_bears_the_mark_there_is_nothing_to_take_back(tmp_path: Path) -> None:
    # A colleague's upgrade; this run's helm was cut off before it had stored anything.
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed", env_of(QUAY)))
    result = found.operate(OPERATION, revision=1, mark="a1.1")
    assert result["changed"] is False
    assert "helm stored nothing" in result["summary"]
    assert found.written == []


@pytest.mark.parametrize("mark", ["", "a1", "a1.x", "a1.1 ", "; rm"])
def test_what_is_no_mark_is_refused(history: StoredHistory, mark: str) -> None:
    with pytest.raises(InputError, match=r"mark .* is not valid\."):
        history.operate(OPERATION, mark=mark)


def test_a_newer_revision_of_this_collection_is_told_with_its_purpose(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed", told=f"{MARK}add GHCR=ghcr.io"))
    with pytest.raises(ReleaseError, match=r"\(deployed since 2026-11-23 12:30:00 UTC, 'add GHCR=ghcr\.io'\)"):
        found.operate(OPERATION, expected_revision=1)


def test_a_description_of_somebody_else_may_quote_a_password_and_is_not_told(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "failed", told=f"bad value {CANARY} {MARK}"))
    with pytest.raises(ReleaseError) as caught:
        found.operate(OPERATION, expected_revision=1)
    assert CANARY not in str(caught.value)
    assert "(failed since 2026-11-23 12:30:00 UTC)" in str(caught.value)


def test_a_newer_revision_that_can_not_be_read_is_told_without_its_purpose(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed"))
    found.kubernetes.objects[f"{SECRETS}/sh.helm.release.v1.api.v2"]["data"]["release"] = "!"
    with pytest.raises(ReleaseError, match=r"newest is 2 \(deployed since 2026-11-23 12:30:00 UTC\)"):
        found.operate(OPERATION, expected_revision=1)


def test_a_newer_revision_without_any_time_is_told_all_the_same(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed"))
    del found.kubernetes.objects[f"{SECRETS}/sh.helm.release.v1.api.v2"]["metadata"]["creationTimestamp"]
    with pytest.raises(ReleaseError, match=r"\(deployed since an unknown time\)"):
        found.operate(OPERATION, expected_revision=1)


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_operation_that_may_still_run_is_not_run_over(tmp_path: Path, *, check_mode: bool) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"))
    found.kubernetes.objects |= stored_since(revision(2, "pending-upgrade", GHCR_ENV), 60)
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        found.operate(OPERATION, check_mode=check_mode)
    assert found.calls == []


def test_an_operation_that_was_killed_long_ago_is_returned_from(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"))
    found.kubernetes.objects |= stored_since(revision(2, "pending-upgrade", GHCR_ENV), 3600)
    found.behave(leaves=revision(3, "deployed"))
    assert found.operate(OPERATION)["from_revision"]["status"] == "pending-upgrade"
    assert found.written[0][:3] == ["rollback", "api", "1"]


def test_a_rollback_that_fails_tells_what_it_has_left(history: StoredHistory) -> None:
    history.behave(error="ROLLBACK FAILED: no", leaves=revision(3, "failed"))
    with pytest.raises(HelmError) as caught:
        history.operate(OPERATION)
    assert (caught.value.facts["changed"], caught.value.facts["newest_revision"]) == (True, 3)
    assert caught.value.cluster is not None


def test_pods_that_do_not_come_up_after_the_rollback_fail_a_task_that_has_changed_something(
    history: StoredHistory,
) -> None:
    history.crash()
    with pytest.raises(RolloutError, match="rollout of nvcf/nvcf-api failed: pod api-1") as caught:
        history.operate(OPERATION)
    assert (caught.value.facts["changed"], caught.value.facts["newest_revision"]) == (True, 3)


def test_pods_that_do_not_run_where_nothing_was_to_be_returned_have_changed_nothing(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed", GHCR_ENV))
    found.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | GHCR_ENV)
    found.crash()
    with pytest.raises(RolloutError) as caught:
        found.operate(OPERATION, revision=2)
    assert "changed" not in caught.value.facts
    assert found.calls == []
