# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One release on a cluster, and a program in helm's place that changes it."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.unit.plugins import fake_helm
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import host, params_of, pod_object
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import (
    PODS,
    SECRETS,
    cluster_objects,
    labeled,
    stored,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Request, Response, serving

CHART_REF = "oci://registry.example.com/org/helm-nvcf-api"
CANARY = "pa55word-canary"
ENDED = {"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T12:30:00Z"}}
FOREIGN = {"LOG_LEVEL": "info"}


class Cluster:
    """One release on a cluster, and a helm that changes it."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None, **release: Any) -> None:
        self.folder = folder
        stored_env = FOREIGN | (env or {})
        values = {"api": {"env": stored_env, "password": CANARY}}
        live = cluster_objects(stored_env)
        self.kubernetes = KubernetesFake(live | stored(stored_release(values, **release)))
        self.helm = folder / "helm"
        command = shlex.join([sys.executable, "-m", fake_helm.__name__, str(folder)])
        # Nothing of the collection runs in it that could be counted, and counting would take longer than the rest.
        self.helm.write_text(f'#!/bin/sh\nunset COVERAGE_PROCESS_START\nexec {command} "$@"\n', encoding="utf-8")
        self.helm.chmod(0o700)
        self.behave()

    def behave(self, **behavior: Any) -> None:
        (self.folder / "behavior.json").write_text(json.dumps(behavior), encoding="utf-8")

    def answer(self, request: Request) -> Response:
        applied = self.folder / "applied.json"
        if applied.exists():
            self.store(json.loads(applied.read_text(encoding="utf-8")))
        return self.kubernetes(request)

    def store(self, document: dict[str, Any]) -> None:
        """Helm gives what returns to a revision the labels of that one's Secret."""
        if "labels" not in document and "returns_to" in document:
            target = f"{SECRETS}/sh.helm.release.v1.api.v{document['returns_to']}"
            labels = self.kubernetes.objects[target]["metadata"]["labels"]
            document["labels"] = {name: value for name, value in labels.items() if "/" in name}
        self.kubernetes.objects |= stored(document)

    def run(self, *registries: dict[str, Any], check_mode: bool = False, **given: Any) -> dict[str, Any]:
        with serving(self.answer) as server:
            asked = {"host": server.url, "helm_binary": str(self.helm), "chart_ref": CHART_REF}
            params = params_of(OPERATION, **{**asked, "registries": list(registries), **given})
            self.warnings: list[str] = []
            return OPERATION.start(host(check_mode=check_mode, warn=self.warnings.append), params)

    def crash(self) -> None:
        """The API's pod ends as soon as it is started."""
        crashing = {"waiting": {"reason": "CrashLoopBackOff"}}
        pod = pod_object(ready=False, restartCount=2, state=crashing, lastState=ENDED)
        self.kubernetes.objects[f"{PODS}/api-1"] = labeled(pod)

    def refused(self, *registries: dict[str, Any], **given: Any) -> NvcfError:
        with pytest.raises(NvcfError) as caught:
            self.run(*registries, **given)
        return caught.value

    @property
    def calls(self) -> list[list[str]]:
        log = self.folder / "calls.jsonl"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []

    @property
    def applied(self) -> dict[str, Any] | None:
        path = self.folder / "applied.json"
        return json.loads(path.read_text(encoding="utf-8"))["config"] if path.exists() else None
