# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How a wait for a rollout looks, and what it shows when it ends badly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes import api_client
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.observed_state import (
    LiveWorkload,
    current_workload,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.wait import wait_for_rollout
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    KubernetesError,
    ReleaseError,
    RolloutError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import (
    ConnectionOptions,
    ReleaseOptions,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, deployment, env_of, host, pod_object
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    CONFIG_MAP,
    DEPLOYMENT,
    PODS,
    cluster_objects,
    config_map,
    labeled,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import FORBIDDEN

LOG = f"{PODS}/api-1/log"
ENV = env_of(GHCR)


class Watched(KubernetesFake):
    """A cluster whose API's pod may crash, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(cluster_objects(ENV))
        self.logs: dict[str, bytes] = {}
        """The log of the previous run (`true`) and of the present one (`false`)."""
        self.watches: list[dict[str, list[str]]] = []
        self.said: list[str] = []

    def __call__(self, request: Request) -> Response:
        if request.path == LOG:
            return Response(body=self.logs[request.query["previous"][0]])
        if request.query.get("watch"):
            self.watches.append(request.query)
        return super().__call__(request)

    def pod(self, **state: Any) -> None:
        self.objects[f"{PODS}/api-1"] = labeled(pod_object(ready=False, **state))

    def crash(self) -> None:
        self.pod(state={"terminated": {"exitCode": 1, "reason": "Error"}})

    @contextmanager
    def _connected(self) -> Iterator[api_client.Cluster]:
        with serving(self) as server, api_client.connect(ConnectionOptions(host=server.url)) as cluster:
            yield cluster

    def wait(self, *until: str, timeout: int = 0) -> LiveWorkload:
        with self._connected() as cluster:
            workload = current_workload(cluster, ReleaseOptions())
            runner = host(say=self.said.append)
            return wait_for_rollout(runner, cluster, workload, timeout=timeout, until=until or ("done",))[0]

    def failure(self, **given: int) -> RolloutError:
        with pytest.raises(RolloutError) as caught:
            self.wait(**given)
        return caught.value


@pytest.fixture
def cluster() -> Watched:
    return Watched()


def test_what_is_done_at_the_first_look_needs_no_time(cluster: Watched) -> None:
    assert [pod.name for pod in cluster.wait().pods] == ["api-1"]
    assert (cluster.watches, cluster.said) == ([], [])


def test_a_state_that_is_waited_for_ends_the_wait_and_another_one_does_not(cluster: Watched) -> None:
    cluster.objects[CONFIG_MAP] = config_map(ENV | {"NEW": "1"}, written="2026-11-23T13:00:00Z")
    assert cluster.wait("done", "stale").stale == {"api-1"}
    error = cluster.failure()
    assert "did not finish within 0 s: pod api-1 may run with an old environment" in str(error)
    assert error.facts["rollout"]["state"] == "stale"


def test_a_wait_whose_time_is_up_tells_the_state_the_pod_and_the_option(cluster: Watched) -> None:
    cluster.pod()
    cluster.logs = {"false": b"starting\n"}
    error = cluster.failure()
    assert "the rollout of nvcf/nvcf-api did not finish within 0 s: 0 of 1 new pods ready." in str(error)
    assert "Increase rollout_timeout if the API needs more time." in str(error)
    assert "Pod api-1 is not ready" in str(error)
    assert error.facts["rollout"]["pod"] == "api-1"
    assert error.facts["rollout"]["log"] == ["starting"]
    assert cluster.watches == []


def test_nothing_is_watched_for_longer_than_what_is_left_of_the_time(cluster: Watched) -> None:
    cluster.objects[DEPLOYMENT] = deployment(observedGeneration=1)
    cluster.failure(timeout=1)
    assert cluster.watches
    assert {watch["timeoutSeconds"][0] for watch in cluster.watches} == {"1"}


def test_a_previous_run_that_has_printed_nothing_but_blanks_leaves_the_word_to_this_one(cluster: Watched) -> None:
    cluster.crash()
    cluster.logs = {"true": b" \n\n", "false": b"no database\n"}
    error = cluster.failure()
    assert error.facts["rollout"]["log"] == ["no database"]
    assert str(error).endswith("The end of its log: no database")


def test_the_last_lines_of_a_long_log_are_returned_and_three_of_them_told(cluster: Watched) -> None:
    cluster.crash()
    cluster.logs = {"true": "".join(f"line {number}\n" for number in range(40)).encode()}
    error = cluster.failure()
    log = error.facts["rollout"]["log"]
    assert (len(log), log[0], log[-1]) == (30, "line 10", "line 39")
    assert str(error).endswith("The end of its log: line 37 / line 38 / line 39")


def test_a_cause_that_is_known_is_told_in_place_of_the_logs_end(cluster: Watched) -> None:
    cluster.crash()
    cluster.logs = {"true": b"Duplicate key ghcr.io (attempted merging values A and B)\nother\n"}
    error = cluster.failure()
    assert "Two recognized registries share 'ghcr.io' as name or hostname" in str(error)
    assert "The end of its log" not in str(error)


def test_bytes_of_a_log_that_are_no_text_do_no_harm(cluster: Watched) -> None:
    cluster.crash()
    cluster.logs = {"true": b"\xffbroken\n"}
    assert cluster.failure().facts["rollout"]["log"] == ["\N{REPLACEMENT CHARACTER}broken"]


def test_a_deployment_that_is_deleted_during_the_wait_ends_it(cluster: Watched) -> None:
    del cluster.objects[DEPLOYMENT]
    with pytest.raises(ReleaseError, match="deployments/nvcf-api of the release does not exist"):
        cluster.wait(timeout=600)


def test_a_missing_right_is_not_waited_for(cluster: Watched) -> None:
    cluster.objects[DEPLOYMENT] = FORBIDDEN
    with pytest.raises(KubernetesError, match="not for you"):
        cluster.wait(timeout=600)
