# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One release in a namespace of its own, as a test sees it: through helm, through the API server, and from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._nvcf.connect import open_api
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import (
    api_rollout,
    function_smoke_test,
    recognized_registry,
    recognized_registry_info,
    release_rollback,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._release_state.read import LookOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Host, Operation
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import parse
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.unforeseen import adding
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.helm import run_helm
from ansible_collections.fleetops.nvcf.tests.sandbox.install import install_release, stack_values, tasks_values
from ansible_collections.fleetops.nvcf.tests.unit.plugins.entries import MODULES, operation_of, undocumented

GHCR = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}
INTERNAL = {"key": "INTERNAL", "name": "Our registry, Inc.", "hostname": "registry.corp.example"}
PREFIX = "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_"
CANARY = "canary-7f3d9b-do-not-print"
INSTANCE, COMPONENT = "app.kubernetes.io/instance", "app.kubernetes.io/component"
IMAGE = "ghcr.io/my-org/my-app:1.0"


def pair(registry: Mapping[str, str]) -> dict[str, str]:
    """The two variables, written out."""
    key = registry["key"]
    return {f"{PREFIX}{key}_NAME": registry["name"], f"{PREFIX}{key}_HOSTNAME": registry["hostname"]}


def _refuse(undocumented: set[str]) -> None:
    assert not undocumented, undocumented


@dataclass
class World:
    """A cluster, a namespace, a release and the helm that made it."""

    cluster: Cluster
    helm: int
    namespace: str
    release: str = "api"
    chart: Path = API_CHART
    root: str = "api"
    """Where the chart's values begin: `api`, or `nvctApi` for the tasks API."""
    installed: bool = False
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)

    # What an operator's stack does

    def install(self, values: dict[str, Any] | None = None, *, chart: Path | None = None, wait: bool = True) -> None:
        """Install the release, or bring it to these values."""
        self.installed = True
        install_release(
            self.cluster.kubeconfig,
            helm=self.helm,
            release=self.release,
            namespace=self.namespace,
            chart=str(chart or self.chart),
            values=(stack_values() if self.root == "api" else tasks_values()) if values is None else values,
            wait=wait,
        )

    def run_helm(self, *arguments: str, stdin: str = "") -> str:
        """Run plain helm against the release's namespace."""
        home = self.cluster.folder / "helm"
        argv = [*arguments, f"--namespace={self.namespace}"]
        return run_helm(argv, home=home, major=self.helm, kubeconfig=self.cluster.kubeconfig, stdin=stdin)

    # What helm says

    def values(self) -> Any:
        """`helm get values`."""
        return json.loads(self.run_helm("get", "values", self.release, "--output=json"))

    def env(self) -> dict[str, str]:
        """`api.env` as helm stores it."""
        return dict(self.values()[self.root]["env"])

    def history(self) -> list[dict[str, Any]]:
        """`helm history`, oldest first."""
        revisions: list[dict[str, Any]] = json.loads(self.run_helm("history", self.release, "--output=json"))
        return revisions

    # What the cluster says

    @property
    def newest_status(self) -> str:
        """Helm's word for the newest stored revision, to wait for: asking helm each time takes longer than the wait."""
        labels = [it["metadata"].get("labels", {}) for it in self.objects("secrets")]
        revisions = [found for found in labels if found.get("owner") == "helm" and found["name"] == self.release]
        return str(max(revisions, key=lambda found: int(found["version"]))["status"])

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """An object of the namespace, by plural kind."""
        group = "apis/apps/v1" if kind in ("deployments", "replicasets") else "api/v1"
        return self.cluster.api.get(f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """All objects of a plural kind in the namespace."""
        items: list[dict[str, Any]] = self.get(kind, "")["items"]
        return items

    def pods(self) -> list[dict[str, Any]]:
        """The API's pods, without those of the bootstrap hook."""
        mine = [pod for pod in self.objects("pods") if pod["metadata"]["labels"][INSTANCE] == self.release]
        return [pod for pod in mine if pod["metadata"]["labels"].get(COMPONENT) != "account-bootstrap"]

    def rendered(self) -> dict[str, str]:
        """The live ConfigMap's data; empty where there is none."""
        named = {it["metadata"]["name"]: it.get("data") for it in self.objects("configmaps")}
        return dict(named.get("nvcf-api-env" if self.root == "api" else "nvct-api-env") or {})

    # What the collection does

    def run(self, operation: Operation[Any], *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run an operation in this process with the options' defaults filled in."""
        params = self.parameters(operation, **options)
        [name] = [name for name in MODULES if operation_of(name) is operation]
        host = Host(check_mode=check_mode, warn=self.warned.append, say=self.said.append)
        with adding(lambda error: _refuse(undocumented(name, error.result()))):
            result = operation.start(host, params)
        _refuse(undocumented(name, result))
        return result

    def parameters(self, operation: Operation[Any], **options: Any) -> dict[str, Any]:
        """All options of an operation, validated and with their defaults."""
        given = {name: value for name, value in (self.options() | options).items() if name in operation.argument_spec}
        validation = ArgumentSpecValidator(dict(operation.argument_spec), **operation.constraints).validate(given)
        assert not validation.error_messages
        params: dict[str, Any] = validation.validated_parameters
        return params

    def options(self) -> dict[str, Any]:
        """The options that lead to this release."""
        return {
            "kubeconfig": str(self.cluster.kubeconfig),
            "context": self.cluster.context,
            **({} if self.root == "api" else {"service": "tasks"}),
            "release": self.release,
            "namespace": self.namespace,
            "helm_binary": str(tools.helm(self.helm)),
            "chart_ref": str(self.chart),
            "timeout": 180,
            "rollout_timeout": 180,
        }

    def registries(self, *registries: Mapping[str, str], **options: Any) -> dict[str, Any]:
        """Run recognized_registry."""
        return self.run(recognized_registry.OPERATION, registries=[dict(r) for r in registries], **options)

    def roll_out(self, **options: Any) -> dict[str, Any]:
        """Run api_rollout."""
        return self.run(api_rollout.OPERATION, **options)

    def roll_back(self, **options: Any) -> dict[str, Any]:
        """Run release_rollback."""
        return self.run(release_rollback.OPERATION, **options)

    def info(self, **options: Any) -> dict[str, Any]:
        """Run recognized_registry_info."""
        return self.run(recognized_registry_info.OPERATION, **options)

    def create_function(self, name: str, image: str = IMAGE) -> dict[str, Any]:
        """Create a function that stays, through a port-forward as the collection does it."""
        look = parse(LookOptions, self.parameters(recognized_registry_info.OPERATION))
        with connect(look.connection) as cluster, open_api(cluster, look.release, look.api) as api:
            answer, made = api.create(name=name, image=image)
        assert made is not None, answer
        return {"id": made.id, "containerImage": made.image}

    def try_image(self, image: str = IMAGE, **options: Any) -> dict[str, Any]:
        """Run function_smoke_test."""
        return self.run(function_smoke_test.OPERATION, image=image, **options)
