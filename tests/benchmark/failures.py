# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long it takes until a person is told why a rollout fails.

    .venv/bin/python tests/benchmark/failures.py

For each failure a release on a real control plane is broken and `api_rollout` waits for it, while a second pair of eyes
asks the API server every 20 ms. Printed: seconds from the change to the error, and how many of them came after the
API server had known.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import RolloutError
from ansible_collections.fleetops.nvcf.plugins.module_utils._pods import read_pod
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import PREFIX, World
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.sandbox import Sandbox

ROUNDS = 3
CONTAINER = "helm-nvcf-api"


@dataclass(frozen=True)
class Failure:
    """A name for the table, and what brings it about."""

    name: str
    cause: Callable[[World], None]


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


FAILURES = (
    Failure("half a pair: the container exits", half_a_pair),
    Failure("image can't be pulled", container(image="gone.invalid/nvcf-api:1")),
    Failure("ConfigMap missing", container(envFrom=[{"configMapRef": {"name": "absent"}}])),
    Failure("no node takes the pod", container(resources={"requests": {"cpu": "100000"}})),
    Failure("quota refuses the pod", quota),
)


def known(world: World) -> bool:
    """Whether the API server shows the failure."""
    if any(read_pod(pod, CONTAINER).trouble for pod in world.pods()):
        return True
    conditions = world.get("deployments", "nvcf-api")["status"].get("conditions", [])
    return any(c["type"] == "ReplicaFailure" and c["status"] == "True" for c in conditions)


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


def moment_of_failure(world: World) -> float:
    """Wait for the rollout to be told as failed."""
    try:
        world.roll_out()
    except RolloutError:
        return time.monotonic()
    raise SystemExit("the rollout did not fail")


def measure(box: Sandbox, failure: Failure, number: int) -> tuple[float, float]:
    """Seconds from the change to the error, and from the API server's knowing to the error."""
    world = World(cluster=box.cluster("east-1"), helm=4, namespace=f"failure-{number}")
    world.install()
    with second_pair_of_eyes(world) as seen:
        begin = time.monotonic()
        failure.cause(world)
        end = moment_of_failure(world)
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}")
    return end - begin, end - seen[0] if seen else 0.0


def main() -> None:
    """Print the table, the slowest of a few rounds in each row."""
    box = Sandbox.up(f"benchmark-{os.getpid()}", clusters=1)
    try:
        print(f"{'failure':36} {'told after':>10} {'of which since it could be known':>34}")
        for index, failure in enumerate(FAILURES):
            rounds = [measure(box, failure, ROUNDS * index + number) for number in range(ROUNDS)]
            print(
                f"{failure.name:36} {max(r[0] for r in rounds):8.2f} s {max(r[1] for r in rounds):32.2f} s", flush=True
            )
    finally:
        box.down()


if __name__ == "__main__":
    main()
