# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The map inside a release's values that becomes a service's environment, `api.env` for functions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

try:
    import yaml
except ImportError:  # reported when a client is made
    pass

from .._runtime.errors import ReleaseError
from .._runtime.services import Service
from .configured import HeldRegistry


def read_env(values: Mapping[str, Any], service: Service) -> Mapping[str, Any]:
    """The service's map, empty where there is none. Raises ReleaseError when something else is there."""
    return _map(_map(values.get(service.root), service.root).get("env"), service.env)


def _map(found: Any, path: str) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ReleaseError(
            f"the release's values hold {type(found).__name__} at {path}, where the chart expects a map. "
            "Correct the values with the tool that deploys this release."
        )
    return found


def with_env(values: Mapping[str, Any], env: Mapping[str, Any], service: Service) -> dict[str, Any]:
    """A copy of `values` in which the service's map is `env`; everything else is the very same objects.

    Where it is `env` already, as a null or as nothing at all too, nothing is put in its place.
    """
    if read_env(values, service) == env:
        return dict(values)
    return {**values, service.root: {**(values.get(service.root) or {}), "env": dict(env)}}


def fragment(registries: Sequence[HeldRegistry]) -> str:
    """The values that a stack needs in order to keep these registries, as YAML; empty for none."""
    env = {variable: value for registry in registries if registry.whole for variable, value in registry.items()}
    if not env:
        return ""
    root = registries[0].service.root
    return _dumped(root, tuple(env.items()))


@lru_cache(maxsize=8)
def _dumped(root: str, env: tuple[tuple[str, str], ...]) -> str:
    """The clusters of a fleet hold the same."""
    text: str = yaml.safe_dump({root: {"env": dict(env)}}, sort_keys=False, allow_unicode=True, width=1000)
    return text
