# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release's rendered manifest as objects, and the NVCF API's workload in it. Pure."""

from __future__ import annotations

import re
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

from .._registries.values import read_env
from .._runtime.errors import ReleaseError
from .._runtime.services import Service

_FILLED_IN: Mapping[str, dict[str, str]] = {
    "fieldRef": {"apiVersion": "v1"},
    "resourceFieldRef": {"divisor": "0"},
}
"""What the API server adds to references that a manifest leaves it out of."""
_ON_DEMAND = frozenset({"test", "test-success"})
"""Events that no upgrade brings about."""
_AROUND_WORKLOAD = re.compile("Deployment|ConfigMap|HorizontalPodAutoscaler")
ENV_WRITTEN = "fleetops.nvcf/env-written"
"""Annotation of a ConfigMap whose edits by hand were undone: the time of that stays, those of the edits do not."""


@dataclass(frozen=True, kw_only=True, order=True)
class ObjectId:
    """What makes an object of a manifest the same object in another one."""

    kind: str
    namespace: str
    name: str
    group: str = ""
    """The API group without its version: an object is the same one in all versions of a group."""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Where a service's API runs and where its environment comes from."""

    service: Service = field(repr=False)
    release: str
    namespace: str
    deployment: str
    container: str
    config_map: str
    """Name of the ConfigMap that the values' map becomes; empty for an empty one, of which the chart makes none."""
    env: Mapping[str, str] = field(repr=False)
    """Its data as rendered."""
    container_env: Mapping[str, Any] = field(repr=False)
    """What the container's own `env` holds, by name; it outranks the ConfigMap."""
    env_from: Sequence[Mapping[str, Any]] = ()
    """Where the container takes variables from, that ConfigMap among them; of two the later one wins."""
    rendered: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """That ConfigMap, whole."""
    image: str | None = None
    replicas: int | None = None
    """Image and number of pods; None where the manifest leaves them to others."""
    autoscaled: bool = False
    """Whether the release has an autoscaler of its own, by which the number is another one than the rendered."""

    @property
    def env_object(self) -> str:
        """The name that the ConfigMap has, or gets with the first variable."""
        return self.config_map or f"{self.deployment}-env"


def objects(manifest: str, namespace: str) -> dict[ObjectId, dict[str, Any]]:
    """The objects of a YAML stream; what names no namespace is taken to be in `namespace`.

    Raises ReleaseError when it is not YAML.
    """
    return {_identity(item, namespace): item for item in _documents(manifest)}


def around_workload(manifest: str, namespace: str) -> dict[ObjectId, dict[str, Any]]:
    """Those of the objects that `find_workload` looks at. The rest, up to half of it, is not parsed."""
    # A line that begins like this ends a document in whatever it stands, but not one with directives of YAML.
    whole = re.search("^%", manifest, re.MULTILINE)
    parts = [manifest] if whole else re.split(r"^(?=---(?:\s|$))", manifest, flags=re.MULTILINE)
    found: dict[ObjectId, dict[str, Any]] = {}
    line = 0
    for part in parts:
        if whole or _AROUND_WORKLOAD.search(part):
            found |= {_identity(item, namespace): item for item in _documents(part, line)}
        line += part.count("\n")
    return found


def hook_objects(hooks: Iterable[Mapping[str, Any]], namespace: str) -> dict[ObjectId, dict[str, Any]]:
    """The objects of a release's hooks, but for tests: these run when another user asks for them, and never here.

    Two of one name, for different events, are distinguished by a number. Raises ReleaseError when one is not YAML.
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


def _documents(manifest: str, before: int = 0) -> Iterator[dict[str, Any]]:
    try:
        for document in yaml.load_all(manifest, Loader=_loader()):
            if isinstance(document, dict) and document.get("kind"):
                yield document
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {before + mark.line + 1}" if mark else ""
        # The parser's own text quotes the manifest, and with it a password.
        raise ReleaseError(
            f"the rendered chart is not valid YAML{where}. If it is a stored revision, return to another one with "
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
    group = str(item.get("apiVersion", "")).rpartition("/")[0]
    return ObjectId(
        kind=item["kind"],
        namespace=metadata.get("namespace") or namespace,
        name=str(metadata.get("name", "")),
        group=group,
    )


def container_env(deployment: Mapping[str, Any], container: str) -> dict[str, Any]:
    """The `env` of one container of a Deployment, by variable."""
    return {item["name"]: _content(item) for item in named_container(deployment, container).get("env") or []}


def named_container(deployment: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A container of a Deployment; an empty map when there is none of that name."""
    try:
        containers: list[dict[str, Any]] = deployment["spec"]["template"]["spec"]["containers"]
    except (KeyError, TypeError):
        return {}
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


def find_workload(
    service: Service,
    items: Mapping[ObjectId, Mapping[str, Any]],
    release: str,
    values: Mapping[str, Any] | None = None,
) -> Workload:
    """The API's Deployment and the ConfigMap that holds its environment, found through the container's `envFrom`.

    A stack may override all names and with them the label, but not the container's, which is that of the chart.
    `values`: the user's, for what their map holds. Raises ReleaseError when there is no such Deployment or several.
    """
    chart = service.chart
    deployments = {
        identity: item
        for identity, item in items.items()
        if (identity.kind, identity.group) == ("Deployment", "apps") and named_container(item, chart)
    }
    if len(deployments) != 1:
        raise ReleaseError(
            f"the release renders {len(deployments)} Deployments with a container {chart} "
            f"({', '.join(map(str, deployments)) or 'none'}); one is expected. Is this release made from the chart "
            f"{chart}?"
        )
    [(identity, deployment)] = deployments.items()
    container = named_container(deployment, chart)
    sources = container.get("envFrom") or []
    names = [str((source.get("configMapRef") or {}).get("name")) for source in sources]
    own = {name: items.get(ObjectId(kind="ConfigMap", namespace=identity.namespace, name=name)) for name in names}
    there = {name: config for name, config in own.items() if config is not None}
    name = _holder(service, identity, there, read_env(values or {}, service))
    config = own.get(name) or {}
    return Workload(
        service=service,
        release=release,
        namespace=identity.namespace,
        deployment=identity.name,
        container=chart,
        config_map=name,
        env=config.get("data") or {},
        container_env=container_env(deployment, chart),
        env_from=sources,
        rendered=config,
        image=container.get("image"),
        replicas=deployment["spec"].get("replicas"),
        autoscaled=any(_scales(other, item, identity) for other, item in items.items()),
    )


def _scales(other: ObjectId, item: Mapping[str, Any], deployment: ObjectId) -> bool:
    if (other.kind, other.namespace) != ("HorizontalPodAutoscaler", deployment.namespace):
        return False
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    return (target.get("kind"), target.get("name")) == ("Deployment", deployment.name)


def _holder(
    service: Service, deployment: ObjectId, config_maps: Mapping[str, Mapping[str, Any]], map_: Mapping[str, Any]
) -> str:
    """Which of the ConfigMaps the values' map becomes; empty for none. Raises ReleaseError where that is not clear."""
    env = {variable for variable, value in map_.items() if value is not None}
    if not config_maps:
        if env:
            raise ReleaseError(
                f"{deployment} does not take its environment from a ConfigMap of the release, so `{service.env}` "
                f"cannot reach it. Is this release made from the chart {service.chart}?"
            )
        return ""
    found = list(config_maps)
    if len(found) > 1:
        found = [name for name, config in config_maps.items() if env <= set(config.get("data") or {})]
    if len(found) > 1 and f"{deployment.name}-env" in found:
        found = [f"{deployment.name}-env"]
    if len(found) != 1:
        raise ReleaseError(
            f"{deployment} takes its environment from several ConfigMaps of the release ({', '.join(config_maps)}), "
            f"and {len(found)} of them contain all variables of `{service.env}`, so it is unknown which one belongs "
            f"to it. Leave only that one to `envFrom`, or name it {deployment.name}-env, as the chart {service.chart} "
            "does."
        )
    return found[0]
