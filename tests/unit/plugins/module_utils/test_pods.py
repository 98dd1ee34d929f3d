# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a pod's status says about the API container in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._pods import PodState, Trouble, read_pod
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
        pytest.param({"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}, "Error", "exit code 1", id="ended"),
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
def test_a_container_that_has_ended_is_trouble_at_once(container: dict[str, Any], reason: str, message: str) -> None:
    found = trouble(**container)
    assert found is not None
    assert (found.kind, found.reason) == ("exited", reason)
    assert found.message.startswith(message)


def test_an_old_exit_is_no_trouble_once_the_container_is_ready() -> None:
    pod = pod_object(restartCount=1, lastState={"terminated": {"exitCode": 1}})
    assert read(pod).trouble is None


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_container_that_is_being_made_is_in_no_trouble(reason: str) -> None:
    assert trouble(state=waiting(reason)) is None


@pytest.mark.parametrize("reason,found", [("Unschedulable", "unschedulable"), ("SchedulingGated", None)])
def test_a_pod_that_no_node_takes_is_trouble(reason: str, found: str | None) -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes"}]
    state = read({"metadata": {"name": "a"}, "status": {"phase": "Pending", "conditions": conditions}})
    assert (state.trouble.kind if state.trouble else None) == found
