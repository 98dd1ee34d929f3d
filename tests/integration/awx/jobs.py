# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs with their credentials on the first cluster, and the search for secrets in all that they leave."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.awx.launch import Station
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World

ADD, REMOVE, AUDIT = "NVCF add registry", "NVCF remove registry", "NVCF audit"
SET, ROLL_BACK = "NVCF set registries", "NVCF roll back release"
ANSWERS = {
    "nvcf_registry_key": GHCR["key"],
    "nvcf_registry_name": GHCR["name"],
    "nvcf_registry_hostname": GHCR["hostname"],
    "registry_allowlist_on_pending": "fail",
}
REMOVE_ANSWERS = {
    "nvcf_registry_key": GHCR["key"],
    "registry_allowlist_on_pending": "fail",
    "registry_allowlist_on_stranded": "fail",
}
# Ansible's worker and helm outlive a canceled job where no container goes with it, until helm has waited so long.
HELM_SECONDS = 25
LIMIT = "--limit east-1 -vvv"
PASSWORD = "canary-of-the-chart-registry-1c9e"


def administrators_token(world: World) -> str:
    """The token of a ServiceAccount that may do everything, in the release's namespace."""
    api, namespace = world.cluster.api, world.namespace
    api.post(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "awx"}})
    binding = {
        "metadata": {"name": f"{namespace}-awx"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "awx", "namespace": namespace}],
    }
    api.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/awx/token"
    return str(api.post(path, {"spec": {"expirationSeconds": 3600}})["status"]["token"])


def api_token(world: World) -> str:
    """A token for the NVCF API, as its issuer gives it to operators."""
    request = urllib.request.Request(
        f"{world.cluster.gateway}/v1/admin/keys",
        data=b"{}",
        headers={"Host": f"api-keys.{world.cluster.domain}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["value"])


@dataclass(frozen=True)
class Jobs:
    """Jobs with their credentials. What each of them leaves is searched for what must not be in it."""

    station: Station
    secrets: dict[str, dict[str, str]]

    def work(
        self,
        template: str,
        answers: Mapping[str, Any],
        prompts: Mapping[str, Any] | None = None,
        *,
        after_a_kill: bool = False,
    ) -> tuple[str, str]:
        """Run a job on the first cluster to its end: its status and its output."""
        outcome = self.station.work(template, answers=answers, secrets=self.secrets, flags=LIMIT, prompts=prompts)
        self.search(after_a_kill=after_a_kill)
        return outcome

    def start(self, template: str, answers: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start a job on the first cluster."""
        payload = self.station.prepare(template, answers=answers, secrets=self.secrets, flags=LIMIT)
        return self.station.start(payload)

    def search(self, *, after_a_kill: bool = False) -> None:
        """All that a job leaves: the sent folder, artifacts, events, what the worker said and complained of, and
        whatever lies at the worker's.

        A runner that cancels a job kills it at once: nothing is tidied up, and helm goes on with its kubeconfig. That
        file is private; in AWX it goes with the container.
        """
        planted = {CANARY, PASSWORD, self.secrets["NVCF clusters"]["nvcf_token"], *self.of_the_kubeconfig()}
        allowed = set(self.station.credential_files)
        files = [path for path in self.station.folder.rglob("*") if path.is_file()]
        assert {"stream", "complaints", "stdout"} <= {path.name for path in files}
        assert any("job_events" in path.parts for path in files)
        assert allowed <= set(files)
        if after_a_kill:
            left = {path for path in files if path.parent.name.startswith("fleetops-nvcf-")}
            assert {path.stat().st_mode & 0o777 for path in left} <= {0o600}
            assert {path.parent.stat().st_mode & 0o777 for path in left} <= {0o700}
            allowed |= left
        texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in {*files} - allowed}
        found = [str(path) for path, text in texts.items() if any(secret in text for secret in planted)]
        assert not found, found

    def of_the_kubeconfig(self) -> Iterator[str]:
        """What lets somebody in: tokens, and keys as they stand there and as clients unpack them."""
        for held in json.loads(self.secrets["NVCF clusters"]["kubeconfig"])["users"]:
            if "token" in held["user"]:
                yield held["user"]["token"]
            else:
                yield held["user"]["client-key-data"]
                yield b64decode(held["user"]["client-key-data"]).decode().splitlines()[1]
