# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One look at a Deployment and its pods, one verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.pod_status import PodState
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import evaluate, suspects
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
CRASHED = pod_state(ready=False, trouble=trouble("exited", "CrashLoopBackOff", "exit code 1", exits=3))


@pytest.mark.parametrize(
    "pods,said,awaits",
    [
        pytest.param((), "0 of 1 new pods ready", "deployment", id="no pod yet"),
        pytest.param((STARTING,), "0 of 1 new pods ready", "pods", id="new one not ready"),
        pytest.param(
            (OLD, STARTING),
            "0 of 1 new pods ready, old pods remaining: 1",
            "pods",
            id="old one serves at the same time",
        ),
        pytest.param((OLD,), "old pods remaining: 1", "deployment", id="only the old one"),
        pytest.param((NEW, OLD), "waiting for old pods to end (1)", "pods", id="both serve"),
        pytest.param((NEW, ENDING), "waiting for old pods to end (1)", "pods", id="old one is ending"),
        pytest.param(
            (pod_state(terminating=True),), "0 of 1 new pods ready", "deployment", id="ready but on its way out"
        ),
    ],
)
def test_a_rollout_under_way_is_waited_for_where_it_will_show(pods: tuple[Any, ...], said: str, awaits: str) -> None:
    verdict = evaluate(live_workload(*pods))
    assert verdict.kind == "waiting"
    assert verdict.text.endswith(said)
    assert verdict.awaits == awaits


def test_it_is_done_when_only_new_pods_serve() -> None:
    verdict = evaluate(live_workload(NEW))
    assert (verdict.kind, verdict.text) == ("done", "1 of 1 pods ready with the current environment")


def test_an_old_pod_that_has_ended_for_good_is_not_waited_for() -> None:
    assert evaluate(live_workload(NEW, pod_state(owner="old", gone=True))).kind == "done"


def test_all_replicas_have_to_be_ready_and_available() -> None:
    two = deployment(replicas=2)
    assert evaluate(live_workload(NEW, deployment=two)).kind == "waiting"
    assert evaluate(live_workload(NEW, pod_state(name="api-2"), deployment=two)).kind == "done"
    uncounted = evaluate(live_workload(NEW, deployment=deployment(availableReplicas=0)))
    assert (uncounted.kind, uncounted.awaits) == ("waiting", "deployment")


def test_a_deployment_that_names_no_number_of_replicas_has_one() -> None:
    unnumbered = deployment()
    del unnumbered["spec"]["replicas"]
    assert evaluate(live_workload(NEW, deployment=unnumbered)).kind == "done"
    assert evaluate(live_workload(deployment=unnumbered)).kind == "waiting"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"deployment": deployment(observedGeneration=1)}, id="the controller has not looked"),
        pytest.param({"deployment": deployment() | {"status": {}}}, id="the controller has never looked"),
        pytest.param({"replica_sets": ()}, id="no ReplicaSet is made"),
    ],
)
def test_what_the_controller_has_not_seen_is_waited_for(changes: dict[str, Any]) -> None:
    verdict = evaluate(live_workload(NEW, **changes))
    assert (verdict.kind, verdict.awaits) == ("waiting", "deployment")
    assert "waiting for the controller to see generation 2 of nvcf-api" in verdict.text


def test_the_trouble_of_an_old_template_does_not_count() -> None:
    crashed = pod_state(name="api-0", owner="old", ready=False, gone=True, trouble=CRASHED.trouble)
    assert evaluate(live_workload(NEW, crashed)).kind == "done"


@pytest.mark.parametrize(
    "kind,reason,cure",
    [
        ("image", "ErrImagePull", "cannot pull the API's own image"),
        ("config", "CreateContainerConfigError", "check the ConfigMaps and Secrets"),
        ("unschedulable", "Unschedulable", "check node capacity"),
    ],
)
def test_a_new_pod_in_trouble_fails_at_once_with_reason_and_cure(kind: str, reason: str, cure: str) -> None:
    cause = trouble(kind, reason)
    verdict = evaluate(live_workload(OLD, pod_state(ready=False, trouble=cause)))
    assert (verdict.kind, verdict.pod, verdict.trouble) == ("failed", "api-1", cause)
    assert verdict.text.startswith(f"pod api-1: {reason}: reported by the kubelet. ")
    assert cure in verdict.text


@pytest.mark.parametrize(
    "kind,cure",
    [
        ("image", "cannot pull this container's image"),
        ("config", "check the ConfigMaps"),
        ("exited", "the API's container waits"),
    ],
)
def test_trouble_of_another_container_is_told_with_its_name(kind: str, cure: str) -> None:
    cause = replace(trouble(kind, "Reason"), container="vault")
    verdict = evaluate(live_workload(pod_state(ready=False, trouble=cause)))
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
    verdict = evaluate(live_workload(OLD, NEW, slow, deployment=deployment(replicas=2, **changes)))
    assert (verdict.pod, verdict.container) == ("api-2", "vault")
    assert verdict.unready == f"Pod api-2 is not ready{said}"


def ended(*, exits: int = 1, reason: str = "Error", **pod: Any) -> PodState:
    """A new pod whose container has ended, a minute after it was begun at noon, and is not running again."""
    times = {"began": NOON, "at": NOON + timedelta(minutes=1)}
    found = trouble("exited", reason, "exit code 1", exits=exits, **times)
    return pod_state(**{"ready": False, "started": None, "trouble": found} | pod)


@pytest.mark.parametrize(
    "pod,times",
    [
        pytest.param(ended(), "once", id="ended"),
        pytest.param(ended(started=NOON), "once", id="runs again"),
        pytest.param(ended(exits=2, reason="CrashLoopBackOff"), "2 times", id="backs off once"),
        pytest.param(ended(exits=7, started=NOON), "7 times", id="runs after many exits"),
    ],
)
def test_a_container_that_may_still_come_up_is_given_its_restarts(pod: PodState, times: str) -> None:
    live = live_workload(OLD, pod)
    verdict = evaluate(live, {"api-1": ""})
    assert (verdict.kind, verdict.disproved) == ("waiting", False)
    assert verdict.unready == f"Pod api-1 is not ready. Its container has ended {times}: exit code 1."
    assert (verdict.trouble is None) is (pod.started is not None), "whose log shows why it is not ready"
    assert suspects(live) == [pod]


def test_an_exit_whose_log_names_the_cause_fails_at_once() -> None:
    verdict = evaluate(live_workload(OLD, ended()), {"api-1": "Half a pair."})
    assert (verdict.kind, verdict.disproved, verdict.cause) == ("failed", True, "Half a pair.")
    assert verdict.text == "pod api-1: Error: exit code 1. Its log shows the cause. Half a pair."


def test_an_exit_that_repeats_fails_with_its_number() -> None:
    verdict = evaluate(live_workload(OLD, ended(exits=3, reason="CrashLoopBackOff")))
    assert (verdict.kind, verdict.disproved) == ("failed", True)
    assert verdict.text.startswith(
        "pod api-1: CrashLoopBackOff: exit code 1. It has ended 3 times. The container exits"
    )


BEFORE = NOON - timedelta(minutes=1)


@pytest.mark.parametrize(
    "written,pod,kind",
    [
        pytest.param(2, {}, "stale", id="ended before"),
        pytest.param(1, {}, "stale", id="ended in the second of the write"),
        pytest.param(0.5, {}, "stale", id="begun before and ended after"),
        pytest.param(0, {"made": BEFORE}, "stale", id="begun in the second of the write by an older pod"),
        pytest.param(0, {}, "failed", id="made for what was written in that second"),
        pytest.param(-0.5, {"made": BEFORE}, "failed", id="begun after"),
        pytest.param(2, {"started": NOON + timedelta(minutes=2)}, "waiting", id="runs again with what is right"),
    ],
)
def test_only_a_run_with_the_environment_of_now_speaks_against_it(
    written: float, pod: dict[str, Any], kind: str
) -> None:
    crash = ended(exits=3, reason="CrashLoopBackOff", **pod)
    verdict = evaluate(live_workload(crash, env_written=NOON + timedelta(minutes=written)), {"api-1": "Half a pair."})
    assert (verdict.kind, verdict.pod) == (kind, "api-1")
    if kind == "stale":  # The run had ended a minute after noon.
        assert ("ended before its environment was changed" in verdict.text) is (written >= 1)


def test_a_run_that_fails_with_an_older_environment_is_not_waited_for() -> None:
    crash = ended(exits=3, started=NOON)
    live = live_workload(crash, env_written=NOON + timedelta(minutes=2), stale=frozenset({"api-1"}))
    assert evaluate(live).text == "pod api-1 ended before its environment was changed"


def test_an_evicted_pod_beside_its_serving_replacement_is_no_failure() -> None:
    evicted = pod_state(name="api-0", ready=False, gone=True, trouble=trouble("exited", "Error", "exit code 137"))
    assert evaluate(live_workload(evicted, NEW)).kind == "done"


def condition(kind: str, status: str, reason: str, message: str = "exceeded quota: pods") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def overdue(replica_set: str, **fields: str) -> dict[str, Any]:
    """What the controller says of a ReplicaSet that took too long, word for word."""
    message = f'ReplicaSet "nvcf-api-{replica_set}" has timed out progressing.'
    missed = condition("Progressing", "False", "ProgressDeadlineExceeded", message) | fields
    return deployment(conditions=[missed])


def refused(*replica_sets: str) -> tuple[dict[str, Any], ...]:
    """Both ReplicaSets, of which these get no pods."""
    failure = {"conditions": [condition("ReplicaFailure", "True", "FailedCreate")]}
    return tuple(replica_set(uid, n) | {"status": failure if uid in replica_sets else {}}
                 for n, uid in enumerate(("old", "new"), 1))  # fmt: skip


def test_pods_that_the_cluster_refuses_fail_a_rollout() -> None:
    verdict = evaluate(live_workload(OLD, replica_sets=refused("new")))
    assert (verdict.kind, verdict.disproved) == ("failed", False)
    assert verdict.text == "the cluster rejects new pods of nvcf-api: FailedCreate: exceeded quota: pods"


def test_a_missed_deadline_fails_a_rollout() -> None:
    verdict = evaluate(live_workload(OLD, deployment=overdue("new", lastUpdateTime="2026-11-23T12:10:00Z")))
    assert (verdict.kind, verdict.disproved) == ("failed", True)
    told = 'nvcf-api missed its progress deadline: ReplicaSet "nvcf-api-new" has timed out progressing.'
    assert told in verdict.text


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"replica_sets": refused("old")}, id="pods of the ReplicaSet before were refused"),
        pytest.param({"deployment": overdue("old")}, id="the ReplicaSet before was late"),
        pytest.param(
            {"deployment": overdue("new", lastUpdateTime="2026-11-23T12:00:00Z")}, id="it was late before the write"
        ),
    ],
)
def test_what_was_said_of_a_rollout_before_does_not_count(changes: dict[str, Any]) -> None:
    assert evaluate(live_workload(STARTING, **changes)).kind == "waiting"


@pytest.mark.parametrize("changes", [{"replica_sets": refused("new")}, {"deployment": overdue("new")}])
def test_where_all_pods_serve_nothing_else_counts(changes: dict[str, Any]) -> None:
    assert evaluate(live_workload(NEW, **changes)).kind == "done"


@pytest.mark.parametrize(
    "conditions",
    [[condition("ReplicaFailure", "False", "x")], [condition("Progressing", "True", "NewReplicaSetAvailable")]],
)
def test_a_condition_that_is_not_met_does_not_fail(conditions: list[dict[str, str]]) -> None:
    assert evaluate(live_workload(STARTING, deployment=deployment(conditions=conditions))).kind == "waiting"


def test_a_paused_deployment_fails_because_waiting_would_never_end() -> None:
    paused = deployment()
    paused["spec"]["paused"] = True
    verdict = evaluate(live_workload(OLD, deployment=paused))
    assert verdict.kind == "failed"
    assert "kubectl rollout resume" in verdict.text


def test_a_deployment_of_no_replicas_fails_because_no_api_runs() -> None:
    verdict = evaluate(live_workload(deployment=deployment(replicas=0)))
    assert verdict.kind == "failed"
    assert "scaled to 0" in verdict.text


def test_a_serving_pod_with_another_environment_is_named() -> None:
    unproven = evaluate(live_workload(pod_state(name="api-7"), stale=frozenset({"api-7"})))
    assert (unproven.kind, unproven.pod) == ("stale", "api-7")
    assert unproven.text == "pod api-7 may run with an old environment"
    known = evaluate(live_workload(NEW, stale=frozenset({"api-1"}), started_with={"api-1": {}}))
    assert known.text == "pod api-1 was started with another environment"


def test_an_ended_pod_with_another_environment_does_not_matter() -> None:
    gone = pod_state(name="api-0", owner="old", gone=True)
    assert evaluate(live_workload(NEW, gone, stale=frozenset({"api-0"}))).kind == "done"


def test_a_rollout_under_way_is_not_called_stale() -> None:
    assert evaluate(live_workload(NEW, OLD, stale=frozenset({"api-1"}))).kind == "waiting"


def test_the_newest_replica_set_is_the_last_one() -> None:
    assert live_workload(replica_sets=(replica_set("a", 1), replica_set("b", 2))).newest == "b"
    assert live_workload(replica_sets=()).newest == ""
