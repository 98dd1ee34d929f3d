# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One look at a Deployment and its pods, one verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import judge
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    NOON,
    deployment,
    live_workload,
    pod_state,
    replica_set,
    trouble,
)

NEW = pod_state()
OLD = pod_state(name="api-0", owner="old")
STARTING = pod_state(ready=False)
ENDING = pod_state(name="api-0", owner="old", terminating=True)
CRASHED = pod_state(ready=False, trouble=trouble("exited", "CrashLoopBackOff", "exit code 1"))


@pytest.mark.parametrize(
    "pods,said,awaits",
    [
        pytest.param((), "0 of 1 new pods ready", "deployment", id="no pod yet"),
        pytest.param((STARTING,), "0 of 1 new pods ready", "pods", id="new one not ready"),
        pytest.param(
            (OLD, STARTING), "0 of 1 new pods ready, 1 old still there", "pods", id="old one serves meanwhile"
        ),
        pytest.param((OLD,), "1 old still there", "deployment", id="only the old one"),
        pytest.param((NEW, OLD), "waiting for 1 old to end", "pods", id="both serve"),
        pytest.param((NEW, ENDING), "waiting for 1 old to end", "pods", id="old one is ending"),
        pytest.param(
            (pod_state(terminating=True),), "0 of 1 new pods ready", "deployment", id="ready but on its way out"
        ),
    ],
)
def test_a_rollout_under_way_is_waited_for_where_it_will_show(pods: tuple[Any, ...], said: str, awaits: str) -> None:
    verdict = judge(live_workload(*pods))
    assert verdict.kind == "waiting"
    assert verdict.text.endswith(said)
    assert verdict.awaits == awaits


def test_it_is_done_when_only_new_pods_serve() -> None:
    verdict = judge(live_workload(NEW))
    assert (verdict.kind, verdict.text) == ("done", "1 of 1 pods ready with the current environment")


def test_an_old_pod_that_has_ended_for_good_is_not_waited_for() -> None:
    assert judge(live_workload(NEW, pod_state(owner="old", gone=True))).kind == "done"


def test_all_replicas_have_to_be_ready_and_available() -> None:
    two = deployment(replicas=2)
    assert judge(live_workload(NEW, deployment=two)).kind == "waiting"
    assert judge(live_workload(NEW, pod_state(name="api-2"), deployment=two)).kind == "done"
    uncounted = judge(live_workload(NEW, deployment=deployment(availableReplicas=0)))
    assert (uncounted.kind, uncounted.awaits) == ("waiting", "deployment")


def test_a_deployment_that_names_no_number_of_replicas_has_one() -> None:
    unnumbered = deployment()
    del unnumbered["spec"]["replicas"]
    assert judge(live_workload(NEW, deployment=unnumbered)).kind == "done"
    assert judge(live_workload(deployment=unnumbered)).kind == "waiting"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"deployment": deployment(observedGeneration=1)}, id="the controller has not looked"),
        pytest.param({"deployment": deployment() | {"status": {}}}, id="the controller has never looked"),
        pytest.param({"replica_sets": ()}, id="no ReplicaSet is made"),
    ],
)
def test_what_the_controller_has_not_seen_is_waited_for(changes: dict[str, Any]) -> None:
    verdict = judge(live_workload(NEW, **changes))
    assert (verdict.kind, verdict.awaits) == ("waiting", "deployment")
    assert "waiting for the controller to see generation 2 of nvcf-api" in verdict.text


def test_the_trouble_of_an_old_template_does_not_count() -> None:
    crashed = pod_state(name="api-0", owner="old", ready=False, gone=True, trouble=CRASHED.trouble)
    assert judge(live_workload(NEW, crashed)).kind == "done"


@pytest.mark.parametrize(
    "kind,reason,cure",
    [
        ("image", "ErrImagePull", "can't pull the API's own image"),
        ("config", "CreateContainerConfigError", "check the ConfigMaps and Secrets"),
        ("exited", "CrashLoopBackOff", "ends instead of serving"),
        ("unschedulable", "Unschedulable", "check node capacity"),
    ],
)
def test_a_new_pod_in_trouble_fails_at_once_with_reason_and_cure(kind: str, reason: str, cure: str) -> None:
    cause = trouble(kind, reason)
    verdict = judge(live_workload(OLD, pod_state(ready=False, trouble=cause)))
    assert (verdict.kind, verdict.pod, verdict.trouble) == ("failed", "api-1", cause)
    assert verdict.text.startswith(f"pod api-1: {reason}: told by the kubelet. ")
    assert cure in verdict.text


@pytest.mark.parametrize(
    "kind,cure",
    [("image", "can't pull this container's image"), ("config", "check the ConfigMaps"), ("exited", "the API's waits")],
)
def test_trouble_of_another_container_is_told_with_its_name(kind: str, cure: str) -> None:
    cause = replace(trouble(kind, "Reason"), container="vault")
    verdict = judge(live_workload(pod_state(ready=False, trouble=cause)))
    assert (verdict.kind, verdict.pod, verdict.container) == ("failed", "api-1", "vault")
    assert verdict.text.startswith("pod api-1, container vault: Reason: ")
    assert cure in verdict.text


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="waiting"),
        pytest.param(
            {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]},
            id="missed deadline",
        ),
    ],
)
@pytest.mark.parametrize(
    "reason,said",
    [
        ("containers with unready status: [x]", ": containers with unready status: [x]."),
        ("Ends.", ": Ends."),
        ("", "."),
    ],
)
def test_the_new_pod_that_is_waited_for_is_named_with_its_reason(
    changes: dict[str, Any], reason: str, said: str
) -> None:
    slow = pod_state(name="api-2", ready=False, unready=reason, speaker="vault")
    verdict = judge(live_workload(OLD, NEW, slow, deployment=deployment(replicas=2, **changes)))
    assert (verdict.pod, verdict.container) == ("api-2", "vault")
    assert verdict.unready == f"Pod api-2 is not ready{said}"


@pytest.mark.parametrize(
    "seconds,kind", [(-1, "stale"), (0, "stale"), (1, "failed")], ids=["before", "same-second", "after"]
)
def test_a_crash_from_before_the_environment_was_changed_is_stale_and_no_failure(seconds: int, kind: str) -> None:
    crash = trouble("exited", "CrashLoopBackOff", at=NOON + timedelta(seconds=seconds))
    verdict = judge(live_workload(pod_state(ready=False, trouble=crash), env_written=NOON))
    assert (verdict.kind, verdict.pod) == (kind, "api-1")
    assert verdict.text.startswith("pod api-1")


def test_an_evicted_pod_beside_its_serving_replacement_is_no_failure() -> None:
    evicted = pod_state(name="api-0", ready=False, gone=True, trouble=trouble("exited", "Error", "exit code 137"))
    assert judge(live_workload(evicted, NEW)).kind == "done"


def condition(kind: str, status: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": "exceeded quota: pods"}


@pytest.mark.parametrize(
    "conditions,said",
    [
        pytest.param(
            [condition("ReplicaFailure", "True", "FailedCreate")],
            "the cluster refuses new pods of nvcf-api: FailedCreate: exceeded quota: pods",
            id="refused pods",
        ),
        pytest.param(
            [condition("Progressing", "False", "ProgressDeadlineExceeded")],
            "nvcf-api missed its progress deadline: exceeded quota: pods",
            id="missed deadline",
        ),
    ],
)
def test_what_shows_on_no_pod_fails_too(conditions: list[dict[str, str]], said: str) -> None:
    verdict = judge(live_workload(OLD, deployment=deployment(conditions=conditions)))
    assert verdict.kind == "failed"
    assert said in verdict.text


@pytest.mark.parametrize(
    "conditions",
    [[condition("ReplicaFailure", "False", "x")], [condition("Progressing", "True", "NewReplicaSetAvailable")]],
)
def test_a_condition_that_is_not_met_does_not_fail(conditions: list[dict[str, str]]) -> None:
    assert judge(live_workload(NEW, deployment=deployment(conditions=conditions))).kind == "done"


def test_a_paused_deployment_fails_because_waiting_would_never_end() -> None:
    paused = deployment()
    paused["spec"]["paused"] = True
    verdict = judge(live_workload(OLD, deployment=paused))
    assert verdict.kind == "failed"
    assert "kubectl rollout resume" in verdict.text


def test_a_deployment_of_no_replicas_fails_because_no_api_runs() -> None:
    verdict = judge(live_workload(deployment=deployment(replicas=0)))
    assert verdict.kind == "failed"
    assert "scaled to 0" in verdict.text


def test_a_serving_pod_with_another_environment_is_named() -> None:
    verdict = judge(live_workload(pod_state(name="api-7"), stale=frozenset({"api-7"})))
    assert (verdict.kind, verdict.pod) == ("stale", "api-7")
    assert verdict.text == "pod api-7 was started with another environment"


def test_an_ended_pod_with_another_environment_does_not_matter() -> None:
    gone = pod_state(name="api-0", owner="old", gone=True)
    assert judge(live_workload(NEW, gone, stale=frozenset({"api-0"}))).kind == "done"


def test_a_rollout_under_way_is_not_called_stale() -> None:
    assert judge(live_workload(NEW, OLD, stale=frozenset({"api-1"}))).kind == "waiting"


def test_the_newest_replica_set_is_the_last_one() -> None:
    assert live_workload(replica_sets=(replica_set("a", 1), replica_set("b", 2))).newest == "b"
    assert live_workload(replica_sets=()).newest == ""
