# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of NVCF that keep a list of recognized registries, as data: one entry is all that a further one needs.

Each has its own release, its own variables and a list that no other service knows of. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import InputError

BUILT_IN = {
    "ngc": ("NGC Private Registry", "nvcr.io"),
    "docker": ("Docker Hub Registry", "docker.io"),
    "ecr": ("AWS ECR Private Registry", "dkr.ecr.amazonaws.com"),
    "ecr-public": ("AWS ECR Public Registry", "public.ecr.aws"),
    "volcengine": ("Volcano Engine Registry", "cr.volces.com"),
    "acr": ("Azure Container Registry", "azurecr.io"),
}
"""Name and hostname that a service has from the start, by its own spelling of the key. Either can be overridden."""
SELF_HOSTED = {"harbor": "Harbor Registry", "artifactory": "JFrog Artifactory Registry"}
"""Kinds that exist only where a hostname is given; the name that is given with it is ignored."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One of them."""

    name: str
    """What the option `service` and reports call it."""
    noun: str
    """One of what it runs, for users."""
    title: str
    """What users call its API."""
    path: str
    """Where its API has what it runs."""
    lost: str
    """What a registry that goes takes from what is on it, after "cannot"."""
    release: str
    """The release's name in the vendor's stack."""
    chart: str
    """The chart's name. Its container is called so, and its label, whatever a stack overrides."""
    root: str
    """Where in the values everything of it is."""
    prefix: str
    """What its variables begin with."""
    port: int = 8080
    """Where its pods answer HTTP."""
    listed: bool
    """Whether it can be asked for its list. Else what it accepts shows only when an image is asked for."""
    fatal_keys: frozenset[str]
    """Keys with which it does not start, whatever they hold."""
    built_in: Mapping[str, tuple[str, str]]
    self_hosted: Mapping[str, str]

    @property
    def env(self) -> str:
        """The path in the values of the map that becomes its environment."""
        return f"{self.root}.env"

    @property
    def variable_prefix(self) -> str:
        """What stands before a registry's key in its variables."""
        return f"{self.prefix}_REGISTRIES_RECOGNIZED_CONTAINER_"

    @property
    def property_prefix(self) -> str:
        """The same as Spring spells it."""
        return f"{self.prefix.lower()}.registries.recognized.container."


FUNCTIONS = Service(
    name="functions",
    noun="function",
    title="NVCF API",
    path="/v2/nvcf/functions",
    lost="be deployed any more",
    release="api",
    chart="helm-nvcf-api",
    root="api",
    prefix="NVCF",
    listed=True,
    fatal_keys=frozenset({"ECRPUBLIC"}),
    built_in=BUILT_IN,
    self_hosted=SELF_HOSTED,
)
TASKS = Service(
    name="tasks",
    noun="task",
    title="tasks API",
    path="/v1/nvct/tasks",
    lost="be launched again",
    release="nvct-api",
    chart="helm-nvcf-nvct-api",
    root="nvctApi",
    prefix="NVCT",
    listed=False,
    fatal_keys=frozenset({"ECRPUBLIC", "ECR_PUBLIC"}),
    built_in=BUILT_IN,
    self_hosted=SELF_HOSTED,
)
SERVICES: Mapping[str, Service] = {service.name: service for service in (FUNCTIONS, TASKS)}
"""In the order in which they are changed."""
OWN_OPTIONS = frozenset(
    {
        "release",
        "chart_ref",
        "chart_version",
        "api_url",
        "api_host_header",
        "token",
        "token_file",
        "stack_values",
    }
)
"""Options of modules that cannot be the same for two services."""
ALL = "auto"
"""Stands for all services, none of which need be there but that of functions."""


def named(given: object) -> list[str]:
    """The services that a list, or text with commas, names: each once, in the order in which they are changed.

    Raises InputError for what is not a service, and for none: anyone who works on nothing finds everything in order.
    """
    words = _words(given)
    if not words:
        raise InputError(
            f"registry_allowlist_services is empty: set it to some of {', '.join(SERVICES)}, or {ALL}. "
            "Nothing was written."
        )
    if unknown := [word for word in words if word != ALL and word not in SERVICES]:
        raise InputError(
            f"there is no service {unknown[0][:40]!r}: choose from {', '.join(SERVICES)}, or {ALL}. "
            "Nothing was written."
        )
    return [name for name in SERVICES if name in words or ALL in words]


def optional(given: object) -> list[str]:
    """Those of them that need not be there."""
    return [name for name in SERVICES if name != FUNCTIONS.name] if ALL in _words(given) else []


def _words(given: object) -> list[str]:
    texts = given if isinstance(given, (list, tuple)) else [given]
    return [word.strip() for text in texts for word in str(text).split(",") if word.strip()]
