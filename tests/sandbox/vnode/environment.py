# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The environment of a container, put together by the kubelet's rules at the moment the container starts."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .client import Manifest
from .quantity import quantity

ENV_NAME = re.compile(r"[ -<>-~]+")  # any printable ASCII but "=": the relaxed rule of Kubernetes 1.34
REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")
KEYED_FIELD = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


class ConfigError(Exception):
    """The container cannot be created; the text is the message of CreateContainerConfigError."""


class Objects(Protocol):
    """What the environment may refer to."""

    async def config(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return the `configmap` or `secret`, or None."""

    async def services(self, namespace: str) -> list[Manifest]:
        """Return the Services of the namespace."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentBuilder:
    """Resolves what a container's `env` and `envFrom` say into names and values."""

    objects: Objects
    pod: Manifest
    node: str
    host_ip: str
    pod_ip: str

    @property
    def namespace(self) -> str:
        """The pod's namespace, in which everything is looked up."""
        namespace: str = self.pod["metadata"]["namespace"]
        return namespace

    async def build(self, container: Manifest) -> dict[str, str]:
        """Return the environment; ConfigError when something that is not optional is missing.

        `envFrom` in order, then `env` in order, which sees everything before it in `$(NAME)`. Service variables come
        last in precedence but can be referred to.
        """
        links = await self._service_links()
        environment: dict[str, str] = {}
        for source in container.get("envFrom", []):
            environment |= await self._from_source(source)
        for item in container.get("env", []):
            if "valueFrom" not in item:
                environment[item["name"]] = expand(item.get("value", ""), {**links, **environment})
                continue
            value = await self._from_reference(item["valueFrom"], container)
            if value is not None:
                environment[item["name"]] = value
        return {**links, **environment}

    async def _from_source(self, source: Manifest) -> dict[str, str]:
        kind = "configmap" if "configMapRef" in source else "secret"
        reference = source["configMapRef" if kind == "configmap" else "secretRef"]
        data = await self._data(kind, reference["name"])
        if data is None:
            if reference.get("optional"):
                return {}
            raise ConfigError(f'{kind} "{reference["name"]}" not found')
        prefix = source.get("prefix", "")
        return {prefix + key: value for key, value in data.items() if ENV_NAME.fullmatch(prefix + key)}

    async def _from_reference(self, source: Manifest, container: Manifest) -> str | None:
        """Return the value, or None when an optional one is missing."""
        if "fieldRef" in source:
            return self._field(source["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in source:
            return self._resource(source["resourceFieldRef"], container)
        kind = "configmap" if "configMapKeyRef" in source else "secret"
        reference = source["configMapKeyRef" if kind == "configmap" else "secretKeyRef"]
        data = await self._data(kind, reference["name"])
        if data is not None and reference["key"] in data:
            return data[reference["key"]]
        if reference.get("optional"):
            return None
        if data is None:
            raise ConfigError(f'{kind} "{reference["name"]}" not found')
        title = {"configmap": "ConfigMap", "secret": "Secret"}[kind]
        raise ConfigError(f"couldn't find key {reference['key']} in {title} {self.namespace}/{reference['name']}")

    async def _data(self, kind: str, name: str) -> dict[str, str] | None:
        found = await self.objects.config(kind, self.namespace, name)
        if found is None:
            return None
        data: dict[str, str] = found.get("data") or {}
        if kind == "secret":
            return {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in data.items()}
        return data

    def _field(self, path: str) -> str:
        metadata, spec = self.pod["metadata"], self.pod["spec"]
        if match := KEYED_FIELD.fullmatch(path):
            return str(metadata.get(match[1], {}).get(match[2], ""))
        fields = {
            "metadata.name": metadata["name"],
            "metadata.namespace": metadata["namespace"],
            "metadata.uid": metadata["uid"],
            "spec.nodeName": self.node,
            "spec.serviceAccountName": spec.get("serviceAccountName", ""),
            "status.hostIP": self.host_ip,
            "status.hostIPs": self.host_ip,
            "status.podIP": self.pod_ip,
            "status.podIPs": self.pod_ip,
        }
        if path not in fields:
            raise ConfigError(f"unsupported fieldPath: {path}")
        return str(fields[path])

    @staticmethod
    def _resource(reference: Manifest, container: Manifest) -> str:
        section, _unused, name = reference["resource"].partition(".")
        amount = quantity(str(container.get("resources", {}).get(section, {}).get(name, "0")))
        divisor = quantity(str(reference.get("divisor") or "1")) or quantity("1")
        return str(math.ceil(amount / divisor))

    async def _service_links(self) -> dict[str, str]:
        if not self.pod["spec"].get("enableServiceLinks", True):
            return {}
        links: dict[str, str] = {}
        for service in await self.objects.services(self.namespace):
            links |= service_variables(service)
        return links


def expand(value: str, known: Mapping[str, str]) -> str:
    """Replace `$(NAME)` where the name is known; `$$` is one dollar, everything else stays as it is."""

    def replacement(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else known.get(match[1], match[0])

    return REFERENCE.sub(replacement, value)


def service_variables(service: Manifest) -> dict[str, str]:
    """Return the variables that announce one Service to the containers of its namespace."""
    address = service["spec"].get("clusterIP")
    ports: list[dict[str, Any]] = service["spec"].get("ports", [])
    if address in (None, "", "None") or not ports:
        return {}
    stem = _variable(service["metadata"]["name"])
    variables = {f"{stem}_SERVICE_HOST": address, f"{stem}_SERVICE_PORT": str(ports[0]["port"])}
    variables[f"{stem}_PORT"] = _url(ports[0], address)
    for port in ports:
        if name := port.get("name"):
            variables[f"{stem}_SERVICE_PORT_{_variable(name)}"] = str(port["port"])
        protocol = port.get("protocol", "TCP")
        prefix = f"{stem}_PORT_{port['port']}_{protocol}"
        variables |= {
            prefix: _url(port, address),
            f"{prefix}_PROTO": protocol.lower(),
            f"{prefix}_PORT": str(port["port"]),
            f"{prefix}_ADDR": address,
        }
    return variables


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _url(port: Manifest, address: str) -> str:
    return f"{port.get('protocol', 'TCP').lower()}://{address}:{port['port']}"
