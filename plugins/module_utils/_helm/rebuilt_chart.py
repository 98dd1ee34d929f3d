# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart that a stored release was made from, rebuilt from what Helm stored of it.

Nothing has to be pulled then. Templates and files come back byte for byte; what gets lost (comments in values.yaml, the
lock file, provenance, file modes) is not rendered. That the rebuilt chart renders the same objects is proven by the
comparison with the stored manifest that every change goes through, and here nothing switches that off.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._registries.configured import variables
from .._registries.values import read_env, with_env
from .._runtime.errors import ReleaseError
from .._runtime.services import Service
from .json_values import dump


def rebuild(service: Service, chart: Mapping[str, Any], folder: Path) -> Path:
    """Writes the stored chart `chart` as a chart folder below `folder` and returns it.

    Raises ReleaseError when the stored chart is incomplete.
    """
    if chart["metadata"].get("dependencies"):
        raise ReleaseError(
            "the chart has dependencies, which Helm does not store with a release, so it cannot be rebuilt. "
            "Set chart_source to reference, and set chart_ref."
        )
    try:
        files = _files(service, chart)
    except (LookupError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"the stored chart has an unreadable file ({type(error).__name__}): the release was edited or "
            "truncated. Set chart_source to reference, and set chart_ref."
        ) from None
    target = folder / "chart"
    for name, content in files.items():
        path = (target / name).resolve()
        if not path.is_relative_to(target.resolve()):
            raise ReleaseError(
                f"the stored chart contains a path outside the chart, {name!r}: the stored release was manipulated."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return target


def _files(service: Service, chart: Mapping[str, Any]) -> dict[str, bytes]:
    stored = [*(chart.get("templates") or []), *(chart.get("files") or [])]
    content = {str(item["name"]): base64.b64decode(item["data"]) for item in stored}
    if chart.get("schema"):
        content["values.schema.json"] = base64.b64decode(chart["schema"])
    content["Chart.yaml"] = dump(chart["metadata"])
    content["values.yaml"] = dump(_clean(service, chart.get("values") or {}))
    return content


def _clean(service: Service, defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without registries: after an upgrade with --reuse-values the stored defaults hold the user's earlier values."""
    env = read_env(defaults, service)
    ours = set(variables(env, service))
    return with_env(defaults, {name: value for name, value in env.items() if name not in ours}, service)
