# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What is known about the tasks API, and about a question that creates nothing, on both APIs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import ArtifactType, BindingFailure, bind
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.kinds import FUNCTIONS, TASKS, Kind
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import ADMIN_SCOPES, mint
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_cli.program import TASK_SCOPES, TASKS_SERVICE
from ansible_collections.fleetops.nvcf.tests.unit.sandbox.nvcf_api.asked_cluster import Answer, AskedCluster

PATHS = {FUNCTIONS: "/v2/nvcf/functions", TASKS: "/v1/nvct/tasks"}
PROBE = {"resources": [{"name": "r", "version": "1", "uri": "https://probe.invalid/r"}]}
EVERY_TASK = ({"id": "*", "type": "account-tasks"},)
BOTH = pytest.mark.parametrize("kind", [FUNCTIONS, TASKS], ids=["functions", "tasks"])
ACCEPTED = "Missing RESOURCE registry for hostname 'probe.invalid'"


def pair(kind: Kind, key: str = "GHCR", name: str = "GitHub", hostname: str = "ghcr.io") -> dict[str, str]:
    prefix = f"{kind.prefix.upper()}_REGISTRIES_RECOGNIZED_CONTAINER_{key}"
    return {f"{prefix}_NAME": name, f"{prefix}_HOSTNAME": hostname}


class Asked(AskedCluster):
    """Asks one of the APIs with a credential that has all rights there."""

    def key(self, scopes: Any = TASK_SCOPES, resources: Any = EVERY_TASK, **changes: Any) -> Answer:
        body = {
            "description": "test",
            "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            "authorizations": {"policies": [{"aud": TASKS_SERVICE, "scopes": scopes, "resources": resources}]},
            "audience_service_ids": [TASKS_SERVICE],
        }
        headers = {"Key-Issuer-Service": "nvct-api", "Key-Issuer-Id": TASKS_SERVICE, "Key-Owner-Id": "somebody"}
        return self.keys("POST", "/v1/keys", body | changes, headers)

    @cached_property
    def token(self) -> str:
        return str(self.key().json["value"] if self.kind is TASKS else mint(self.state))

    def ask(self, method: str = "POST", more: str = "", json: object = None) -> Answer:
        return self.call(method, PATHS[self.kind] + more, json, token=self.token)

    def body(self, **changes: Any) -> dict[str, Any]:
        own: dict[str, Any] = {"inferenceUrl": "/", "inferencePort": 8080}
        if self.kind is TASKS:
            gpu = {"gpu": "L40S", "instanceType": "NCP.GPU.L40S_1x"}
            own = {"gpuSpecification": gpu, "resultHandlingStrategy": "NONE"}
        return {"name": "test", "containerImage": "ghcr.io/x/y:1", **own, **changes}


def asked(state: Path, kind: Kind, credentials: tuple[str, ...] = ()) -> Asked:
    Store(state).bootstrap(credentials)
    return Asked(state, pair(kind), kind)


@pytest.fixture
def tasks(tmp_path: Path) -> Asked:
    return asked(tmp_path, TASKS)


def said(answer: Answer) -> tuple[int, str]:
    detail = answer.json["detail"] if answer.text else answer.headers["WWW-Authenticate"]
    return answer.status, detail


@pytest.mark.parametrize(
    "image,answer",
    [
        ("ghcr.io/x/y:1", ACCEPTED),
        ("quay.io/x/y:1", "Unsupported registry hostname quay.io for registry type CONTAINER"),
        ("nvcr.io/x/y:1", "Missing CONTAINER registry credential for hostname 'nvcr.io'"),
        ("public.ecr.aws/x:1", ACCEPTED),
    ],
)
@BOTH
def test_the_question_tells_what_becomes_of_an_image_and_creates_nothing(
    tmp_path: Path, kind: Kind, image: str, answer: str
) -> None:
    cluster = asked(tmp_path, kind, ("public.ecr.aws",))
    status, detail = said(cluster.ask(json=cluster.body(containerImage=image) | PROBE))
    assert (status, answer in detail) == (400, True), detail
    assert detail.startswith("400 BAD_REQUEST, ProblemDetail[") == ("quay.io" in image and kind is FUNCTIONS)
    assert detail.startswith("Account 'nvcf-default', ") == (answer == ACCEPTED)
    listed = cluster.ask("GET").json
    assert listed == {"functions" if kind is FUNCTIONS else "tasks": []}


@BOTH
def test_each_api_has_a_list_of_its_own(tmp_path: Path, kind: Kind) -> None:
    cluster = asked(tmp_path, kind)
    cluster.env = pair(TASKS if kind is FUNCTIONS else FUNCTIONS)
    assert "Unsupported registry hostname ghcr.io" in said(cluster.ask(json=cluster.body() | PROBE))[1]


def test_a_full_quota_hides_the_question_which_another_version_of_a_function_answers(tmp_path: Path) -> None:
    cluster = asked(tmp_path, FUNCTIONS)
    function = cluster.ask(json=cluster.body()).json["function"]
    cluster.behave(quota=1)
    assert "Reached or exceeded the max limit" in said(cluster.ask(json=cluster.body() | PROBE))[1]
    assert ACCEPTED in said(cluster.ask(more=f"/{function['id']}/versions", json=cluster.body() | PROBE))[1]
    assert cluster.ask("GET").json["functions"] == [function]


def test_where_refusals_are_only_logged_functions_are_created_and_tasks_say_it_twice(tmp_path: Path) -> None:
    for kind in (FUNCTIONS, TASKS):
        cluster = asked(tmp_path / kind.prefix, kind)
        cluster.env = {f"{kind.prefix.upper()}_REGISTRIES_ARTIFACT_VALIDATION_EXCEPTION_HANDLING": "log"}
        answer = cluster.ask(json=cluster.body(containerImage="quay.io/x:1") | PROBE)
        if kind is FUNCTIONS:
            assert (answer.status, len(cluster.ask("GET").json["functions"])) == (200, 1)
        else:
            owner, twice = said(answer)[1].split(": ", 1)
            assert owner.startswith("Account 'nvcf-default', Task '")
            assert twice == f"{owner}: {ACCEPTED}"
            assert cluster.ask("GET").json == {"tasks": []}


def test_models_are_looked_at_before_resources(tmp_path: Path) -> None:
    for kind in (FUNCTIONS, TASKS):
        cluster = asked(tmp_path / kind.prefix, kind)
        models = {"models": [{"name": "m", "version": "1", "uri": "https://models.invalid/m"}]}
        assert (
            "Missing MODEL registry for hostname 'models.invalid'"
            in said(cluster.ask(json=cluster.body() | PROBE | models))[1]
        )


CHECKS: list[tuple[Mapping[str, Any], Mapping[str, Any], int, str]] = [
    ({"containerImage": "10.0.0.5:5000/x:1"}, {}, 400, "Failed to read request"),
    ({"resultHandlingStrategy": "NOWHERE"}, {}, 400, "Failed to read request"),
    ({"name": "-"}, {}, 400, "Invalid request content: name: "),
    ({"gpuSpecification": None}, {}, 400, "gpuSpecification: must not be null"),
    ({"gpuSpecification": {"gpu": "L40S"}}, {}, 400, "gpuSpecification.instanceType: must not be blank"),
    ({"maxQueuedDuration": "PT0S"}, {}, 400, "'maxQueuedDuration' cannot be of zero length"),
    ({"maxRuntimeDuration": "PT10M"}, {}, 400, "'terminationGracePeriodDuration' cannot exceed 'maxRuntimeDuration'"),
    ({}, {"icms_lookup": 401}, 401, "4xx error 401"),
    ({}, {"icms_lookup": 403}, 403, "4xx error 403"),
    ({}, {"icms_lookup": 404}, 404, "4xx error 404"),
    ({}, {"icms_lookup": 503}, 502, "Failed to get response from 'ICMS' after retries."),
    ({}, {"gpus": {}}, 502, "Account 'nvcf-default': Missing cluster-groups in successful ICSM response"),
    ({}, {"gpus": {"H100": ["x"]}}, 400, "Invalid request: Invalid GPU 'L40S' specified"),
    ({}, {"gpus": {"L40S": ["x"]}}, 400, "Invalid request: Invalid InstanceType 'NCP.GPU.L40S_1x' specified"),
    ({"secrets": [{"name": "A"}, {"name": "A"}]}, {}, 400, "Duplicate secrets keys"),
    ({"resultHandlingStrategy": None, "secrets": []}, {}, 400, "default or UPLOAD 'resultHandlingStrategy'"),
    ({"resultHandlingStrategy": "UPLOAD", "secrets": [{"name": "A"}]}, {}, 400, "Missing 'NGC_API_KEY' secret key"),
    ({"secrets": [{"name": "NGC_API_KEY"}], "resultHandlingStrategy": "UPLOAD"}, {}, 400, "'resultsLocation'"),
    ({"containerImage": "my_reg/x:1"}, {}, 400, "Invalid registry URL: my_reg/x:1"),
    ({"containerImage": "quay.io/x:1"}, {}, 400, "Unsupported registry hostname quay.io for registry type CONTAINER"),
    ({"containerImage": ""} | PROBE, {}, 400, ACCEPTED),
    (PROBE, {}, 400, ACCEPTED),
    ({"containerImage": None}, {}, 400, "must be specified in the payload"),
    ({}, {"icms_instances": 401}, 401, "4xx error 401"),
    ({}, {"icms_instances": 503}, 502, "Failed to get response from 'ICMS' after retries."),
]
"""A change of the body, a behavior, and the answer to it, in the order in which the API checks."""


def test_the_checks_of_a_task_come_in_this_order(tasks: Asked) -> None:
    for change, behavior, status, detail in CHECKS:
        tasks.behave(**behavior)
        answer = said(tasks.ask(json=tasks.body(**change)))
        assert (answer[0], detail in answer[1]) == (status, True), (change, behavior, answer)
    for (change, behavior, _status, detail), (later, more, *_rest) in pairwise(CHECKS):
        tasks.behave(**{**more, **behavior})
        answer = said(tasks.ask(json=tasks.body(**{**later, **change})))
        assert detail in answer[1], (change, behavior, later, more, answer)


def test_a_task_is_queued_and_there_until_it_is_deleted(tasks: Asked) -> None:
    task = tasks.ask(json=tasks.body()).json["task"]
    assert (task["status"], task["containerImage"]) == ("QUEUED", "ghcr.io/x/y:1")
    for answer, status in ((503, 502), (401, 401)):
        tasks.behave(icms_instances=answer)
        assert tasks.ask("DELETE", f"/{task['id']}").status == status
        assert tasks.ask("GET").json == {"tasks": [task]}
    tasks.behave()
    assert tasks.ask("POST", f"/{task['id']}/cancel").json["task"]["status"] == "CANCELED"
    assert "Cannot cancel" in tasks.ask("POST", f"/{task['id']}/cancel").text
    assert [tasks.ask("DELETE", f"/{task['id']}").status for _turn in range(2)] == [204, 404]
    assert tasks.ask("GET").json == {"tasks": []}


def value(tasks: Asked, **changes: Any) -> str:
    return str(tasks.key(**changes).json["value"])


def test_tasks_are_listed_in_slices_whose_last_has_no_cursor(tasks: Asked) -> None:
    token = value(tasks)
    made = [tasks.call("POST", "/v1/nvct/tasks", tasks.body(), token=token).json["task"]["id"] for _turn in range(12)]
    seen, cursor = [], ""
    for _turn in range(3):
        slice_ = tasks.call("GET", f"/v1/nvct/tasks?limit=5{cursor}", token=token).json
        seen += [task["id"] for task in slice_["tasks"]]
        cursor = f"&cursor={slice_['cursor']}" if "cursor" in slice_ else ""
    assert (seen, cursor) == (made, "")
    assert tasks.call("GET", "/v1/nvct/tasks?status=RUNNING", token=token).json["tasks"] == []
    assert len(tasks.call("GET", "/v1/nvct/tasks", token=token).json["tasks"]) == 10


def test_who_may_not_gets_to_know_why(tasks: Asked) -> None:
    def answer(token: str | None) -> tuple[int, str]:
        return said(tasks.call("POST", "/v1/nvct/tasks", tasks.body(), token=token))

    assert answer(None) == (401, "Bearer")
    assert answer(mint(tasks.state))[0] == 401
    assert 'error_description="Invalid issuer"' in answer(mint(tasks.state))[1]
    assert answer("nvapi-nvcf-stg-unknown") == (403, "Authorization failed")
    assert answer(value(tasks, scopes=["list_tasks"])) == (403, "Access Denied")
    assert answer(value(tasks, resources=[])) == (403, "Forbidden to create task")
    other = mint(tasks.state, scopes=["launch_task"], issuer="http://other", client="x")
    assert answer(other) == (404, "Client 'x' is not found and may not be onboarded yet")


def test_a_key_reaches_only_tasks_that_it_has_the_resource_for(tasks: Asked) -> None:
    token = value(tasks)
    task = tasks.call("POST", "/v1/nvct/tasks", tasks.body(), token=token).json["task"]
    narrow = value(tasks, resources=[])
    assert tasks.call("GET", "/v1/nvct/tasks", token=narrow).json == {"tasks": []}
    assert tasks.call("DELETE", f"/v1/nvct/tasks/{task['id']}", token=narrow).status == 403


def test_no_endpoint_of_tasks_lists_registries_and_no_admin_token_lists_gpus(tmp_path: Path) -> None:
    tasks, functions = asked(tmp_path, TASKS), asked(tmp_path, FUNCTIONS)
    assert tasks.call("GET", "/v1/nvct/recognized-registries", token=value(tasks)).status == 404
    assert functions.call("GET", "/v2/nvcf/clusterGroups").status == 403
    token = mint(tmp_path, scopes=[*ADMIN_SCOPES, "list_cluster_groups"])
    (group,) = functions.call("GET", "/v2/nvcf/clusterGroups", token=token).json["clusterGroups"]
    (gpu,) = group["gpus"]
    assert (gpu["name"], gpu["instanceTypes"][0]["name"]) == ("L40S", "NCP.GPU.L40S_1x")
    functions.behave(gpus={})
    assert functions.call("GET", "/v2/nvcf/clusterGroups", token=token).status == 502


@pytest.mark.parametrize(
    "change,detail",
    [
        ({"description": "no, commas"}, "description is invalid"),
        ({"expires_at": "2020-01-01T00:00:00.000Z"}, "expires_at must be in the future"),
        ({"audience_service_ids": ["other"]}, "cannot use audiences"),
    ],
)
def test_a_key_is_not_made_of_anything(tasks: Asked, change: dict[str, Any], detail: str) -> None:
    assert detail in tasks.key(**change).json["detail"]


def test_an_owner_has_eight_keys_until_one_is_deleted(tasks: Asked) -> None:
    made = [tasks.key() for _turn in range(9)]
    assert [answer.status for answer in made] == [200] * 8 + [400]
    assert made[8].json["detail"] == "Actor reached maximum allowed number of keys in service"
    headers = {"Key-Issuer-Id": TASKS_SERVICE, "Key-Owner-Id": "somebody"}
    shown = tasks.keys("GET", "/v1/keys", None, headers).json["keys"]
    assert [(key["id"], key["value"], key["status"]) for key in shown] == [
        (answer.json["id"], None, "ACTIVE") for answer in made[:8]
    ]
    path = f"/v1/keys/{made[0].json['id']}"
    assert [tasks.keys("DELETE", path, None, headers).status for _turn in range(2)] == [204, 404]
    assert tasks.key().status == 200
    answer = tasks.call("GET", "/v1/nvct/tasks", token=made[0].json["value"])
    assert said(answer) == (403, "Authorization failed")


@pytest.mark.parametrize(
    "env,report",
    [
        (
            {"NVCT_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "GitHub"},
            "nvct.registries.recognized.container.ghcr.host",
        ),
        (pair(TASKS, hostname=""), 'Value: ""'),
        (pair(TASKS, hostname="nvcr.io"), "Duplicate key nvcr.io"),
        (pair(TASKS, key="ECR_PUBLIC", hostname="mine.test"), "Duplicate key"),
    ],
)
def test_bad_pairs_end_the_start_of_the_tasks_api_too_and_only_of_it(env: dict[str, str], report: str) -> None:
    with pytest.raises(BindingFailure, match=report.replace(".", r"\.")):
        bind(env, TASKS)
    assert bind(env) == bind({})
    swapped = {name.replace("NVCT", "NVCF"): text for name, text in env.items()}
    assert bind(swapped, TASKS) == bind({}, TASKS)


def test_keys_of_the_tasks_api_bind_as_those_of_the_other() -> None:
    docker = pair(TASKS, key="DOCKER", hostname="mirror.test", name="Mirror")
    bound = bind(docker | pair(TASKS, key="REG_EU"), TASKS)[ArtifactType.CONTAINER]
    hosts = {registry.hostname for registry in bound}
    assert "mirror.test" in hosts
    assert hosts.isdisjoint({"docker.io", "ghcr.io"})
