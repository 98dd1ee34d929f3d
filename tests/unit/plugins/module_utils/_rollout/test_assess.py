# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which logs are read for a verdict, and how often."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.assess import Read, assess
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.observed_state import read_workload
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.verdict import Verdict
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, pod_object, workload
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import PODS, cluster_objects, labeled
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving

ENV = env_of(GHCR)
DUPLICATE = b"Duplicate key ghcr.io (attempted merging values A and B)\n"


class Crashing(KubernetesFake):
    """A cluster whose new pods have ended once, and which logs were asked for."""

    def __init__(self, *pods: str) -> None:
        super().__init__(cluster_objects(ENV))
        self.logs: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.read: Read = {}
        for name in pods or ("api-1",):
            self.end(name, exits=1)

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("/log"):
            name = request.path.split("/")[-2]
            if request.query["previous"] == ["true"]:
                self.asked.append(name)
            return Response(body=self.logs.get(name, b""))
        return super().__call__(request)

    def end(self, name: str, *, exits: int, **state: Any) -> None:
        last = {"terminated": {"exitCode": 1, "reason": "Error"}}
        pod = pod_object(name, ready=False, restartCount=exits, lastState=last, **state)
        self.objects[f"{PODS}/{name}"] = labeled(pod)

    def look(self) -> Verdict:
        with serving(self) as server, connect(ConnectionOptions(host=server.url)) as cluster:
            return assess(cluster, workload(ENV), read_workload(cluster, workload(ENV)), self.read)


def test_a_cause_in_the_log_of_any_new_pod_fails_the_rollout() -> None:
    cluster = Crashing("api-1", "api-2")
    cluster.logs = {"api-1": b"no database\n", "api-2": DUPLICATE}
    verdict = cluster.look()
    assert (verdict.kind, verdict.pod) == ("failed", "api-2")
    assert "Its log shows the cause. Two recognized registries share 'ghcr.io'" in verdict.text


def test_a_log_is_read_once_for_each_exit() -> None:
    cluster = Crashing()
    cluster.logs = {"api-1": b"no database\n"}
    assert [cluster.look().kind for _look in range(3)] == ["waiting"] * 3
    cluster.end("api-1", exits=2)
    cluster.look()
    assert cluster.asked == ["api-1"] * 2


def test_a_log_that_can_not_be_read_yet_is_read_later() -> None:
    cluster = Crashing()
    assert cluster.look().kind == "waiting"
    cluster.logs = {"api-1": DUPLICATE}
    assert cluster.look().kind == "failed"


@pytest.mark.parametrize("state", [{}, {"lastState": {"terminated": {"exitCode": 1}}, "restartCount": 1}])
def test_no_log_of_a_pod_that_serves_is_read(state: dict[str, Any]) -> None:
    cluster = Crashing()
    cluster.objects[f"{PODS}/api-1"] = labeled(pod_object(**state))
    assert cluster.look().kind == "done"
    assert cluster.asked == []
