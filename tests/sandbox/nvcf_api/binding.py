# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How the API reads its recognized registries from the environment: Spring Boot's relaxed binding of a map.

Pure: an environment goes in; registries come out, or the report that the process leaves in its log when it ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .kinds import FUNCTIONS, Kind
from .placeholders import resolve


class ArtifactType(StrEnum):
    """What a registry holds."""

    CONTAINER = "CONTAINER"
    HELM = "HELM"
    MODEL = "MODEL"
    RESOURCE = "RESOURCE"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """One recognized registry. The API wants a credential for built-in ones and takes the others on trust."""

    key: str
    name: str
    hostname: str
    built_in: bool = False


Registries = Mapping[ArtifactType, tuple[Registry, ...]]

BUILT_IN: Registries = {
    ArtifactType.CONTAINER: (
        Registry(key="ngc", name="NGC Private Registry", hostname="nvcr.io", built_in=True),
        Registry(key="docker", name="Docker Hub Registry", hostname="docker.io", built_in=True),
        Registry(key="ecr", name="AWS ECR Private Registry", hostname="dkr.ecr.amazonaws.com", built_in=True),
        Registry(key="ecr-public", name="AWS ECR Public Registry", hostname="public.ecr.aws", built_in=True),
        Registry(key="volcengine", name="Volcano Engine Registry", hostname="cr.volces.com", built_in=True),
        Registry(key="acr", name="Azure Container Registry", hostname="azurecr.io", built_in=True),
    ),
    ArtifactType.HELM: (
        Registry(key="ngc", name="NGC Private Registry", hostname="helm.ngc.nvidia.com", built_in=True),
    ),
    ArtifactType.MODEL: (
        Registry(key="ngc", name="NGC Private Registry", hostname="api.ngc.nvidia.com", built_in=True),
    ),
    ArtifactType.RESOURCE: (
        Registry(key="ngc", name="NGC Private Registry", hostname="api.ngc.nvidia.com", built_in=True),
    ),
}

SELF_HOSTED = {"harbor": "Harbor Registry", "artifactory": "JFrog Artifactory Registry"}
"""Built-in kinds of container registry that exist only where configured. Their names cannot be chosen."""

_VARIABLE = (
    r"{}_REGISTRIES_RECOGNIZED_(?P<type>CONTAINER|HELM|MODEL|RESOURCE)"
    r"_(?P<key>[A-Z0-9-]+|ECR_PUBLIC)_(?P<part>NAME|HOSTNAME)"
)
_PROPERTY = (
    r"{}\.registries\.recognized\.(?P<type>container|helm|model|resource)"
    r"\.(?P<key>[\w-]+)\.(?P<part>name|hostname)"
)

_Parts = dict[str, str]


class BindingFailure(Exception):
    """The configuration does not bind. `report` is what the process logs before it ends."""

    def __init__(self, report: Iterable[str]) -> None:
        self.report = tuple(report)
        super().__init__("\n".join(self.report))


def bind(env: Mapping[str, str], api: Kind = FUNCTIONS) -> Registries:
    """Return the recognized registries of each type; raise BindingFailure where that API would not start."""
    settings = _settings(env, api)
    complaints = [line for (kind, key), parts in settings.items() for line in _complaints(api, kind, key, parts)]
    if complaints:
        raise BindingFailure(_validation_report(complaints))
    registries = {kind: tuple(_of_type(kind, settings)) for kind in ArtifactType}
    for kind, listed in registries.items():
        _refuse_duplicates(kind, listed)
    return registries


def _settings(env: Mapping[str, str], api: Kind) -> dict[tuple[ArtifactType, str], _Parts]:
    """Group the variables by type and lower-cased key.

    Keys with an underscore or a dot do not match: to Spring these separate properties, and none is called so. The one
    exception is looked up under the older spelling of its dash too. Sorted
    backwards, so that of two spellings of one variable the one in capitals is the last to be written.
    """
    settings: dict[tuple[ArtifactType, str], _Parts] = {}
    pattern = re.compile(_VARIABLE.format(api.prefix), re.ASCII | re.IGNORECASE)
    for variable in sorted(env, reverse=True):
        if match := pattern.fullmatch(variable):
            key = match["key"].lower().replace("_", "")
            entry = settings.setdefault((ArtifactType(match["type"].upper()), key), {})
            entry[match["part"].lower()] = resolve(env[variable], env)
    for owner, parts in _from_json(env, api).items():
        settings.setdefault(owner, {}).update(parts)
    return settings


def _from_json(env: Mapping[str, str], api: Kind) -> dict[tuple[ArtifactType, str], _Parts]:
    """What SPRING_APPLICATION_JSON sets, whose keys may be nested or dotted. It outranks variables."""
    settings: dict[tuple[ArtifactType, str], _Parts] = {}
    for name, value in _flat(json.loads(env.get("SPRING_APPLICATION_JSON") or "{}")):
        if match := re.fullmatch(_PROPERTY.format(api.prefix), name, re.ASCII):
            entry = settings.setdefault((ArtifactType(match["type"].upper()), match["key"].lower()), {})
            entry[match["part"]] = resolve(str(value), env)
    return settings


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _defaults(kind: ArtifactType) -> Mapping[str, Registry]:
    return {registry.key: registry for registry in BUILT_IN[kind]}


def _complaints(api: Kind, kind: ArtifactType, key: str, parts: _Parts) -> Iterator[str]:
    """Built-in entries have both parts from the start, so that half a pair only replaces one of them."""
    for part in ("hostname", "name"):
        value = parts.get(part, None if key not in _defaults(kind) else "built in")
        if value is None or not value.strip():
            yield f"    Property: {api.prefix}.registries.recognized.{kind.lower()}.{key}.{part}"
            yield f'    Value: "{"null" if value is None else value}"'
            yield f"    Reason: Registry {part} is required"
            yield ""


def _of_type(kind: ArtifactType, settings: Mapping[tuple[ArtifactType, str], _Parts]) -> Iterator[Registry]:
    defaults = _defaults(kind)
    for key, registry in defaults.items():
        # Spring looks a dashed property up without its dash, so ECRPUBLIC configures `ecr-public` too.
        parts = settings.get((kind, key.replace("-", "")), {}) | settings.get((kind, key), {})
        yield replace(
            registry, name=parts.get("name", registry.name), hostname=parts.get("hostname", registry.hostname)
        )
    for (owner, key), parts in settings.items():
        if owner is kind and key not in defaults:
            fixed = SELF_HOSTED.get(key) if kind is ArtifactType.CONTAINER else None
            yield Registry(key=key, name=fixed or parts["name"], hostname=parts["hostname"], built_in=fixed is not None)


def _refuse_duplicates(kind: ArtifactType, registries: tuple[Registry, ...]) -> None:
    """Names first, as the API builds its lookup tables. Names of self-hosted kinds are taken even where unused."""
    hosts = dict.fromkeys(SELF_HOSTED.values(), "") if kind is ArtifactType.CONTAINER else {}
    names: dict[str, str] = {}
    for registry in registries:
        fixed = registry.built_in and registry.key in SELF_HOSTED
        if registry.name in hosts and not fixed:
            raise BindingFailure(_duplicate_report(registry.name, hosts[registry.name], registry.hostname))
        hosts[registry.name] = registry.hostname
    for registry in registries:
        if registry.hostname in names:
            raise BindingFailure(_duplicate_report(registry.hostname, names[registry.hostname], registry.name))
        names[registry.hostname] = registry.name


def _validation_report(complaints: Iterable[str]) -> Iterator[str]:
    yield from ("", "***************************", "APPLICATION FAILED TO START", "***************************", "")
    yield from ("Description:", "", "Binding to target RegistryConfigurationProperties failed:", "")
    yield from complaints
    yield from ("", "Action:", "", "Update your application's configuration", "")


def _duplicate_report(key: str, first: str, second: str) -> Iterator[str]:
    cause = f"Duplicate key {key} (attempted merging values {first} and {second})"
    yield "Application run failed"
    yield "org.springframework.beans.factory.BeanCreationException: Error creating bean 'registryLookupService'"
    yield f"Caused by: java.lang.IllegalStateException: {cause}"
