# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registries as a patch of the object from which a GitOps tool deploys the release. Pure.

Nothing in it is null: Helm would render an empty value for it, with which the API does not start. What must go is
named instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

try:
    import yaml
except ImportError:  # reported when a client is made
    pass

from .._runtime.services import Service
from .configured import HeldRegistry
from .values import fragment
from .wanted import State, Wanted

HELM_RELEASE, APPLICATION = "HelmRelease", "Application"
_API_VERSIONS = {HELM_RELEASE: "helm.toolkit.fluxcd.io/v2", APPLICATION: "argoproj.io/v1alpha1"}
_PLACES = {HELM_RELEASE: ("values",), APPLICATION: ("source", "helm", "valuesObject")}
VALUES = {HELM_RELEASE: "spec.values", APPLICATION: "spec.source.helm.valuesObject or values"}
"""Where in an object of a kind the values are. Argo CD ignores `values` if there is a `valuesObject`."""


def patch_of(reference: str, registries: Sequence[HeldRegistry]) -> str:
    """YAML to merge into the object `kind name` or `kind namespace/name`; empty for no registries."""
    return _patch(reference, fragment(registries))


@lru_cache(maxsize=8)
def _patch(reference: str, values: str) -> str:
    if not values:
        return ""
    kind, _space, place = reference.partition(" ")
    namespace, _slash, name = place.rpartition("/")
    content: Any = yaml.safe_load(values)
    for step in reversed(_PLACES[kind]):
        content = {step: content}
    document = {
        "apiVersion": _API_VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": content,
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    return text


def variables_of(registries: Iterable[HeldRegistry]) -> list[str]:
    """The names of all their variables."""
    return [variable for registry in registries for variable in registry.variables]


def unread(
    service: Service, wanted: Sequence[Wanted], state: State
) -> tuple[tuple[HeldRegistry, ...], tuple[HeldRegistry, ...]]:
    """What has to be in values that cannot be read, and what has to go from them.

    Of a removal by host only, the key is not known, and so neither are the variables.
    """
    named = tuple(
        HeldRegistry(service=service, key=entry.key, name=entry.name, hostname=entry.hostname)
        for entry in wanted
        if entry.key
    )
    return ((), named) if state == "absent" else (named, ())
