# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What helm and the cluster hold of a release, read past the proxy and without the collection's code."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, World, pair

MINE = pair(GHCR)
"""The variables that rows add or remove. All others are somebody else's."""
RUN = "fleetops.nvcf/run"
"""The label of revisions that the collection has begun. Helm hands it on to those that others build on them."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A stored revision."""

    number: int
    status: str
    description: str
    run: str
    """Which run of the collection has begun it, or one that it was built on; empty where none has."""
    values: Mapping[str, Any]
    manifest: str

    @property
    def env(self) -> Mapping[str, str]:
        """`api.env` of the values."""
        found: Mapping[str, str] = self.values.get("api", {}).get("env") or {}
        return found

    @property
    def others(self) -> Mapping[str, Any]:
        """All values but those of the row's registry."""
        api = {**self.values.get("api", {}), "env": {k: v for k, v in self.env.items() if k not in MINE}}
        return {**self.values, "api": api}


@dataclass(frozen=True, kw_only=True)
class State:
    """A release at one moment."""

    revisions: tuple[Revision, ...]
    config_map: Mapping[str, str]
    others: Mapping[str, Any]
    """Content of the other objects of the namespace, by kind and name."""
    rolled_out: bool
    """Whether all pods are of the newest ReplicaSet and ready."""
    generation: int
    """The Deployment's, which counts the changes of its spec."""

    @property
    def newest(self) -> Revision:
        """The newest revision, whatever became of it."""
        return self.revisions[-1]

    def revision(self, number: int) -> Revision | None:
        """The one with this number, if it is stored."""
        return next((one for one in self.revisions if one.number == number), None)

    @property
    def history(self) -> list[str]:
        """Short, for messages."""
        return [f"{one.number} {one.status} ({one.description[:60]})" for one in self.revisions]

    def holds(self, wanted: bool) -> str:
        """Why stored, rendered and running are not all as wanted: with the registry, or without. Empty if they are."""
        # Helm 4 does not mind when it cannot mark the former revision: then there are two that are called deployed.
        if self.newest.status != "deployed":
            return f"the newest of {self.history} is not deployed"
        for place, env in (("the release", self.newest.env), ("the ConfigMap", self.config_map)):
            found = {key: env[key] for key in MINE if key in env}
            if found != (MINE if wanted else {}):
                return f"{place} has {found}"
        return "" if self.rolled_out else "not all pods are new and ready"


def read_state(world: World) -> State:
    """Read everything."""
    secrets = world.objects("secrets")
    stored = [_decoded(it) for it in secrets if it["metadata"].get("labels", {}).get("name") == world.release]
    others: dict[str, Any] = {}
    for kind, items in (("configmaps", world.objects("configmaps")), ("secrets", secrets)):
        for item in items:
            name = item["metadata"]["name"]
            if name != "nvcf-api-env" and item["metadata"].get("labels", {}).get("owner") != "helm":
                others[f"{kind}/{name}"] = item.get("data")
    for item in world.objects("services"):
        others[f"services/{item['metadata']['name']}"] = item["spec"]
    deployment = world.get("deployments", "nvcf-api")
    others["deployment"] = _without_restart(deployment["spec"])
    rendered = {it["metadata"]["name"]: it.get("data") or {} for it in world.objects("configmaps")}
    return State(
        revisions=tuple(sorted(stored, key=lambda one: one.number)),
        config_map=rendered.get("nvcf-api-env", {}),
        others=others,
        rolled_out=_rolled_out(deployment, world),
        generation=deployment["metadata"]["generation"],
    )


def _decoded(secret: Mapping[str, Any]) -> Revision:
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    return Revision(
        number=release["version"],
        status=release["info"]["status"],
        description=release["info"].get("description", ""),
        run=secret["metadata"]["labels"].get(RUN, ""),
        values=release.get("config") or {},
        manifest=release["manifest"],
    )


def _without_restart(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Deployment's spec without what any restart changes."""
    template = spec["template"]
    metadata = {key: value for key, value in template["metadata"].items() if key != "annotations"}
    return {**spec, "template": {**template, "metadata": metadata}}


def _rolled_out(deployment: Mapping[str, Any], world: World) -> bool:
    wanted, status = deployment["spec"]["replicas"], deployment.get("status", {})
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    alive = [pod for pod in world.pods() if "deletionTimestamp" not in pod["metadata"]]
    return seen and counts == [wanted] * 4 and len(alive) == wanted
