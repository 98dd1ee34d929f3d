# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What Helm renders and stores. The standard library only: a process that stands in for helm must start quickly."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

CHART = {"metadata": {"name": "helm-nvcf-api", "version": "1.25.1", "appVersion": "1.14.1"}}


def manifest(env: Mapping[str, str], **other_data: str) -> str:
    """What the chart renders for `env`, as a YAML stream."""
    labels = {"app.kubernetes.io/name": "helm-nvcf-api", "app.kubernetes.io/instance": "api"}
    container = {"name": "helm-nvcf-api", "envFrom": [{"configMapRef": {"name": "nvcf-api-env"}}]}
    checksum = {"checksum/config-env": json.dumps(env, sort_keys=True)}
    items: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "nvcf-api-env", "namespace": "nvcf"},
            "data": dict(env) | other_data,
        },
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}, "spec": {"ports": [{"port": 8080}]}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "nvcf-api", "namespace": "nvcf", "labels": labels},
            "spec": {"template": {"metadata": {"annotations": checksum}, "spec": {"containers": [container]}}},
        },
    ]
    return "".join(f"---\n{json.dumps(item)}\n" for item in items)


def hook(name: str = "nvcf-api-account-bootstrap", *, events: Sequence[str] = ("post-upgrade",), **spec: Any) -> Any:
    """A hook as Helm stores it: a Job with this `spec`."""
    item = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "nvcf"}, "spec": spec}
    return {"name": name, "kind": "Job", "events": list(events), "manifest": f"# Source: a.yaml\n{json.dumps(item)}\n"}


def stored_release(values: Mapping[str, Any], *, revision: int = 1, **changes: Any) -> dict[str, Any]:
    """The document that Helm stores for a revision with these values."""
    env = (values.get("api") or {}).get("env") or {}
    return {
        "name": "api",
        "namespace": "nvcf",
        "version": revision,
        "info": {"status": "deployed"},
        "config": dict(values),
        "chart": CHART,
        "manifest": manifest(env),
        "apply_method": "ssa",
        **changes,
    }


def packed(document: Any, *, compressed: bool = True) -> str:
    """`data.release` of a storage Secret."""
    plain = json.dumps(document).encode()
    inner = base64.b64encode(gzip.compress(plain) if compressed else plain)
    return base64.b64encode(inner).decode()


def revision_secret(document: Mapping[str, Any], *, stamp: int | None = None) -> dict[str, Any]:
    """The storage Secret of a revision."""
    number, status = document["version"], document["info"]["status"]
    labels = {"owner": "helm", "name": document["name"], "status": status, "version": str(number)}
    labels |= document.get("labels", {})
    if stamp is not None:
        labels["modifiedAt"] = str(stamp)
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.{document['name']}.v{number}",
            "labels": labels,
            "creationTimestamp": "2026-11-23T12:30:00Z",
        },
        "data": {"release": packed(document)},
    }
