# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The HTTP API: scopes, bodies, order of checks and every behavior that can be set."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from ansible_collections.fleetops.nvcf.tests.sandbox.behavior import Behavior
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api import middleware
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.token_service import token_app
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import ADMIN_SCOPES, mint, scopes_of
from ansible_collections.fleetops.nvcf.tests.unit.sandbox.nvcf_api.asked_cluster import AskedCluster

GHCR = {
    "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub",
    "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME": "ghcr.io",
}
FUNCTIONS = "/v2/nvcf/functions"
REGISTRIES = "/v2/nvcf/recognized-registries"
NOWHERE = "/v2/nvcf/functions/f/versions/v"
DEPLOY_NOWHERE = "/v2/nvcf/deployments/functions/f/versions/v"
ENDPOINTS = [
    ("GET", REGISTRIES, "manage_registry_credentials"),
    ("GET", FUNCTIONS, "list_functions"),
    ("GET", FUNCTIONS, "list_functions_details"),
    ("POST", FUNCTIONS, "register_function"),
    ("POST", "/v2/nvcf/functions/f/versions", "register_function"),
    ("DELETE", NOWHERE, "delete_function"),
    ("POST", DEPLOY_NOWHERE, "deploy_function"),
    ("GET", "/v2/nvcf/clusterGroups", "list_cluster_groups"),
]


def body(image: str = "ghcr.io/x/y:1") -> dict[str, Any]:
    return {"name": "test", "inferenceUrl": "/", "inferencePort": 8080, "containerImage": image}


@dataclass
class Cluster(AskedCluster):
    def create(self, image: str = "ghcr.io/x/y:1") -> str:
        function = self.call("POST", FUNCTIONS, body(image)).json["function"]
        return f"{FUNCTIONS}/{function['id']}/versions/{function['versionId']}"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    Store(tmp_path).bootstrap([])
    return Cluster(tmp_path, dict(GHCR))


@pytest.mark.parametrize("path", ["/health", "/actuator/health/readiness", "/actuator/health/liveness"])
def test_health_needs_no_token(cluster: Cluster, path: str) -> None:
    assert cluster.call("GET", path, token=None).status == 200


@pytest.mark.parametrize("method,path,scope", ENDPOINTS)
def test_each_endpoint_wants_its_scope_and_no_other(cluster: Cluster, method: str, path: str, scope: str) -> None:
    others = ADMIN_SCOPES - {wanted for verb, where, wanted in ENDPOINTS if (verb, where) == (method, path)}
    denied = cluster.call(method, path, {}, token=mint(cluster.state, scopes=others))
    assert (denied.status, denied.json["detail"]) == (403, "Access Denied")
    assert cluster.call(method, path, {}, token=mint(cluster.state, scopes=[scope])).status in {200, 400, 404}


@pytest.mark.parametrize("method,path,_scope", ENDPOINTS)
def test_without_a_valid_token_the_answer_is_an_empty_401(
    cluster: Cluster, method: str, path: str, _scope: str
) -> None:
    absent = cluster.call(method, path, {}, token=None)
    assert (absent.status, absent.text, absent.headers["WWW-Authenticate"]) == (401, "", "Bearer")
    expired = cluster.call(method, path, {}, token=mint(cluster.state, lifetime=timedelta(seconds=-1)))
    assert (expired.status, expired.text) == (401, "")
    assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]
    assert "Jwt expired" in expired.headers["WWW-Authenticate"]


@pytest.mark.parametrize("method,path,_scope", ENDPOINTS)
def test_before_the_bootstrap_the_client_is_unknown(tmp_path: Path, method: str, path: str, _scope: str) -> None:
    answer = Cluster(tmp_path).call(method, path, {}, token=mint(tmp_path, scopes=[]))
    assert answer.status == 404
    assert answer.json["detail"].startswith("Unknown client_id ")


@pytest.mark.parametrize("setting,bootstrapped,status", [("yes", False, 200), ("no", True, 404), ("auto", True, 200)])
def test_the_bootstrap_can_be_overridden(tmp_path: Path, setting: str, bootstrapped: bool, status: int) -> None:
    if bootstrapped:
        Store(tmp_path).bootstrap([])
    cluster = Cluster(tmp_path)
    cluster.behave(account_bootstrapped=setting)
    assert cluster.call("GET", FUNCTIONS).status == status


def test_the_list_of_registries_shows_what_is_configured_even_where_useless(cluster: Cluster) -> None:
    cluster.env["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME"] = "https://ghcr.io/"
    listed = cluster.call("GET", REGISTRIES).json["recognizedRegistries"]
    assert set(listed) == {"CONTAINER", "HELM", "MODEL", "RESOURCE"}
    assert {"name": "GitHub", "hostname": "https://ghcr.io/"} in listed["CONTAINER"]
    assert {"name": "NGC Private Registry", "hostname": "nvcr.io"} in listed["CONTAINER"]


def test_a_created_function_is_listed_until_it_is_deleted(cluster: Cluster) -> None:
    created = cluster.call("POST", FUNCTIONS, body() | {"tags": ["a:b"]})
    assert created.status == 200
    function = created.json["function"]
    assert function["status"] == "INACTIVE"
    assert function["containerImage"] == "ghcr.io/x/y:1"
    assert function["name"] == "test"
    assert function["tags"] == ["a:b"]
    assert function["ncaId"]
    assert cluster.call("GET", FUNCTIONS).json == {"functions": [function]}
    path = f"{FUNCTIONS}/{function['id']}/versions/{function['versionId']}"
    deleted = cluster.call("DELETE", path)
    assert (deleted.status, deleted.text) == (204, "")
    assert cluster.call("DELETE", path).status == 404
    assert cluster.call("GET", FUNCTIONS).json == {"functions": []}


def test_a_second_version_belongs_to_the_same_function_and_needs_no_quota(cluster: Cluster) -> None:
    cluster.behave(quota=1)
    path, _unused, first = cluster.create().rpartition("/")
    second = cluster.call("POST", path, body()).json["function"]
    assert second["id"] in path
    assert second["versionId"] != first


@pytest.mark.parametrize(
    "image,messages,detail",
    [
        ("quay.io/x:1", "current", "detail='Unsupported registry hostname quay.io for registry type CONTAINER'"),
        ("quay.io/x:1", "documented", "Missing CONTAINER registry for hostname 'quay.io'"),
        ("nvcr.io/x:1", "current", "Missing CONTAINER registry credential for hostname 'nvcr.io'"),
        ("my_reg/x:1", "current", "Invalid registry URL: my_reg/x:1"),
        ("10.0.0.5:5000/x:1", "current", "Failed to read request"),
    ],
)
def test_an_image_that_is_not_accepted_is_a_problem(cluster: Cluster, image: str, messages: str, detail: str) -> None:
    cluster.behave(messages=messages)
    refused = cluster.call("POST", FUNCTIONS, body(image))
    assert refused.status == 400
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert detail in refused.json["detail"]
    assert refused.json["instance"] == FUNCTIONS
    assert "type" not in refused.json
    assert cluster.call("GET", FUNCTIONS).json == {"functions": []}


def test_a_built_in_registry_is_accepted_with_the_credential_of_the_bootstrap(tmp_path: Path) -> None:
    Store(tmp_path).bootstrap(["nvcr.io"])
    assert Cluster(tmp_path).call("POST", FUNCTIONS, body("nvcr.io/x:1")).status == 200


def test_a_full_quota_hides_what_body_and_registry_would_say(cluster: Cluster) -> None:
    cluster.behave(quota=1)
    cluster.create()
    for request in (body("quay.io/x:1"), {"name": "-"}):
        refused = cluster.call("POST", FUNCTIONS, request)
        assert refused.status == 400
        assert "Reached or exceeded the max limit for the number of functions allowed" in refused.json["detail"]


def test_an_invalid_body_hides_what_the_registry_would_say(cluster: Cluster) -> None:
    refused = cluster.call("POST", FUNCTIONS, body("quay.io/x:1") | {"name": "-"})
    assert refused.json["detail"].startswith("Invalid request content: name: ")


def test_after_a_removal_functions_stay_listed_and_deletable_but_cannot_be_deployed(cluster: Cluster) -> None:
    path = cluster.create()
    deployment = path.replace("/functions/", "/deployments/functions/")
    del cluster.env["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME"]
    del cluster.env["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME"]
    assert len(cluster.call("GET", FUNCTIONS).json["functions"]) == 1
    for refused in (cluster.call("POST", deployment, {}), cluster.call("POST", path.rpartition("/")[0], body())):
        assert refused.status == 400
        assert "Unsupported registry hostname ghcr.io" in refused.json["detail"]
    cluster.env |= GHCR
    deployed = cluster.call("POST", deployment, {}).json["deployment"]
    assert deployed["functionStatus"] == "DEPLOYING"
    cluster.env.clear()
    assert cluster.call("GET", FUNCTIONS).json["functions"][0]["status"] == "DEPLOYING"
    assert cluster.call("DELETE", path).status == 204


def test_a_delete_can_fail_although_the_function_is_gone(cluster: Cluster) -> None:
    path = cluster.create()
    cluster.behave(delete_answers="500_but_gone")
    assert cluster.call("DELETE", path).status == 500
    assert cluster.call("DELETE", path).status == 404


def test_a_delete_can_fail_and_leave_the_function(cluster: Cluster) -> None:
    path = cluster.create()
    cluster.behave(delete_answers="500")
    assert [cluster.call("DELETE", path).status for _unused in range(2)] == [500, 500]
    assert len(cluster.call("GET", FUNCTIONS).json["functions"]) == 1


def test_a_chosen_request_fails_and_the_others_do_not(cluster: Cluster) -> None:
    cluster.behave(fail_requests={f"POST {FUNCTIONS}": 503, f"GET {REGISTRIES}": 401})
    failed = cluster.call("POST", FUNCTIONS, body())
    assert (failed.status, failed.json["title"]) == (503, "Service Unavailable")
    assert (cluster.call("GET", REGISTRIES).status, cluster.call("GET", REGISTRIES).text) == (401, "")
    assert cluster.call("GET", FUNCTIONS).json == {"functions": []}


def test_a_chosen_request_waits_before_it_is_handled(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(middleware, "sleep", wait)
    cluster.behave(hold_requests={f"GET {FUNCTIONS}": 7})
    assert cluster.call("GET", FUNCTIONS).status == 200
    assert cluster.call("GET", REGISTRIES).status == 200
    assert waited == [7]


def test_the_token_service_can_fail_too(tmp_path: Path) -> None:
    file = tmp_path / "behavior.json"
    Behavior(fail_requests={"POST /v1/admin/keys": 503}).save(file)

    async def status() -> int:
        async with TestClient(TestServer(token_app(tmp_path, file))) as client, client.post("/v1/admin/keys") as reply:
            return reply.status

    assert asyncio.run(status()) == 503


def test_a_cold_token_service_refuses_its_first_requests(tmp_path: Path) -> None:
    file = tmp_path / "behavior.json"
    Behavior(cold_tokens=2).save(file)

    async def statuses() -> list[int]:
        async with TestClient(TestServer(token_app(tmp_path, file))) as client:
            return [(await client.post("/v1/admin/keys")).status for _turn in range(3)]

    assert asyncio.run(statuses()) == [503, 503, 200]


def test_errors_of_the_front_door_have_its_form(cluster: Cluster) -> None:
    cluster.behave(problem_form="request_status")
    assert cluster.call("DELETE", NOWHERE).json["requestStatus"]["statusCode"] == "NOT_FOUND"


@pytest.mark.parametrize("method,path,status", [("GET", "/nowhere", 404), ("PUT", FUNCTIONS, 405)])
def test_unknown_paths_and_methods_are_problems(cluster: Cluster, method: str, path: str, status: int) -> None:
    answer = cluster.call(method, path)
    assert (answer.status, answer.json["status"]) == (status, status)


def test_tokens_never_reach_the_log(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    token = mint(cluster.state)
    cluster.call("GET", f"{FUNCTIONS}?token={token}", token=token)
    logged = capfd.readouterr()
    assert f"GET {FUNCTIONS} 200" in logged.out
    assert token not in logged.out + logged.err


def test_the_token_service_gives_anyone_a_token_with_all_scopes(tmp_path: Path) -> None:
    async def create_key() -> Any:
        async with TestClient(TestServer(token_app(tmp_path, tmp_path / "behavior.json"))) as client:
            response = await client.post("/v1/admin/keys", json={})
            assert response.status == 200
            return await response.json()

    key = asyncio.run(create_key())
    assert {"id", "value", "expires_at"} <= set(key)
    assert scopes_of(tmp_path, key["value"]) == ADMIN_SCOPES
