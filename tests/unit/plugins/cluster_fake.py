# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the API server of a cluster with the NVCF API in it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import deployment, pod_object, replica_set
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret, stored_release

SECRETS = "/api/v1/namespaces/nvcf/secrets"
PODS = "/api/v1/namespaces/nvcf/pods"
REPLICA_SETS = "/apis/apps/v1/namespaces/nvcf/replicasets"
DEPLOYMENT = "/apis/apps/v1/namespaces/nvcf/deployments/nvcf-api"
CONFIG_MAP = "/api/v1/namespaces/nvcf/configmaps/nvcf-api-env"


def labeled(item: dict[str, Any]) -> dict[str, Any]:
    """With the labels that the Deployment selects by."""
    item["metadata"]["labels"] = {"app": "api"}
    return item


def stored(*documents: Mapping[str, Any]) -> dict[str, Any]:
    """The storage Secrets of these revisions."""
    secrets = [revision_secret(document) for document in documents]
    return {f"{SECRETS}/{secret['metadata']['name']}": secret for secret in secrets}


def config_map(env: Mapping[str, str], *, written: str = "2026-11-23T11:00:00Z") -> dict[str, Any]:
    """The environment's ConfigMap, its data last written at that time."""
    mark: dict[str, Any] = {"f:annotations": {"f:meta.helm.sh/release-name": {}}}
    fields = [
        {"time": written, "fieldsV1": {"f:data": {}, "f:metadata": mark}},
        {"time": "2026-12-24T00:00:00Z", "fieldsV1": {"f:metadata": {}}},
    ]
    return {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": fields}, "data": dict(env)}


def cluster_objects(env: Mapping[str, str], **values: Any) -> dict[str, Any]:
    """One deployed revision with this environment, and one pod that serves with it since noon."""
    return stored(stored_release({"api": {"env": dict(env)}, **values})) | {
        DEPLOYMENT: deployment(),
        CONFIG_MAP: config_map(env),
        f"{REPLICA_SETS}/new": labeled(replica_set("new", 2)),
        f"{REPLICA_SETS}/old": labeled(replica_set("old", 1)),
        f"{PODS}/api-1": labeled(pod_object()),
    }
