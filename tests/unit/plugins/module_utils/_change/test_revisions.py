# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which revision to build on, and which one to return to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.revisions import (
    choices,
    is_healthy,
    last_good,
    read_base,
    require,
    starts,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import History, read_history
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.release_rollback import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.observed_state import LiveWorkload
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import evaluate
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    NOON,
    deployment,
    env_of,
    live_workload,
    pair,
    pod_object,
    pod_state,
    trouble,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import PODS, cluster_objects, labeled, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import packed, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import FORBIDDEN, StoredHistory, revision

WHOLE = env_of(GHCR)
LATER = NOON + timedelta(minutes=1)
HALF = pair("GHCR", "GitHub", None)


@contextmanager
def history_of(*revisions: tuple[str, dict[str, str]]) -> Iterator[tuple[Cluster, History]]:
    """A release whose revisions have these statuses and environments, from 1 on."""
    documents: list[dict[str, Any]] = [
        stored_release({"api": {"env": env}}, revision=number, info={"status": status})
        for number, (status, env) in enumerate(revisions, 1)
    ]
    with serving(KubernetesFake(stored(*documents))) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        yield cluster, read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")


@pytest.mark.parametrize(
    "revisions,healthy,number",
    [
        pytest.param([("superseded", {}), ("deployed", WHOLE)], True, 2, id="deployed and healthy"),
        pytest.param([("superseded", {}), ("deployed", WHOLE)], False, 1, id="deployed and not healthy"),
        pytest.param([("superseded", {}), ("deployed", HALF)], True, 1, id="deployed with half a pair"),
        pytest.param(
            [("superseded", WHOLE), ("superseded", HALF), ("deployed", {})], False, 1, id="half a pair before"
        ),
        pytest.param([("deployed", {}), ("failed", WHOLE), ("failed", {})], True, 1, id="failed ones after it"),
        pytest.param([("deployed", {}), ("pending-upgrade", WHOLE)], True, 1, id="pending one after it"),
        pytest.param([("deployed", {})], False, None, id="nothing before it"),
        pytest.param([("failed", {})], True, None, id="nothing ever deployed"),
    ],
)
def test_the_last_good_revision_is_the_newest_with_which_the_api_ran(
    revisions: list[tuple[str, dict[str, str]]], number: int | None, *, healthy: bool
) -> None:
    with history_of(*revisions) as (cluster, history):
        good = last_good(cluster, history, healthy=healthy)
    assert (good.revision if good else None) == number


def test_a_revision_that_was_read_already_is_not_read_again_and_no_other_is_taken_for_it() -> None:
    with history_of(("superseded", {}), ("deployed", WHOLE)) as (cluster, history):
        known = read_base(cluster, history)
        assert last_good(cluster, history, known, healthy=True) is known
        earlier = last_good(cluster, history, known, healthy=False)
    assert earlier is not None
    assert earlier.revision == 1


def test_the_base_for_new_values_is_the_last_deployed_revision() -> None:
    with history_of(("superseded", {}), ("deployed", WHOLE), ("failed", {})) as (cluster, history):
        base = read_base(cluster, history)
    assert (base.revision, base.values) == (2, {"api": {"env": WHOLE}})


def test_without_a_deployed_revision_the_choices_are_named() -> None:
    with (
        history_of(("superseded", {}), ("superseded", {}), ("failed", {})) as (cluster, history),
        pytest.raises(
            ReleaseError,
            match=r"its newest is 3 \(failed\)\. The module release_rollback can return to revision 1 or 2 ",
        ),
    ):
        read_base(cluster, history)


@pytest.mark.parametrize("number", [1, 2])
def test_a_revision_that_helm_once_finished_can_be_returned_to(number: int) -> None:
    with history_of(("superseded", {}), ("deployed", {})) as (cluster, history):
        assert require(cluster, history, number).revision == number


@pytest.mark.parametrize(
    "number,told",
    [
        pytest.param(7, "has no revision 7: it never existed, or Helm has deleted it", id="pruned"),
        pytest.param(2, "revision 2 has status failed, so it was never fully applied", id="failed"),
        pytest.param(3, "revision 3 has status pending-upgrade", id="pending"),
    ],
)
def test_a_revision_that_is_no_place_to_return_to_is_refused_with_those_that_are(number: int, told: str) -> None:
    with (
        history_of(("deployed", {}), ("failed", {}), ("pending-upgrade", {})) as (cluster, history),
        pytest.raises(ReleaseError, match=rf"^release nvcf/api(:| ).*{told}") as caught,
    ):
        require(cluster, history, number)
    assert "release_rollback can return to revision 1 (option revision)." in str(caught.value)
    assert len(caught.value.facts["history"]) == 3


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"manifest": "kind: Service\nmetadata: {name: other}\n"}, id="another chart"),
        pytest.param({"manifest": "a: [b"}, id="no manifest"),
        pytest.param({"chart": None, "info": {}}, id="cut short"),
    ],
)
def test_a_revision_that_can_not_be_read_is_passed_over_and_ends_nothing(damage: dict[str, Any]) -> None:
    damaged = stored_release({}, revision=2, info={"status": "superseded"})
    secrets = stored(stored_release({}, info={"status": "superseded"}), damaged, stored_release({}, revision=3))
    [path] = [path for path in secrets if path.endswith("v2")]
    secrets[path]["data"] = {"release": packed(damaged | damage)}
    with serving(KubernetesFake(secrets)) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        good = last_good(cluster, read_history(cluster, FUNCTIONS, release="api", namespace="nvcf"), healthy=False)
    assert good is not None
    assert good.revision == 1


def test_the_way_back_of_a_change_is_never_newer_than_what_it_is_built_on() -> None:
    with history_of(("superseded", {}), ("superseded", WHOLE), ("deployed", {})) as (cluster, history):
        good = last_good(cluster, history, healthy=True, newest=2)
    assert good is not None
    assert good.revision == 2


CRASHED = pod_state(ready=False, trouble=trouble("exited", "CrashLoopBackOff", exits=3, at=LATER))
OVERDUE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "slow"}


@pytest.mark.parametrize(
    "live,failed",
    [
        pytest.param(live_workload(pod_state()), False, id="ready"),
        pytest.param(live_workload(pod_state(), stale=frozenset({"api-1"})), False, id="older than its environment"),
        pytest.param(live_workload(pod_state(ready=False)), False, id="starting"),
        pytest.param(live_workload(), False, id="no pod yet"),
        pytest.param(
            live_workload(pod_state(ready=False, trouble=trouble("unschedulable", "Unschedulable"))),
            False,
            id="no node",
        ),
        pytest.param(live_workload(deployment=deployment(replicas=0)), False, id="scaled to nothing"),
        pytest.param(
            live_workload(pod_state(ready=False, trouble=trouble("exited", "Error", exits=1, at=LATER))),
            False,
            id="ended once",
        ),
        pytest.param(live_workload(CRASHED), True, id="ends again and again"),
        pytest.param(live_workload(CRASHED, pod_state(name="api-2", owner="old")), True, id="beside an old one"),
        pytest.param(live_workload(CRASHED, pod_state(name="api-2")), False, id="beside another that serves"),
        pytest.param(
            live_workload(pod_state(ready=False), deployment=deployment(conditions=[OVERDUE])), True, id="never ready"
        ),
    ],
)
def test_a_revision_is_given_up_only_where_its_own_pods_have_failed(live: LiveWorkload, *, failed: bool) -> None:
    with history_of(("superseded", {}), ("deployed", WHOLE)) as (cluster, history):
        assert is_healthy(cluster, history, (live, evaluate(live))) is not failed


@pytest.mark.parametrize("status", ["failed", "pending-upgrade"])
def test_the_pods_of_a_newer_revision_tell_nothing_about_the_deployed_one(status: str) -> None:
    live = live_workload(CRASHED)
    with history_of(("superseded", {}), ("deployed", WHOLE), (status, {})) as (cluster, history):
        assert is_healthy(cluster, history, (live, evaluate(live)))


@pytest.mark.parametrize("cause,healthy", [(b"Duplicate key a (attempted merging values b)", False), (b"x", True)])
def test_one_exit_condemns_a_revision_only_where_the_log_names_the_cause(cause: bytes, *, healthy: bool) -> None:
    kubernetes = KubernetesFake(cluster_objects(WHOLE))
    kubernetes.objects[f"{PODS}/api-1"] = labeled(
        pod_object(ready=False, restartCount=1, lastState={"terminated": {"exitCode": 1}})
    )

    def answer(request: Request) -> Response:
        return Response(body=cause) if request.path == f"{PODS}/api-1/log" else kubernetes(request)

    with serving(answer) as server, connect(ConnectionOptions(host=server.url)) as cluster:
        history = read_history(cluster, FUNCTIONS, release="api", namespace="nvcf")
        assert is_healthy(cluster, history) is healthy


def test_an_object_that_was_deleted_by_hand_tells_nothing_about_the_revision() -> None:
    with history_of(("superseded", {}), ("deployed", WHOLE)) as (cluster, history):
        assert is_healthy(cluster, history)


def test_a_history_without_a_way_back_says_so() -> None:
    with history_of(("failed", {})) as (cluster, history):
        told = "No revision is left that release_rollback can return to: install the release again."
        assert choices(cluster, history) == told


def test_revisions_that_cannot_be_read_are_not_numbered(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"))
    answer, closed = found.answer, False
    found.answer = lambda request: FORBIDDEN if closed else answer(request)  # type: ignore[method-assign]
    with found.connected(OPERATION) as (handle, _options):
        seen = handle.history()
        closed = True
        told = "The module release_rollback can return to another revision (option revision)."
        assert choices(handle.cluster, seen) == told


@pytest.mark.parametrize("env,able", [(WHOLE, True), ({}, True), (HALF, False)])
def test_a_revision_with_half_a_pair_is_not_one_to_start_with(env: dict[str, str], *, able: bool) -> None:
    with history_of(("deployed", env)) as (cluster, history):
        assert starts(read_base(cluster, history)) is able


def test_what_never_was_deployed_is_never_the_base() -> None:
    with (
        history_of(("failed", {}), ("pending-upgrade", WHOLE)) as (cluster, history),
        pytest.raises(
            ReleaseError, match=r"No revision is left that release_rollback can return to: install"
        ) as caught,
    ):
        read_base(cluster, history)
    assert [row["revision"] for row in caught.value.facts["history"]] == [2, 1]


FAILED_ONCE = [
    'Upgrade "api" failed: post-upgrade hooks failed: timed out',
    'Rollback "api" failed: connection reset',
    'Release "api" failed: timed out',
    "Preparing upgrade",
]


@pytest.mark.parametrize("told", FAILED_ONCE)
def test_what_helm_has_not_finished_is_no_place_to_return_to_whatever_it_is_called_now(
    tmp_path: Path, told: str
) -> None:
    """Helm 4 calls it superseded when a way back from it has failed."""
    renamed = revision(2, "superseded", told=told)
    found = StoredHistory(tmp_path, revision(1, "deployed"), renamed, revision(3, "failed"))
    with found.connected(OPERATION) as (handle, _options):
        seen = handle.history()
        good = last_good(handle.cluster, seen, healthy=True)
        assert good is not None
        assert good.revision == 1
        assert (
            choices(handle.cluster, seen) == "The module release_rollback can return to revision 1 (option revision)."
        )
        with pytest.raises(ReleaseError, match="revision 2 has status superseded and its operation never finished"):
            require(handle.cluster, seen, 2)


def test_nothing_above_what_is_deployed_is_the_last_good_one(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"), revision(2, "superseded"), revision(3, "failed"))
    with found.connected(OPERATION) as (handle, _options):
        good = last_good(handle.cluster, handle.history(), healthy=True)
        assert good is not None
        assert good.revision == 1


@pytest.mark.parametrize("newest", ["pending-upgrade", "pending-rollback"])
def test_what_a_helm_that_died_before_its_last_write_was_to_replace_is_built_upon(tmp_path: Path, newest: str) -> None:
    renamed = revision(2, "superseded", told=FAILED_ONCE[0])
    found = StoredHistory(tmp_path, revision(1), renamed, revision(3, newest))
    with found.connected(OPERATION) as (handle, _options):
        assert read_base(handle.cluster, handle.history()).revision == 1


def test_without_anything_deployed_or_pending_nothing_is_built_upon(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1), revision(2, "failed"))
    with found.connected(OPERATION) as (handle, _options), pytest.raises(ReleaseError, match="no deployed revision"):
        read_base(handle.cluster, handle.history())


@pytest.mark.parametrize("newest", ["uninstalling", "uninstalled"])
@pytest.mark.parametrize("below", ["superseded", "deployed"])
def test_what_somebody_has_uninstalled_is_not_brought_back(tmp_path: Path, newest: str, below: str) -> None:
    found = StoredHistory(tmp_path, revision(1, below), revision(2, newest))
    with found.connected(OPERATION) as (handle, _options):
        seen = handle.history()
        assert last_good(handle.cluster, seen, healthy=True) is None
        with pytest.raises(
            ReleaseError, match=f"is {newest} since .*: another user or tool is uninstalling or has uninstalled it"
        ):
            read_base(handle.cluster, seen)
