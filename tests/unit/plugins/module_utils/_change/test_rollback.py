# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Back to an earlier revision, and what of it this run may call its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.rollback import is_current, restore, same_content
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.release_rollback import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import FOREIGN
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import CONFIG_MAP, SECRETS, config_map, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import CHART
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import StoredHistory, revision

RELEASE = Release(
    service=FUNCTIONS,
    name="api",
    namespace="nvcf",
    revision=1,
    status="superseded",
    values={"api": {"env": {"A": "1"}}},
    chart=CHART,
    manifest="kind: Service",
)
OTHER_CHART = {"metadata": {"name": "helm-nvcf-api", "version": "1.26.0"}}


@pytest.fixture
def history(tmp_path: Path) -> StoredHistory:
    """The first revision was good; the second one, which is deployed, has GHCR."""
    found = StoredHistory(tmp_path, revision(1), revision(2, "deployed", env_of(GHCR)))
    found.behave(leaves=revision(3, "deployed"))
    return found


def go_back(
    found: StoredHistory, trail: WriteRecord, *, between: Callable[[], Any] = lambda: None, **given: Any
) -> Release:
    """To the first revision; `between` happens after the look that it was decided on."""
    with found.connected(OPERATION, written=trail, **given) as (handle, _options):
        seen = handle.history()
        target = handle.revision(seen, 1)
        between()
        return restore(handle, seen, target)


@pytest.mark.parametrize(
    "changes,same",
    [
        ({"revision": 7, "status": "deployed", "description": "Rollback to 1", "apply_method": "ssa"}, True),
        ({"values": {"api": {"env": {"A": "2"}}}}, False),
        ({"manifest": "kind: Secret"}, False),
        ({"chart": OTHER_CHART}, False),
    ],
)
def test_two_revisions_are_the_same_by_values_objects_and_chart(changes: dict[str, Any], *, same: bool) -> None:
    assert same_content(RELEASE, dataclasses.replace(RELEASE, **changes)) is same


@pytest.mark.parametrize(
    "revisions,target,current",
    [
        pytest.param([revision(1), revision(2, "deployed")], 2, True, id="it is the newest"),
        pytest.param([revision(1), revision(2, "deployed")], 1, True, id="the newest has its content"),
        pytest.param([revision(1), revision(2, "deployed", env_of(GHCR))], 1, False, id="the newest has other values"),
        pytest.param([revision(1, "deployed"), revision(2, "failed")], 1, False, id="a failed one on top"),
        pytest.param([revision(1), revision(2, "failed")], 2, False, id="it is the newest and has failed"),
        pytest.param([revision(1, "deployed"), revision(2, "pending-upgrade")], 1, False, id="a pending one on top"),
    ],
)
def test_a_release_is_where_it_ought_to_be_only_if_nothing_unfinished_is_on_top(
    tmp_path: Path, revisions: list[dict[str, Any]], target: int, *, current: bool
) -> None:
    with StoredHistory(tmp_path, *revisions).connected(OPERATION) as (handle, _options):
        seen = handle.history()
        assert is_current(handle.cluster, seen, handle.revision(seen, target)) is current


@pytest.mark.parametrize(
    "variable,current", [(next(iter(env_of(GHCR))), False), ("COLLEAGUES", True)], ids=["a registry's", "another's"]
)
def test_nor_if_a_variable_of_a_registry_is_live_that_it_does_not_have(
    tmp_path: Path, variable: str, *, current: bool
) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "failed", env_of(GHCR)), revision(3, "deployed"))
    found.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | {variable: "left behind"})
    with found.connected(OPERATION) as (handle, _options):
        seen = handle.history()
        assert is_current(handle.cluster, seen, handle.revision(seen, 3)) is current


def test_going_back_makes_a_new_revision_with_the_old_content(history: StoredHistory) -> None:
    trail = WriteRecord()
    release = go_back(history, trail)
    assert (release.revision, release.status) == (3, "deployed")
    assert release.values == {"api": {"env": FOREIGN}}
    assert trail.facts() == {"changed": True, "newest_revision": 3, "mark": trail.mark}
    target = history.kubernetes.objects[f"{SECRETS}/sh.helm.release.v1.api.v1"]
    assert target["metadata"]["labels"]["fleetops.nvcf/run"] == trail.mark, "helm passes it on to what returns there"


@pytest.mark.parametrize(
    "version,applied,forced",
    [("v4.3.1", "ssa", True), ("v3.17.0", "ssa", False), ("v4.3.1", "csa", False), ("v4.3.1", "", False)],
)
def test_the_revision_is_always_named_nothing_is_pruned_and_conflicts_are_forced_where_helm_knows_how(
    tmp_path: Path, version: str, applied: str, *, forced: bool
) -> None:
    first = revision(1, apply_method=applied)
    found = StoredHistory(tmp_path, first, revision(2, "deployed", env_of(GHCR)))
    found.behave(version=version, leaves=revision(3, "deployed"))
    go_back(found, WriteRecord(), timeout=77)
    [call] = found.written
    assert call[:3] == ["rollback", "api", "1"]
    assert call[call.index("--timeout") + 1] == "77s"
    assert call[call.index("--history-max") + 1] == "0"
    assert ("--force-conflicts" in call) is forced


@pytest.mark.parametrize(
    "newer,told",
    [
        (
            revision(3, "pending-upgrade"),
            r"newest revision is 3 \(pending-upgrade\), so another user or tool is changing it",
        ),
        (revision(3, "deployed"), r"newest revision is 3 \(deployed\), so another user or tool is changing it"),
        (
            revision(2, "failed", env_of(GHCR)),
            r"newest revision is 2 \(failed\), so another user or tool is changing it",
        ),
    ],
)
def test_nothing_is_taken_back_once_somebody_else_has_been_at_the_release(
    history: StoredHistory, newer: dict[str, Any], told: str
) -> None:
    trail = WriteRecord()
    with pytest.raises(ReleaseError, match=rf"nvcf/api was not returned to revision 1: its {told}") as caught:
        go_back(history, trail, between=lambda: history.kubernetes.objects.update(stored(newer)))
    assert history.written == []
    assert trail.facts() == {"changed": False}
    assert caught.value.facts["history"][0]["revision"] == newer["version"]


def test_variables_that_the_target_does_not_have_are_gone_before_helm_starts_a_pod(history: StoredHistory) -> None:
    history.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | env_of(QUAY))
    go_back(history, WriteRecord())
    [(path, patch)] = history.kubernetes.patches
    assert path == CONFIG_MAP
    assert patch["data"] == dict.fromkeys(env_of(QUAY))


def test_a_variable_of_the_target_is_left_for_helm_to_mend(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, env=env_of(GHCR)), revision(2, "deployed"))
    found.behave(leaves=revision(3, "deployed", env_of(GHCR)))
    edited = dict.fromkeys(env_of(GHCR), "edited")
    found.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | edited)
    go_back(found, WriteRecord())
    assert found.kubernetes.patches == []


@pytest.mark.parametrize(
    "left,known",
    [
        pytest.param(None, {"changed": False}, id="nothing"),
        pytest.param(revision(3, "failed"), {"changed": True, "newest_revision": 3}, id="its own"),
        pytest.param(revision(3, "deployed", env_of(QUAY), labels={}), {"changed": False}, id="another user's"),
        pytest.param(revision(3, "failed", labels={}), {"changed": False}, id="another user's of the same content"),
    ],
)
def test_a_rollback_that_fails_knows_which_revision_is_its_own(
    history: StoredHistory, left: dict[str, Any] | None, known: dict[str, Any]
) -> None:
    history.behave(error="ROLLBACK FAILED: no", **({"leaves": left} if left else {}))
    trail = WriteRecord()
    with pytest.raises(HelmError, match="helm rollback of release nvcf/api failed: ROLLBACK FAILED: no"):
        go_back(history, trail)
    assert {name: value for name, value in trail.facts().items() if name != "mark"} == known


def test_a_rollback_that_was_cut_off_is_tried_again_while_nobody_else_is_at_the_release(history: StoredHistory) -> None:
    history.behave(error="ROLLBACK FAILED: connection reset")
    calls = history.answer

    def back_again(request: Request) -> Response:
        if len(history.written) == 1:
            history.behave(leaves=revision(3, "deployed"))
        return calls(request)

    history.answer = back_again  # type: ignore[method-assign]
    trail = WriteRecord()
    assert go_back(history, trail).revision == 3
    assert len(history.written) == 2


def test_helms_own_error_is_told_although_the_api_server_is_closed_afterwards(history: StoredHistory) -> None:
    history.behave(error="ROLLBACK FAILED: no", leaves=revision(3, "failed"))
    history.closed = True
    trail = WriteRecord()
    with pytest.raises(HelmError, match="ROLLBACK FAILED: no"):
        go_back(history, trail)
    assert trail.facts() == {"changed": True, "mark": trail.mark}


@pytest.mark.parametrize(
    "left,theirs,told",
    [
        pytest.param(revision(3, "failed"), [], "its new revision 3 is failed", id="failed after all"),
        pytest.param(revision(3, "deployed", env_of(QUAY)), [], "its new revision 3 has other", id="other values"),
        pytest.param(revision(3, "deployed", chart=OTHER_CHART), [], "its new revision 3 has other", id="other chart"),
        pytest.param(revision(3, "deployed", labels={}), [], "its newest revision 3 does not have the", id="no mark"),
        pytest.param(
            revision(3),
            [revision(4, "pending-upgrade", labels={})],
            r"another user or tool created revision 4 \(pending-upgrade\) then",
            id="one of another user on top",
        ),
    ],
)
def test_success_is_believed_only_if_this_runs_own_revision_holds_the_targets_content(
    history: StoredHistory, left: dict[str, Any], theirs: list[dict[str, Any]], told: str
) -> None:
    history.behave(leaves=left)
    history.theirs = theirs
    with pytest.raises(ReleaseError, match=rf"nvcf/api was rolled back to revision 1, but {told}") as caught:
        go_back(history, WriteRecord())
    assert caught.value.facts["history"][0]["revision"] == (theirs or [left])[0]["version"]


def test_what_somebody_made_in_the_same_moment_is_deployed_again(history: StoredHistory) -> None:
    history.theirs = [revision(3, "superseded", env_of(QUAY))]
    history.behave(leaves=revision(4, "deployed"))
    calls = history.answer

    def then(request: Request) -> Response:
        if len(history.written) == 1:
            answer = calls(request)
            history.behave(leaves=revision(5, "deployed", env_of(QUAY)))
            history.theirs = []
            return answer
        return calls(request)

    history.answer = then  # type: ignore[method-assign]
    with pytest.raises(
        ReleaseError, match="another user or tool created revision 3 at the same time, which is deployed again as revi"
    ):
        go_back(history, WriteRecord())
    assert [call[2] for call in history.written] == ["1", "3"]
