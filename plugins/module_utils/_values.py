# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`api.env` inside a release's values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._errors import ReleaseError


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
    """A copy of `values` whose `api.env` is `env`; everything else is the very same objects."""
    return {**values, "api": {**_map(values.get("api"), "api"), "env": dict(env)}}
