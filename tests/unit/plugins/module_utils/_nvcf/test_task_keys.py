# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A key for tasks: what is asked of which service, and that the few that there may be are not used up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.task_keys import (
    DESCRIPTION,
    ISSUER,
    KEYS,
    LIFETIME,
    task_key,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.token_issuer import SHARED_SECONDS
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.function_smoke_test import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfApiError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ApiOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import sharing
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import options_of, pod_object
from ansible_collections.fleetops.nvcf.tests.unit.plugins.forwarding import Forwarding
from ansible_collections.fleetops.nvcf.tests.unit.plugins.nvcf_fake import refusal
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving

FULL = refusal(400, "Actor reached maximum allowed number of keys in service")
SERVICES = "/api/v1/namespaces/api-keys/services"


def key_row(number: int, *, description: str = DESCRIPTION, hours: float = -1) -> dict[str, Any]:
    expires = datetime.now(UTC) + timedelta(hours=hours)
    return {"id": f"k{number}", "description": description, "expires_at": expires.isoformat()}


@dataclass
class Keys:
    """The issuer and the service of keys, in one process."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    most: int = 8
    asked: list[Request] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    answer: Response | None = None

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        if request.path == "/v1/admin/keys":
            return Response(body={"value": "admin"})
        assert request.header("Authorization") == "Bearer admin"
        assert request.header("Key-Issuer-Id") == ISSUER
        assert request.header("Key-Owner-Id")
        if request.method == "GET":
            return Response(body={"keys": self.rows})
        if request.method == "DELETE":
            self.rows = [row for row in self.rows if row["id"] != request.path.rpartition("/")[2]]
            return Response(status=204, body=b"")
        if self.answer or len(self.rows) >= self.most:
            return self.answer or FULL
        self.made.append(json.loads(request.body))
        self.rows.append({"id": "mine", **self.made[-1]})
        return Response(body={"id": "mine", "value": f"key-{len(self.made)}"})


def used(cluster: Cluster, api: ApiOptions) -> str:
    with task_key(cluster, api) as key:
        return key


@pytest.fixture
def mint(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    forwarding = Forwarding().install(monkeypatch)
    spec = {"selector": {"app": "issuer"}, "ports": [{"port": 8080}]}
    pod = pod_object("issuer-1")
    pod["metadata"]["labels"] = {"app": "issuer"}
    kubernetes = KubernetesFake(
        {
            f"{SERVICES}/admin-token-issuer-proxy": {
                "metadata": {"name": "admin-token-issuer-proxy"},
                "spec": spec,
            },
            f"{SERVICES}/api-keys": {"metadata": {"name": "api-keys"}, "spec": spec},
            "/api/v1/namespaces/api-keys/pods/issuer-1": pod,
        }
    )

    @contextmanager
    def served(keys: Keys) -> Iterator[str]:
        with serving(kubernetes) as server, serving(keys) as issuer:
            forwarding.routes["issuer-1:8080"] = issuer.url
            yield server.url

    def made(keys: Keys, times: int = 1) -> str:
        with served(keys) as url:
            options = options_of(OPERATION, host=url, image="ghcr.io/a/b:1", service="tasks")
            with connect(options.connection) as cluster:
                return ",".join(used(cluster, options.api) for _turn in range(times))

    return made


def test_a_key_is_made_with_an_admin_token_and_is_for_all_tasks(mint: Callable[..., str]) -> None:
    keys = Keys()
    assert mint(keys) == "key-1"
    asked = [(request.method, request.path) for request in keys.asked]
    assert asked == [("POST", "/v1/admin/keys"), ("POST", KEYS), ("DELETE", f"{KEYS}/mine")]
    (body,) = keys.made
    (policy,) = body["authorizations"]["policies"]
    assert {"launch_task", "list_tasks", "delete_task"} <= set(policy["scopes"])
    assert policy["resources"] == [{"id": "*", "type": "account-tasks"}]
    assert body["audience_service_ids"] == policy["auds"] == [ISSUER]
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=SHARED_SECONDS) < left <= LIFETIME


def test_where_there_may_be_no_more_those_of_earlier_runs_that_are_expired_make_room(
    mint: Callable[..., str],
) -> None:
    others = [key_row(7, description="Generated by nvcf-cli"), key_row(8, hours=1)]
    keys = Keys(rows=[key_row(1), key_row(2), *others], most=4)
    assert mint(keys) == "key-1"
    assert [row["id"] for row in keys.rows] == ["k7", "k8"], "and its own is gone after its use"


@pytest.mark.parametrize(
    "keys,told",
    [
        pytest.param(Keys(rows=[key_row(1, hours=1)], most=1), "maximum allowed number", id="all in use"),
        pytest.param(Keys(answer=refusal(403, "Access Denied")), "lacks a scope", id="forbidden"),
        pytest.param(Keys(answer=Response(body={"value": None})), "contains no key", id="none given"),
        pytest.param(Keys(answer=Response(body=b"<html>")), "contains no key", id="something else"),
    ],
)
def test_a_key_that_is_not_given_is_told_with_the_way_to_give_one(
    mint: Callable[..., str], keys: Keys, told: str
) -> None:
    with pytest.raises(NvcfApiError, match="returned no key for tasks") as caught:
        mint(keys)
    assert told in str(caught.value)
    assert "nvcf-cli api-key generate --for task" in str(caught.value)
    assert "admin" not in str(caught.value).replace("admin-token", "")


def test_the_steps_of_a_run_share_a_key(mint: Callable[..., str], tmp_path: Path) -> None:
    keys = Keys()
    with sharing(str(tmp_path)):
        assert mint(keys, 3) == "key-1,key-1,key-1"
    assert [row["id"] for row in keys.rows] == ["mine"]
    assert mint(keys, 2) == "key-2,key-3", "without a run there is no one to share with"
