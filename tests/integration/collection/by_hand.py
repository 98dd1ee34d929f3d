# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person with plain tools does to a release, and what a client of the API notices of it meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import IMAGE, PREFIX, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox import tools

FUNCTIONS = "/v2/nvcf/functions"
# A proxy of the environment must not see traffic on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Ended:
    """A helm that has ended: exit status and both outputs."""

    status: int
    out: str
    err: str


def start_helm(world: World, *arguments: str) -> subprocess.Popen[str]:
    """Start plain helm against the release's namespace. It reads nothing from standard input."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    return subprocess.Popen(
        [tools.helm(world.helm), *arguments, f"--namespace={world.namespace}"],
        env={**inherited, "KUBECONFIG": str(world.cluster.kubeconfig)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(helm: subprocess.Popen[str]) -> Ended:
    """Wait for its end, whether it succeeds or not."""
    with helm:
        out, err = helm.communicate(timeout=120)
    return Ended(status=helm.returncode, out=out, err=err)


def upgrade(world: World, *flags: str) -> Ended:
    """`helm upgrade` of the release with its chart."""
    return finish(start_helm(world, "upgrade", world.release, str(world.chart), *flags))


def set_pair(registry: Mapping[str, str]) -> list[str]:
    """The hand procedure's flags that add a registry to whatever values there are."""
    return ["--reuse-values", *(f"--set-string=api.env.{name}={value}" for name, value in pair(registry).items())]


def set_name_only(key: str) -> list[str]:
    """The same with the second line forgotten: half a pair."""
    return ["--reuse-values", f"--set-string=api.env.{PREFIX}{key}_NAME=GitHub Container Registry"]


def replace_values(world: World, values: Mapping[str, Any]) -> None:
    """`helm upgrade` to exactly these values, without a wait for pods."""
    flags = ("--reset-values", "--values=-")
    world.run_helm("upgrade", world.release, str(world.chart), *flags, stdin=json.dumps(values))


def helms(marker: str) -> list[int]:
    """The pids of running helm processes whose command line mentions `marker`."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"helm") and marker.encode() in words:
            found.append(int(folder.name))
    return found


def statuses(world: World) -> list[str]:
    """Helm's word for each stored revision, oldest first."""
    return [revision["status"] for revision in world.history()]


def told(caught: pytest.ExceptionInfo[NvcfError]) -> str:
    """What a person reads when the task fails."""
    return str(caught.value.result()["msg"])


def selected_by_name_label(world: World) -> str:
    """The path of the pods that the hand procedure deletes."""
    query = {"labelSelector": "app.kubernetes.io/name=helm-nvcf-api", "fieldSelector": "status.phase=Running"}
    return f"/api/v1/namespaces/{world.namespace}/pods?{urlencode(query)}"


def delete_pods(world: World) -> None:
    """The hand procedure's forced rollout."""
    world.cluster.api.delete(selected_by_name_label(world))


def endpoints(world: World) -> list[str]:
    """Addresses that the Service `api` sends requests to: pods that are ready and not being deleted."""
    return [
        pod["status"]["podIP"]
        for pod in world.pods()
        if "deletionTimestamp" not in pod["metadata"]
        and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
    ]


def crashed(pod: Mapping[str, Any]) -> bool:
    """Whether a container of the pod has exited, be it that it runs again."""
    states = pod["status"].get("containerStatuses", [])
    return any(state["restartCount"] > 0 or "terminated" in state["state"] for state in states)


def request(method: str, url: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON document of one HTTP exchange."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with _OPENER.open(urllib.request.Request(url, data=data, method=method, headers=sent), timeout=10) as reply:
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read() or b"null")


def create_function(world: World, image: str = IMAGE) -> int:
    """The status with which whatever serves behind the Service answers a create. The function is deleted again."""
    issuer = f"api-keys.{world.cluster.domain}"
    _status, key = request("POST", f"{world.cluster.gateway}/v1/admin/keys", {}, Host=issuer)
    bearer = f"Bearer {key['value']}"
    url = f"http://{endpoints(world)[0]}:8080{FUNCTIONS}"
    wanted = {"name": "by-hand", "inferenceUrl": "/", "inferencePort": 8080, "containerImage": image}
    status, document = request("POST", url, wanted, Authorization=bearer)
    if status == 200:
        made = document["function"]
        request("DELETE", f"{url}/{made['id']}/versions/{made['versionId']}", Authorization=bearer)
    return status


class Traffic:
    """Requests through the Service, one after the other, and how they fared."""

    def __init__(self, world: World) -> None:
        self.answered = 0
        self.failed = 0
        self._world = world
        self._ended = threading.Event()

    def _send(self) -> bool:
        found = endpoints(self._world)
        try:
            return bool(found) and request("GET", f"http://{found[0]}:8080/health")[0] == 200
        except OSError:
            return False

    def run(self) -> None:
        """Ask until `end` is called."""
        while not self._ended.wait(0.02):
            if self._send():
                self.answered += 1
            else:
                self.failed += 1

    def end(self) -> None:
        """Let `run` return."""
        self._ended.set()


@contextmanager
def traffic(world: World, eventually: Eventually) -> Iterator[Traffic]:
    """Traffic from before the block, which begins when requests are answered, until they are answered after it."""
    polled = Traffic(world)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(polled.run)
        try:
            eventually(lambda: polled.answered > 0, "a first answer")
            yield polled
            before = polled.answered
            eventually(lambda: polled.answered > before, "an answer afterwards")
        finally:
            polled.end()
        running.result()
