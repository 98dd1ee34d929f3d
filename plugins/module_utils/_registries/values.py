# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`api.env` inside a release's values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

try:
    import yaml
except ImportError:  # reported when a client is made
    pass

from .._runtime.errors import ReleaseError
from .configured import HeldRegistry


def read_env(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The map at `api.env`, empty where there is none. Raises ReleaseError when something else is there."""
    api = _map(values.get("api"), "api")
    return _map(api.get("env"), "api.env")


def _map(found: Any, path: str) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ReleaseError(
            f"the release's values hold {type(found).__name__} at {path}, where the chart expects a map. "
            "Mend the values with the tool that deploys this release."
        )
    return found


def with_env(values: Mapping[str, Any], env: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `values` whose `api.env` is `env`; everything else is the very same objects.

    Where it is `env` already, as a null or as nothing at all too, nothing is put in its place.
    """
    if read_env(values) == env:
        return dict(values)
    return {**values, "api": {**(values.get("api") or {}), "env": dict(env)}}


def fragment(registries: Sequence[HeldRegistry]) -> str:
    """The values that a stack needs in order to keep these registries, as YAML; empty for none."""
    env = {variable: value for registry in registries if registry.whole for variable, value in registry.items()}
    if not env:
        return ""
    text: str = yaml.safe_dump({"api": {"env": env}}, sort_keys=False, allow_unicode=True, width=1000)
    return text
