# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Waiting for the API's pods, and restarting them gently."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import STRATEGIC_PATCH
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.api_rollout import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    KubernetesError,
    ReleaseError,
    RolloutError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import (
    GHCR,
    deployment,
    env_of,
    host,
    params_of,
    pod_object,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    CONFIG_MAP,
    DEPLOYMENT,
    PODS,
    cluster_objects,
    config_map,
    labeled,
    stored,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving

ENV = env_of(GHCR)
READY = pod_object()
STARTING = pod_object(ready=False)
ENDED = {"terminated": {"exitCode": 1, "reason": "Error"}}
ENDED_ONCE = pod_object(ready=False, state=ENDED)
CRASHED = pod_object(ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ENDED, restartCount=2)


class Cluster:
    """A cluster on which one thing happens at each watch."""

    def __init__(self, *events: Callable[[KubernetesFake], None], pod: dict[str, Any] | None = None) -> None:
        self.kubernetes = KubernetesFake(cluster_objects(ENV))
        self.show(pod or READY)(self.kubernetes)
        self.events = list(events)
        self.requests: list[Request] = []
        self.said: list[str] = []

    @staticmethod
    def show(pod: dict[str, Any]) -> Callable[[KubernetesFake], None]:
        """The event that the API's pod is in this state."""
        return lambda kubernetes: kubernetes.objects.update({f"{PODS}/api-1": labeled(dict(pod))})

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        if request.query.get("watch") and self.events:
            self.events.pop(0)(self.kubernetes)
        return self.kubernetes(request)

    def run(self, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
        with serving(self.answer) as server:
            params = params_of(OPERATION, host=server.url, **given)
            return OPERATION.start(host(check_mode=check_mode, say=self.said.append), params)

    def stale(self) -> Cluster:
        """The environment was written after the pod had started."""
        self.kubernetes.objects[CONFIG_MAP] = config_map(ENV, written="2026-11-23T13:00:00Z")
        return self


def restarted(kubernetes: KubernetesFake) -> None:
    running = {"running": {"startedAt": "2026-11-23T14:00:00Z"}}
    Cluster.show(pod_object(state=running))(kubernetes)


def test_what_is_done_is_told_at_once() -> None:
    cluster = Cluster()
    result = cluster.run()
    assert (result["changed"], result["restarted"]) == (False, False)
    assert result["deployment"] == "nvcf-api"
    assert result["pods"] == [{"name": "api-1", "ready": True, "restarts": 0}]
    assert not any(request.query.get("watch") for request in cluster.requests)


def test_a_rollout_under_way_is_waited_for_event_by_event() -> None:
    cluster = Cluster(Cluster.show(STARTING), Cluster.show(READY), pod=STARTING)
    assert cluster.run()["pods"][0]["ready"]
    assert cluster.events == []
    watched = [request for request in cluster.requests if request.query.get("watch")]
    assert watched[0].query["resourceVersion"] == ["7"]


def test_what_shows_at_the_deployment_only_is_watched_there() -> None:
    cluster = Cluster(lambda fake: fake.objects.update({DEPLOYMENT: deployment()}))
    cluster.kubernetes.objects[DEPLOYMENT] = deployment(observedGeneration=1)
    cluster.run()
    [watched] = [request for request in cluster.requests if request.query.get("watch")]
    assert watched.path == DEPLOYMENT.rpartition("/")[0]
    assert watched.query["fieldSelector"] == ["metadata.name=nvcf-api"]
    assert watched.query["resourceVersion"] == ["5"]


def test_progress_is_said_once_per_change_and_names_the_cluster() -> None:
    cluster = Cluster(Cluster.show(STARTING), Cluster.show(STARTING), Cluster.show(READY), pod=STARTING)
    cluster.run()
    [line] = cluster.said
    assert line.startswith("http://127.0.0.1")
    assert line.endswith("0 of 1 new pods ready")


def test_stale_pods_are_restarted_by_an_annotation_and_none_is_deleted() -> None:
    cluster = Cluster(restarted).stale()
    result = cluster.run()
    assert (result["changed"], result["restarted"]) == (True, True)
    [(path, body)] = cluster.kubernetes.patches
    assert path == DEPLOYMENT
    assert list(body["spec"]["template"]["metadata"]["annotations"]) == ["kubectl.kubernetes.io/restartedAt"]
    assert {request.method for request in cluster.requests} == {"GET", "PATCH"}
    [patch] = [request for request in cluster.requests if request.method == "PATCH"]
    assert patch.header("Content-Type") == STRATEGIC_PATCH


@pytest.mark.parametrize(
    "begun,env,restarted_pods",
    [
        pytest.param("2026-11-23T11:00:00Z", ENV, False, id="same-environment"),
        pytest.param("2026-11-23T12:00:00Z", ENV, False, id="same-second"),
        pytest.param("2026-11-23T11:00:00Z", {"OTHER": "1"}, True, id="another-environment"),
        pytest.param("2026-11-23T12:30:00Z", ENV, True, id="revision-of-that-time-is-pruned"),
    ],
)
def test_a_pod_older_than_the_write_is_restarted_unless_the_revision_of_its_time_rendered_the_same(
    begun: str, env: dict[str, str], *, restarted_pods: bool
) -> None:
    cluster = Cluster(restarted).stale()
    rendered = [(begun, env), ("2026-11-23T12:40:00Z", {}), ("2026-11-23T13:00:00Z", ENV)]
    for number, (moment, data) in enumerate(rendered, 1):
        status = "deployed" if number == 3 else "superseded"
        revision = stored(stored_release({"api": {"env": data}}, revision=number, info={"status": status}))
        for secret in revision.values():
            secret["metadata"]["creationTimestamp"] = moment
        cluster.kubernetes.objects |= revision
    assert cluster.run()["restarted"] is restarted_pods


def test_check_mode_tells_that_a_restart_is_needed_and_restarts_nothing() -> None:
    cluster = Cluster().stale()
    assert cluster.run(check_mode=True)["restarted"] is True
    assert cluster.kubernetes.patches == []


LOG = f"{PODS}/api-1/log"


@pytest.mark.parametrize(
    "log,shown",
    [
        pytest.param(b"one\n\ntwo\nthree\nfour\n", ["one", "two", "three", "four"], id="text"),
        pytest.param(b"", [], id="empty"),
        pytest.param(None, [], id="not to be had"),
    ],
)
def test_a_crash_fails_with_pod_reason_and_the_end_of_the_log(log: bytes | None, shown: list[str]) -> None:
    cluster = Cluster(pod=CRASHED)
    cluster.kubernetes.objects[LOG] = Response(status=400) if log is None else Response(body=log)
    with pytest.raises(
        RolloutError, match=r"failed: pod api-1: \w+: exit code 1 \(Error\)\. It has ended 3 times\."
    ) as caught:
        cluster.run()
    assert caught.value.facts["rollout"]["log"] == shown
    assert ("The end of its log: two / three / four" in str(caught.value)) is bool(shown)


def test_what_the_log_quotes_of_the_values_is_masked_and_the_registries_are_not() -> None:
    cluster = Cluster(pod=CRASHED)
    cluster.kubernetes.objects |= stored(
        stored_release({"api": {"env": dict(ENV), "accountBootstrap": {"password": "canary-in-the-log"}}})
    )
    cluster.kubernetes.objects[LOG] = Response(body=b"started with canary-in-the-log\nhost ghcr.io is not there\n")
    with pytest.raises(RolloutError) as caught:
        cluster.run()
    assert caught.value.facts["rollout"]["log"] == ["started with ********", "host ghcr.io is not there"]
    assert "canary" not in str(caught.value)


def test_the_log_is_that_of_the_previous_run_before_that_of_this_one() -> None:
    cluster = Cluster(pod=CRASHED)
    cluster.kubernetes.objects[LOG] = Response(status=400)
    with pytest.raises(RolloutError):
        cluster.run()
    asked = [request.query["previous"] for request in cluster.requests if request.path == LOG]
    assert asked == [["true"], ["false"]] * 2, "for its cause, and for users"


def test_an_api_that_comes_up_after_an_exit_is_waited_for() -> None:
    again = pod_object(restartCount=1, lastState=ENDED)
    cluster = Cluster(Cluster.show(ENDED_ONCE), Cluster.show(again), pod=STARTING)
    assert cluster.run()["pods"] == [{"name": "api-1", "ready": True, "restarts": 1}]


def test_a_crash_while_waiting_fails_at_the_next_event() -> None:
    cluster = Cluster(Cluster.show(ENDED_ONCE), Cluster.show(CRASHED), pod=STARTING)
    with pytest.raises(RolloutError, match="exit code 1"):
        cluster.run()


def test_a_failure_that_shows_on_no_pod_has_no_log() -> None:
    cluster = Cluster()
    cluster.kubernetes.objects[DEPLOYMENT]["spec"]["paused"] = True
    with pytest.raises(RolloutError, match="paused"):
        cluster.run()
    assert not any(request.path.endswith("/log") for request in cluster.requests)


def test_after_the_time_that_was_given_the_state_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(step=400.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    cluster = Cluster(pod=STARTING)
    cluster.kubernetes.objects[LOG] = Response(body=b"still migrating\n")
    with pytest.raises(RolloutError, match="did not finish within 900 s: 0 of 1 new pods ready") as caught:
        cluster.run()
    assert "Pod api-1 is not ready. The end of its log: still migrating" in str(caught.value)
    assert caught.value.facts["rollout"] == {
        "state": "waiting",
        "pod": "api-1",
        "text": "0 of 1 new pods ready",
        "log": ["still migrating"],
    }


def test_a_missed_deadline_is_told_with_the_pod_and_the_log_of_its_present_run() -> None:
    cluster = Cluster(pod=STARTING)
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out."}
    cluster.kubernetes.objects[DEPLOYMENT] = deployment(conditions=[late])
    cluster.kubernetes.objects[LOG] = Response(body=b"waiting for the database\n")
    told = (
        r"missed its progress deadline: timed out\. Pod api-1 is not ready\. The end of its log: waiting for "
        r"the database"
    )
    with pytest.raises(RolloutError, match=told):
        cluster.run()
    assert [request.query["previous"] for request in cluster.requests if request.path == LOG] == [["false"]]


def test_the_log_is_that_of_the_container_in_trouble() -> None:
    pod = pod_object(ready=False, state={"waiting": {"reason": "PodInitializing"}})
    refused = {"waiting": {"reason": "CrashLoopBackOff"}}
    pod["status"]["initContainerStatuses"] = [{"name": "vault", "ready": False, "state": refused}]
    cluster = Cluster(pod=pod)
    cluster.kubernetes.objects[LOG] = Response(body=b"no such role\n")
    with pytest.raises(RolloutError, match=r"pod api-1, container vault: CrashLoopBackOff.*no such role"):
        cluster.run()
    [asked] = [request for request in cluster.requests if request.path == LOG]
    assert asked.query["container"] == ["vault"]


def test_the_cause_is_found_above_a_long_stack_trace() -> None:
    cluster = Cluster(pod=ENDED_ONCE)
    cause = "Property: nvcf.registries.recognized.container.ghcr.hostname"
    trace = [f"    at com.example.Frame{number}" for number in range(200)]
    cluster.kubernetes.objects[LOG] = Response(body="\n".join([cause, *trace]).encode())
    with pytest.raises(RolloutError, match="key GHCR has no HOSTNAME") as caught:
        cluster.run()
    assert caught.value.facts["rollout"]["log"] == trace[-30:]
    asked = [request for request in cluster.requests if request.path == LOG]
    assert {int(request.query["tailLines"][0]) > len(trace) for request in asked} == {True}


def test_what_the_log_quotes_of_an_older_revision_or_of_other_secrets_is_masked() -> None:
    cluster = Cluster(pod=CRASHED)
    old = {"api": {"env": dict(ENV), "accountBootstrap": {"password": "canary-of-before"}}}
    cluster.kubernetes.objects |= stored(
        stored_release(old, info={"status": "superseded"}), stored_release({"api": {"env": dict(ENV)}}, version=2)
    )
    cluster.kubernetes.objects[LOG] = Response(body=b"had canary-of-before\ndb.password=canary-of-vault\n")
    with pytest.raises(RolloutError) as caught:
        cluster.run()
    assert caught.value.facts["rollout"]["log"] == ["had ********", "db.password=********"]


def test_a_log_that_can_not_be_masked_is_not_shown() -> None:
    cluster = Cluster(pod=CRASHED)
    cluster.kubernetes.objects |= stored(stored_release({}, info={"status": "superseded"}, version=0))
    for path, secret in cluster.kubernetes.objects.items():
        if path.endswith(".v0"):
            secret["data"]["release"] = "damaged"
    cluster.kubernetes.objects[LOG] = Response(body=b"anything\n")
    with pytest.raises(RolloutError, match="exit code 1") as caught:
        cluster.run()
    assert caught.value.facts["rollout"]["log"] == []


@pytest.mark.parametrize("status", [500, 503])
def test_an_api_server_that_is_away_for_a_while_does_not_end_the_wait(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    cluster = Cluster()
    answers = [Response(status=status)] * 5
    known = cluster.answer

    def away(request: Request) -> Response:
        return answers.pop() if answers and request.path == DEPLOYMENT else known(request)

    with serving(away) as server:
        result = OPERATION.start(host(), params_of(OPERATION, host=server.url))
    assert result["pods"][0]["ready"]
    assert answers == []


def test_an_api_server_that_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    clock = itertools.count(step=10.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    cluster = Cluster()
    cluster.kubernetes.objects[DEPLOYMENT] = Response(status=503, body={"message": "etcd"})
    with pytest.raises(KubernetesError, match="answered 503 : etcd"):
        cluster.run()


def test_a_release_that_was_never_deployed_says_nothing_about_what_should_run() -> None:
    cluster = Cluster()
    cluster.kubernetes.objects |= stored(stored_release({}, info={"status": "failed"}))
    with pytest.raises(ReleaseError, match="the expected state is unknown"):
        cluster.run()
