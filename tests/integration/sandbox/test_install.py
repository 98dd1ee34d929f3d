# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The NVCF API in a cluster, installed by real helm and reached as in production."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.conftest import brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.errors import SandboxError
from ansible_collections.fleetops.nvcf.tests.sandbox.helm import run_helm
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values, tasks_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_cli.program import TASK_SCOPES, TASKS_SERVICE

FUNCTIONS = "/v2/nvcf/functions"
FUNCTION = {"name": "probe", "inferenceUrl": "/", "inferencePort": 8080, "containerImage": "ghcr.io/acme/app:1"}


def call(
    cluster: Cluster, method: str, host: str, path: str, body: Any = None, token: str = "", **more: str
) -> tuple[int, str]:
    """Send a request through the gateway and return status and body."""
    headers = {"Host": f"{host}.{cluster.domain}", "Content-Type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(cluster.gateway + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


@pytest.fixture(scope="module")
def cluster(tools: None) -> Iterator[Cluster]:  # noqa: ARG001 it comes first
    """A cluster that nothing has been installed into yet."""
    with brought_up("-install") as box:
        yield box.cluster("east-1")


def helm_program(cluster: Cluster, major: int, *arguments: str) -> str:
    """Run helm in the API's namespace."""
    return run_helm(
        [*arguments, "--namespace=nvcf"], home=cluster.folder / "helm", major=major, kubeconfig=cluster.kubeconfig
    )


@pytest.mark.parametrize("helm", [4, 3])
def test_the_api_is_reached_through_the_gateway_and_refuses_an_unknown_registry(cluster: Cluster, helm: int) -> None:
    assert call(cluster, "GET", "api", "/health") == (503, "no healthy upstream")
    assert call(cluster, "GET", "elsewhere", "/health")[0] == 404

    cluster.install_api(helm=helm)
    assert call(cluster, "GET", "api", "/health")[0] == 200
    status, answer = call(cluster, "POST", "api-keys", "/v1/admin/keys", {})
    assert status == 200
    token = json.loads(answer)["value"]
    status, answer = call(cluster, "POST", "api", "/v2/nvcf/functions", FUNCTION, token)
    assert (status, "Unsupported registry hostname ghcr.io" in answer) == (400, True)

    values = stack_values()
    pair = {"NAME": "GitHub", "HOSTNAME": "ghcr.io"}
    values["api"]["env"] |= {f"NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_{key}": pair[key] for key in pair}
    cluster.install_api(helm=helm, values=values)
    status, answer = call(cluster, "POST", "api", "/v2/nvcf/functions", FUNCTION, token)
    assert status == 200
    created = json.loads(answer)["function"]
    path = f"/v2/nvcf/functions/{created['id']}/versions/{created['versionId']}"
    assert call(cluster, "DELETE", "api", path, None, token)[0] == 204

    history = json.loads(helm_program(cluster, helm, "history", "api", "--output=json"))
    assert [revision["status"] for revision in history] == ["superseded", "deployed"]
    helm_program(cluster, helm, "uninstall", "api", "--wait")


def test_the_tasks_api_stands_beside_it_with_a_list_of_its_own(cluster: Cluster) -> None:
    cluster.install_api()
    values = tasks_values()
    pair = {"NAME": "GitHub", "HOSTNAME": "ghcr.io"}
    values["nvctApi"]["env"] |= {f"NVCT_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_{key}": pair[key] for key in pair}
    cluster.install_tasks(values=values)
    token = json.loads(call(cluster, "POST", "api-keys", "/v1/admin/keys", {})[1])["value"]
    policy = {"scopes": TASK_SCOPES, "resources": [{"id": "*", "type": "account-tasks"}]}
    wanted = {
        "description": "test",
        "expires_at": "2100-01-01T00:00:00.000Z",
        "authorizations": {"policies": [policy]},
        "audience_service_ids": [TASKS_SERVICE],
    }
    status, answer = call(
        cluster, "POST", "api-keys", "/v1/keys", wanted, token, Key_Issuer_Id=TASKS_SERVICE, Key_Owner_Id="me"
    )
    assert status == 200
    task = {
        "name": "probe",
        "containerImage": "ghcr.io/acme/app:1",
        "gpuSpecification": {"gpu": "L40S", "instanceType": "NCP.GPU.L40S_1x"},
        "resultHandlingStrategy": "NONE",
    }
    key = json.loads(answer)["value"]
    assert call(cluster, "POST", "tasks", "/v1/nvct/tasks", task, token)[0] == 401
    status, answer = call(cluster, "POST", "tasks", "/v1/nvct/tasks", task, key)
    assert (status, json.loads(answer)["task"]["status"]) == (200, "QUEUED")
    assert "Unsupported registry hostname ghcr.io" in call(cluster, "POST", "api", FUNCTIONS, FUNCTION, token)[1]
    for release in ("nvct-api", "api"):
        helm_program(cluster, 4, "uninstall", release, "--wait")


def test_a_failing_hook_fails_the_installation(cluster: Cluster) -> None:
    with cluster.behaving(job_exit_code=1, job_seconds=0), pytest.raises(SandboxError, match="helm upgrade exited"):
        cluster.install_api()
    helm_program(cluster, 4, "uninstall", "api", "--wait")
