# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long it takes until a person is told why a rollout, a smoke test or a pull check fails.

    .venv/bin/python tests/benchmark/failures.py

For each failure a release on a real control plane is broken and `api_rollout` waits for it, while a second pair of eyes
asks the API server every 20 ms. Printed: seconds from the change to the error, and how many of them came after the
API server had known. For what the NVCF API, a port-forward or a registry refuses: seconds from the task's begin to the
error, which is all that it takes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import image_pull_check
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.pod_status import read_pod
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import PREFIX, World
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

ROUNDS = 3
CONTAINER = "helm-nvcf-api"


@dataclass(frozen=True)
class Failure:
    """A name for the table, and what brings it about."""

    name: str
    cause: Callable[[World], None]
    behavior: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """A name for the table, words of the error, a task that is refused, and how the cluster behaves meanwhile."""

    name: str
    told: str
    task: Callable[[World], object]
    behavior: Mapping[str, Any] = field(default_factory=dict)


def half_a_pair(world: World) -> None:
    """As the hand procedure would, with one of its two flags forgotten."""
    values = stack_values()
    values["api"]["env"][f"{PREFIX}GHCR_NAME"] = "half a pair"
    world.install(values, wait=False)


def container(**fields: Any) -> Callable[[World], None]:
    """Change the API's container."""

    def cause(world: World) -> None:
        containers = world.get("deployments", "nvcf-api")["spec"]["template"]["spec"]["containers"]
        changed = [found | fields for found in containers]
        path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
        world.cluster.api.patch(path, {"spec": {"template": {"spec": {"containers": changed}}}})

    return cause


def quota(world: World) -> None:
    """Leave no room for the new pod."""
    path = f"/api/v1/namespaces/{world.namespace}/resourcequotas"
    world.cluster.api.post(path, {"metadata": {"name": "full"}, "spec": {"hard": {"pods": "1"}}})
    container(args=["--changed"])(world)


def short_deadline(world: World) -> None:
    """Two seconds instead of ten minutes."""
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api"
    world.cluster.api.patch(path, {"spec": {"progressDeadlineSeconds": 2}})
    container(args=["--changed"])(world)


def smoke_test(world: World) -> object:
    """With a token that is made at the issuer."""
    return world.try_image()


def with_token(**token: Any) -> Callable[[World], object]:
    """A smoke test with a token that will not do."""
    return lambda world: world.try_image(token=mint(world.cluster.nvcf_folder, **token))


def without_port_forward(world: World) -> object:
    """A smoke test by a user who may look at everything in the namespace, and do nothing."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{world.namespace}"
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}
    world.cluster.api.apply(
        f"{rbac}/roles/looker",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "looker"},
            "rules": [rule],
        },
    )
    world.cluster.api.apply(
        f"{rbac}/rolebindings/looker",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "looker"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "looker"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "looker"}],
        },
    )
    return world.try_image(token=mint(world.cluster.nvcf_folder), impersonate_user="looker")


def pull_check(world: World) -> object:
    """Of an image whose host no node can resolve."""
    image = "registry.invalid/app:1"
    return world.run(image_pull_check.OPERATION, image=image, workload_namespace=world.namespace, probe=True)


FAILURES = (
    Failure("half a pair: the container exits", half_a_pair),
    Failure("image cannot be pulled", container(image="gone.invalid/nvcf-api:1")),
    Failure("ConfigMap missing", container(envFrom=[{"configMapRef": {"name": "absent"}}])),
    Failure("no node takes the pod", container(resources={"requests": {"cpu": "100000"}})),
    Failure("quota refuses the pod", quota),
    Failure("progress deadline (of 2 s) missed", short_deadline, {"start_seconds": 600}),
)
CREATION, LIST = "POST /v2/nvcf/functions", "GET /v2/nvcf/functions"
REFUSALS = (
    Refusal("401: token run out", "the token was rejected", with_token(lifetime=timedelta(hours=-1))),
    Refusal("403: token lacks a scope", "the token lacks a scope", with_token(scopes=["list_functions"])),
    Refusal("404: no account yet", "has no account for", smoke_test, {"account_bootstrapped": "no"}),
    Refusal("429 to the creation", "limits the request rate", smoke_test, {"fail_requests": {CREATION: 429}}),
    Refusal("503 to the creation", "is not ready or a service", smoke_test, {"fail_requests": {CREATION: 503}}),
    Refusal("503 to the list, four times", "did not list functions", smoke_test, {"fail_requests": {LIST: 503}}),
    Refusal("function limit reached", "limit is reached", smoke_test, {"quota": 0}),
    Refusal("port-forward refused", "Grant this permission, or set api_url", without_port_forward),
    Refusal(
        "issuer gives no token, four times",
        "returned no token",
        smoke_test,
        {"fail_requests": {"POST /v1/admin/keys": 500}},
    ),
    Refusal("probe: image cannot be pulled", "could not be pulled", pull_check),
)


def known(world: World) -> bool:
    """Whether the API server shows the failure."""
    if any(read_pod(pod, CONTAINER).trouble for pod in world.pods()):
        return True
    conditions = world.get("deployments", "nvcf-api")["status"].get("conditions", [])
    return any((c["type"], c["status"]) in (("ReplicaFailure", "True"), ("Progressing", "False")) for c in conditions)


@contextmanager
def second_pair_of_eyes(world: World) -> Iterator[list[float]]:
    """The moment at which the API server first showed the failure."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not (seen or ended.wait(0.02)):
            if known(world):
                seen.append(time.monotonic())

    eyes = threading.Thread(target=look)
    eyes.start()
    try:
        yield seen
    finally:
        ended.set()
        eyes.join()


def moment_of_failure(task: Callable[[World], object], world: World, told: str = "") -> float:
    """Wait for the task to be told as failed, in these words."""
    try:
        task(world)
    except NvcfError as error:
        end = time.monotonic()
        if told in str(error):
            return end
        raise
    raise SystemExit("the task did not fail")


def measure(box: Sandbox, failure: Failure, number: int) -> tuple[float, float]:
    """Seconds from the change to the error, and from the API server's knowing to the error."""
    world = World(cluster=box.cluster("east-1"), helm=4, namespace=f"failure-{number}")
    world.install()
    with world.cluster.behaving(**failure.behavior), second_pair_of_eyes(world) as seen:
        begin = time.monotonic()
        failure.cause(world)
        end = moment_of_failure(World.roll_out, world)
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}")
    return end - begin, end - seen[0] if seen else 0.0


def measure_refusal(world: World, refusal: Refusal) -> float:
    """Seconds from the task's begin to the error."""
    with world.cluster.behaving(**refusal.behavior):
        begin = time.monotonic()
        return moment_of_failure(refusal.task, world, refusal.told) - begin


def main() -> None:
    """Print the table, the slowest of a few rounds in each row."""
    box = Sandbox.up(f"benchmark-{os.getpid()}", clusters=1)
    try:
        print(f"{'failure':36} {'reported after':>10} {'of which since it could be known':>34}")
        for index, failure in enumerate(FAILURES):
            rounds = [measure(box, failure, ROUNDS * index + number) for number in range(ROUNDS)]
            print(
                f"{failure.name:36} {max(r[0] for r in rounds):8.2f} s {max(r[1] for r in rounds):32.2f} s", flush=True
            )
        standing = World(cluster=box.cluster("east-1"), helm=4, namespace="nvcf")
        standing.cluster.install_api()
        for refusal in REFUSALS:
            seconds = max(measure_refusal(standing, refusal) for _round in range(ROUNDS))
            print(f"{refusal.name:36} {seconds:8.2f} s", flush=True)
    finally:
        box.down()


if __name__ == "__main__":
    main()
