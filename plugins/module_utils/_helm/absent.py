# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why no Helm release is where one was looked for: a wrong name, another namespace, or a tool that keeps none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._kubernetes.api_client import METADATA_LIST, Cluster, path_of
from .._runtime.errors import AbsentError, ArgoCdError, KubernetesError, ReleaseError
from .._runtime.services import Service
from .argocd import application_of
from .manifest import named_container
from .records import list_records, of_driver


def absence(cluster: Cluster, service: Service, *, release: str, namespace: str) -> ReleaseError:
    """The error that says what is there instead, as far as this user may see, and what to do.

    An AbsentError where nothing is. Raises KubernetesError.
    """
    what = f"no Helm release {release!r} is stored in namespace {namespace!r}{of_driver()}."
    facts: dict[str, Any] = {"release": {"name": release, "namespace": namespace}}
    if application := next(_applications(cluster, service, namespace), None):
        return ArgoCdError(f"{what} {_of_argo_cd(application)}", application=application, **facts)
    if kept := sorted(set(_namespaces(cluster, release))):
        return ReleaseError(
            f"{what} A release of that name is stored in namespace {', '.join(kept)} (Flux keeps releases in its "
            "storageNamespace). Set namespace to the one where it is stored.",
            **facts,
        )
    records = list_records(cluster, namespace, "owner=helm")
    names = sorted({metadata.get("labels", {}).get("name", "?") for metadata in records.metadata})
    there = f"Releases there: {', '.join(names)}." if names else "No release is stored there."
    return AbsentError(f"{what} {there} Set release and namespace to what `helm list -A` shows.", **facts)


def _of_argo_cd(application: str) -> str:
    return (
        f"Argo CD (Application {application}) deploys the API there: it renders the chart itself, keeps no Helm "
        "release, and reverts changes of other users."
    )


def _applications(cluster: Cluster, service: Service, namespace: str) -> Iterator[str]:
    """The Applications that deploy what runs the chart's container."""
    for item in _listed(cluster, path_of("apis/apps/v1/namespaces", namespace, "deployments")):
        if named_container(item, service.chart) and (application := application_of(item)):
            yield application


def _namespaces(cluster: Cluster, release: str) -> Iterator[str]:
    path = path_of("api/v1/secrets", labelSelector=f"owner=helm,name={release}")
    return (item["metadata"]["namespace"] for item in _listed(cluster, path, accept=METADATA_LIST))


def _listed(cluster: Cluster, path: str, *, accept: str = "application/json") -> list[dict[str, Any]]:
    """The items, none where this user may not list them."""
    try:
        items: list[dict[str, Any]] = cluster.get(path, accept=accept)["items"]
    except KubernetesError as error:
        if error.status == 403:
            return []
        raise
    return items
