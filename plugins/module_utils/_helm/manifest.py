# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release's rendered manifest as objects, and the NVCF API's workload in it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

try:
    import yaml
    from yaml import CSafeLoader as Loader
except ImportError:
    try:
        from yaml import SafeLoader as Loader  # type: ignore[assignment]
    except ImportError:
        pass

from .._runtime.errors import ReleaseError

CHART = "helm-nvcf-api"
_FILLED_IN: Mapping[str, dict[str, str]] = {
    "fieldRef": {"apiVersion": "v1"},
    "resourceFieldRef": {"divisor": "0"},
}
"""What the API server adds to references that a manifest leaves it out of."""
_ON_DEMAND = frozenset({"test", "test-success"})
"""Events that no upgrade brings about."""
ENV_WRITTEN = "fleetops.nvcf/env-written"
"""Annotation of a ConfigMap whose edits by hand were undone: the time of that stays, those of the edits do not."""


@dataclass(frozen=True, kw_only=True, order=True)
class ObjectId:
    """What makes an object of a manifest the same object in another one."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Where the API runs and where its environment comes from."""

    release: str
    namespace: str
    deployment: str
    container: str
    config_map: str
    """Name of the ConfigMap that `api.env` becomes."""
    env: Mapping[str, str] = field(repr=False)
    """Its data as rendered."""
    container_env: Mapping[str, Any] = field(repr=False)
    """What the container's own `env` holds, by name; it outranks the ConfigMap."""
    env_from: Sequence[Mapping[str, Any]] = ()
    """Where the container takes variables from, the ConfigMap of `api.env` among them; of two the later one wins."""
    rendered: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """That ConfigMap, whole."""
    image: str | None = None
    replicas: int | None = None
    """Image and number of pods; None where the manifest leaves them to others."""


def objects(manifest: str, namespace: str) -> dict[ObjectId, dict[str, Any]]:
    """The objects of a YAML stream; what names no namespace is taken to be in `namespace`.

    Raises ReleaseError when it is no YAML.
    """
    return {_identity(item, namespace): item for item in _documents(manifest)}


def hook_objects(hooks: Iterable[Mapping[str, Any]], namespace: str) -> dict[ObjectId, dict[str, Any]]:
    """The objects of a release's hooks, but for tests: these run when somebody asks for them, and never here.

    Two of one name, for different events, are told apart by a number. Raises ReleaseError when one is no YAML.
    """
    found: dict[ObjectId, dict[str, Any]] = {}
    seen: Counter[ObjectId] = Counter()
    for hook in hooks:
        if hook.get("events") and _ON_DEMAND.issuperset(hook["events"]):
            continue
        for identity, item in objects(hook.get("manifest") or "", namespace).items():
            seen[identity] += 1
            number = f" ({seen[identity]})" if seen[identity] > 1 else ""
            found[replace(identity, name=f"{identity.name}{number}")] = item
    return found


def _documents(manifest: str) -> Iterator[dict[str, Any]]:
    try:
        for document in yaml.load_all(manifest, Loader=_loader()):
            if isinstance(document, dict) and document.get("kind"):
                yield document
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        # The parser's own text quotes the manifest, and with it a password.
        raise ReleaseError(
            f"what the chart renders is not YAML{where}. If it is a stored revision, return to another one with "
            "`helm rollback`."
        ) from None


@cache
def _loader() -> type[Loader]:
    """A loader to which dates and equal signs are text, as to the YAML parser of Helm and the API server."""
    foreign = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
    resolvers = {
        sign: [(tag, pattern) for tag, pattern in rules if tag not in foreign]
        for sign, rules in Loader.yaml_implicit_resolvers.items()
    }
    return type("ManifestLoader", (Loader,), {"yaml_implicit_resolvers": resolvers})


def _identity(item: Mapping[str, Any], namespace: str) -> ObjectId:
    metadata = item.get("metadata") or {}
    return ObjectId(
        kind=item["kind"], namespace=metadata.get("namespace") or namespace, name=str(metadata.get("name", ""))
    )


def container_env(deployment: Mapping[str, Any], container: str) -> dict[str, Any]:
    """The `env` of one container of a Deployment, by variable."""
    return {item["name"]: _content(item) for item in named_container(deployment, container).get("env") or []}


def named_container(deployment: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A container of a Deployment; an empty map when there is none of that name."""
    containers: list[dict[str, Any]] = deployment["spec"]["template"]["spec"]["containers"]
    return next((container for container in containers if container["name"] == name), {})


def _content(item: Mapping[str, Any]) -> Any:
    """The text of a variable or the reference to it, with what the API server fills in."""
    if item.get("value") is not None:
        return item["value"]
    return {
        kind: _FILLED_IN.get(kind, {}) | {key: str(value) for key, value in reference.items() if value is not None}
        for kind, reference in (item.get("valueFrom") or {}).items()
        if reference
    } or ""


def find_workload(items: Mapping[ObjectId, Mapping[str, Any]], release: str) -> Workload:
    """The API's Deployment and the ConfigMap that holds `api.env`.

    Found through the chart's label and `envFrom`, because a stack may override every name.
    Raises ReleaseError when that leads nowhere or to more than one.
    """
    deployments = {
        identity: item
        for identity, item in items.items()
        if identity.kind == "Deployment"
        and (item["metadata"].get("labels") or {}).get("app.kubernetes.io/name") == CHART
    }
    if len(deployments) != 1:
        raise ReleaseError(
            f"the release renders {len(deployments)} Deployments with label app.kubernetes.io/name={CHART} "
            f"({', '.join(map(str, deployments)) or 'none'}); one is expected. "
            f"Is this release made from the chart {CHART}?"
        )
    [(identity, deployment)] = deployments.items()
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for source in container.get("envFrom") or []:
            name = (source.get("configMapRef") or {}).get("name")
            config = items.get(ObjectId(kind="ConfigMap", namespace=identity.namespace, name=str(name)))
            if config is not None:
                return Workload(
                    release=release,
                    namespace=identity.namespace,
                    deployment=identity.name,
                    container=container["name"],
                    config_map=str(name),
                    env=config.get("data") or {},
                    container_env=container_env(deployment, container["name"]),
                    env_from=container["envFrom"],
                    rendered=config,
                    image=container.get("image"),
                    replicas=deployment["spec"].get("replicas"),
                )
    raise ReleaseError(
        f"{identity} takes its environment from no ConfigMap of the release, so `api.env` can't reach it. "
        f"Is this release made from the chart {CHART}?"
    )
