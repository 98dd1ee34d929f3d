# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a pod's status says about the API container in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.pod_status import PodState, Trouble, read_pod
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import NOON, pod_object


def read(pod: dict[str, Any]) -> PodState:
    return read_pod(pod, "helm-nvcf-api")


def trouble(**container: Any) -> Trouble | None:
    return read(pod_object(ready=False, **container)).trouble


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


def test_a_serving_pod_is_read_whole() -> None:
    assert read(pod_object()) == PodState(
        name="api-1",
        owner="new",
        ready=True,
        terminating=False,
        gone=False,
        made=NOON,
        started=NOON,
        restarts=0,
        trouble=None,
    )


def test_a_pod_without_any_status_is_not_ready_and_in_no_trouble() -> None:
    state = read({"metadata": {"name": "api-1"}})
    assert (state.owner, state.ready, state.started, state.trouble) == ("", False, None, None)


def test_a_pod_on_its_way_out_does_not_serve_although_it_is_ready() -> None:
    pod = pod_object()
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    assert read(pod).ready
    assert not read(pod).serving


@pytest.mark.parametrize("phase,gone", [("Failed", True), ("Succeeded", True), ("Running", False), ("Pending", False)])
def test_a_pod_is_gone_when_its_containers_have_ended_for_good(phase: str, *, gone: bool) -> None:
    pod = pod_object()
    pod["status"]["phase"] = phase
    assert read(pod).gone is gone


def test_only_the_controller_owns_a_pod() -> None:
    pod = pod_object()
    pod["metadata"]["ownerReferences"] = [{"uid": "other"}, {"uid": "new", "controller": True}]
    assert read(pod).owner == "new"


def test_the_start_and_the_restarts_are_those_of_the_apis_container() -> None:
    pod = pod_object(restartCount=3)
    sidecar = {"name": "proxy", "restartCount": 9, "state": {"running": {"startedAt": "2020-01-01T00:00:00Z"}}}
    pod["status"]["containerStatuses"].insert(0, sidecar)
    state = read(pod)
    assert state.started == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert state.restarts == 3


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])
def test_an_image_that_can_not_be_pulled_is_trouble(reason: str) -> None:
    found = trouble(state=waiting(reason, "unauthorized"))
    assert found == Trouble(kind="image", reason=reason, message="unauthorized")


@pytest.mark.parametrize("reason", ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"])
def test_a_container_that_can_not_be_made_is_trouble(reason: str) -> None:
    found = trouble(state=waiting(reason, 'configmap "x" not found'))
    assert found == Trouble(kind="config", reason=reason, message='configmap "x" not found')


@pytest.mark.parametrize(
    "container,reason,message",
    [
        pytest.param(
            {"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}, "Error", "exit code 1 (Error)", id="ended"
        ),
        pytest.param(
            {"state": {"terminated": {"exitCode": 137}}}, "Terminated", "exit code 137", id="without a reason"
        ),
        pytest.param(
            {"state": waiting("CrashLoopBackOff"), "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}},
            "CrashLoopBackOff",
            "exit code 1 (Error)",
            id="waiting for its next start",
        ),
        pytest.param(
            {"lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}},
            "OOMKilled",
            "exit code 137 (OOMKilled)",
            id="started again and not ready yet",
        ),
    ],
)
def test_a_container_that_has_ended_and_is_not_ready_is_suspected(
    container: dict[str, Any], reason: str, message: str
) -> None:
    found = trouble(**container)
    assert found is not None
    assert (found.kind, found.reason, found.message) == ("exited", reason, message)


def pod_beside(*beside: dict[str, Any], init: bool = False, ready: bool = False) -> dict[str, Any]:
    """A pod whose API waits for containers beside it."""
    pod = pod_object(ready=ready, state=waiting("PodInitializing") if init else {"running": {}})
    if init:
        pod["status"]["initContainerStatuses"] = list(beside)
    else:
        pod["status"]["containerStatuses"] += beside
    return pod


BACKING_OFF = {"state": waiting("CrashLoopBackOff"), "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}}}


@pytest.mark.parametrize("init", [True, False], ids=["init", "sidecar"])
@pytest.mark.parametrize(
    "status,kind,reason,message",
    [
        pytest.param({"state": waiting("ImagePullBackOff", "no")}, "image", "ImagePullBackOff", "no", id="image"),
        pytest.param(
            {"state": waiting("CreateContainerConfigError", "no")},
            "config",
            "CreateContainerConfigError",
            "no",
            id="config",
        ),
        pytest.param(BACKING_OFF, "exited", "CrashLoopBackOff", "exit code 7 (Error)", id="crash loop"),
    ],
)
def test_the_trouble_of_a_container_beside_the_apis_is_that_of_the_pod(
    status: dict[str, Any], kind: str, reason: str, message: str, *, init: bool
) -> None:
    found = read(pod_beside({"name": "vault", **status}, init=init)).trouble
    assert found == Trouble(kind=kind, reason=reason, message=message, container="vault")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({"state": {"terminated": {"exitCode": 0}}}, id="has done its work"),
        pytest.param({"state": {"terminated": {"exitCode": 1}}}, id="ended once"),
        pytest.param({"state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}}}, id="tries again"),
    ],
)
def test_a_container_that_may_only_be_waiting_for_something_is_in_no_trouble(status: dict[str, Any]) -> None:
    assert read(pod_beside({"name": "vault", **status}, init=True)).trouble is None


def test_a_sidecar_of_a_pod_that_is_ready_is_nobodys_trouble() -> None:
    pod = pod_beside({"name": "proxy", **BACKING_OFF}, ready=True)
    assert read(pod).trouble is None


def test_why_a_pod_is_not_ready_is_told_in_kubernetes_words() -> None:
    pod = pod_object(ready=False, state=waiting("ContainerCreating"))
    message = "containers with unready status: [helm-nvcf-api]"
    pod["status"]["conditions"] = [
        {"type": "Initialized", "status": "True"},
        {"type": "Ready", "status": "False", "message": message},
    ]
    assert read(pod).unready == f"{message} (ContainerCreating)"


def test_of_a_pod_that_is_ready_nothing_is_told_as_missing() -> None:
    pod = pod_beside({"name": "proxy", **BACKING_OFF}, ready=True)
    assert read(pod).unready == ""


def test_a_container_that_is_refused_without_a_word_is_trouble_without_a_message() -> None:
    assert trouble(state=waiting("ErrImagePull")) == Trouble(kind="image", reason="ErrImagePull", message="")


@pytest.mark.parametrize(
    "beside,init,speaker",
    [
        pytest.param({"state": {"running": {}}}, True, "vault", id="init container at work"),
        pytest.param({"state": {"running": {}}, "ready": True}, True, "", id="init container that serves for good"),
        pytest.param({"state": waiting("PodInitializing")}, True, "", id="init container that waits for its turn"),
        pytest.param({"state": {"running": {}}}, False, "", id="the API itself is not ready"),
        pytest.param({"state": {"terminated": {}}, "ready": True}, True, "", id="init container has ended"),
    ],
)
def test_the_log_that_tells_more_is_that_of_who_is_at_work(beside: dict[str, Any], speaker: str, *, init: bool) -> None:
    assert read(pod_beside({"name": "vault", **beside}, init=init)).speaker == speaker


def test_the_log_that_tells_more_is_that_of_a_sidecar_once_the_api_is_ready() -> None:
    pod = pod_beside({"name": "proxy", "state": {"running": {}}})
    pod["status"]["containerStatuses"][0]["ready"] = True
    assert read(pod).speaker == "proxy"


def test_an_old_exit_is_no_trouble_once_the_container_is_ready() -> None:
    pod = pod_object(restartCount=1, lastState={"terminated": {"exitCode": 1}})
    assert read(pod).trouble is None


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_container_that_is_being_made_is_in_no_trouble(reason: str) -> None:
    assert trouble(state=waiting(reason)) is None


@pytest.mark.parametrize("reason,found", [("Unschedulable", True), ("SchedulingGated", False)])
def test_a_pod_that_no_node_takes_is_trouble(reason: str, *, found: bool) -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes"}]
    state = read({"metadata": {"name": "a"}, "status": {"phase": "Pending", "conditions": conditions}})
    unschedulable = Trouble(kind="unschedulable", reason="Unschedulable", message="0/3 nodes")
    assert state.trouble == (unschedulable if found else None)


@pytest.mark.parametrize(
    "unmet, told",
    [
        ({"Ready": "d", "ContainersReady": "c", "Initialized": "b", "PodScheduled": "a"}, "a"),
        ({"Ready": "d", "ContainersReady": "c", "Initialized": "b"}, "b"),
        ({"Ready": "d", "ContainersReady": "c"}, "c"),
        ({"Ready": ""}, ""),
        ({"SomethingElse": "x"}, ""),
    ],
)
def test_the_first_condition_that_is_not_met_tells_why(unmet: dict[str, str], told: str) -> None:
    pod = pod_object(ready=False)
    pod["status"]["conditions"] = [{"type": kind, "status": "False", "message": text} for kind, text in unmet.items()]
    assert read(pod).unready == told


def test_what_containers_wait_for_is_told_once_each_those_of_the_start_first() -> None:
    pod = pod_object(ready=False, state=waiting("PodInitializing"))
    pod["status"]["conditions"] = []
    pod["status"]["containerStatuses"] += [{"name": "proxy", "state": waiting("PodInitializing")}]
    pod["status"]["initContainerStatuses"] = [{"name": "vault", "state": waiting("ContainerCreating")}]
    assert read(pod).unready == "(ContainerCreating, PodInitializing)"


def test_begin_and_end_of_the_run_that_has_ended_are_known_where_the_node_tells() -> None:
    ended = {"exitCode": 1, "startedAt": "2026-11-23T11:59:00Z", "finishedAt": "2026-11-23T12:00:00Z"}
    found = [trouble(state={"terminated": state}) for state in (ended, {"exitCode": 1}, ended | {"finishedAt": None})]
    begun = datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
    assert [(one.began, one.at) for one in found if one] == [(begun, NOON), (None, None), (begun, None)]


LAST: dict[str, Any] = {"lastState": {"terminated": {"exitCode": 1}}}


@pytest.mark.parametrize(
    "container,exits,repeated",
    [
        pytest.param({"state": {"terminated": {"exitCode": 1}}}, 1, False, id="ended"),
        pytest.param({**LAST, "restartCount": 1}, 1, False, id="runs again"),
        pytest.param({**LAST, "state": waiting("CrashLoopBackOff"), "restartCount": 1}, 2, False, id="backs off once"),
        pytest.param({**LAST, "state": waiting("CrashLoopBackOff"), "restartCount": 2}, 3, True, id="backs off twice"),
        pytest.param({**LAST, "state": waiting("ContainerCreating"), "restartCount": 9}, 10, False, id="is made anew"),
        pytest.param({**LAST, "restartCount": 9}, 9, False, id="runs after many exits"),
    ],
)
def test_exits_are_counted_and_repeated_only_while_the_kubelet_backs_off_a_second_time(
    container: dict[str, Any], exits: int, *, repeated: bool
) -> None:
    found = trouble(**container)
    assert found is not None
    assert (found.exits, found.repeated) == (exits, repeated)


@pytest.mark.parametrize(
    "unready,history",
    [("11:59:59", False), ("12:00:00", False), ("12:00:01", True)],
    ids=["never ready since its start", "same second", "was ready since its start"],
)
def test_an_exit_before_a_run_that_was_ready_is_history(unready: str, *, history: bool) -> None:
    pod = pod_object(ready=False, restartCount=1, **LAST)
    pod["status"]["conditions"][0]["lastTransitionTime"] = f"2026-11-23T{unready}Z"
    assert (read(pod).trouble is None) is history


def test_the_trouble_of_the_api_goes_before_that_of_a_container_beside_it() -> None:
    pod = pod_beside({"name": "proxy", **BACKING_OFF})
    pod["status"]["containerStatuses"][0]["state"] = waiting("ErrImagePull", "no")
    assert read(pod).trouble == Trouble(kind="image", reason="ErrImagePull", message="no")


def test_only_what_may_be_shown_of_a_pod_is_among_its_facts() -> None:
    assert read(pod_object(restartCount=2)).facts() == {"name": "api-1", "ready": True, "restarts": 2}
