# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what of a cluster bears on pulling images. What the user may not see is left out and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import KubernetesError
from .credential_sources import PULL_SECRETS, Survey, policy_sources, registries_of

KYVERNO = "apis/kyverno.io/v1"
FORBIDDEN = 403


def read_survey(cluster: Cluster, *, namespace: str, service_account: str) -> Survey:
    """Raises KubernetesError when there is no such ServiceAccount, or when the API server can't be asked."""
    hidden: list[str] = []
    referenced = _referenced(cluster, namespace, service_account, hidden)
    found = _registries(cluster, namespace, referenced or (), hidden)
    return Survey(
        namespace=namespace,
        service_account=service_account,
        referenced=referenced,
        registries={name: registries for name, registries in found.items() if registries is not None},
        unusable=tuple(name for name in referenced or () if name in found and found[name] is None),
        policies=policy_sources(_policies(cluster, namespace, hidden), namespace),
        hidden=tuple(hidden),
    )


def _referenced(cluster: Cluster, namespace: str, name: str, hidden: list[str]) -> tuple[str, ...] | None:
    try:
        account = cluster.find(path_of("api/v1/namespaces", namespace, "serviceaccounts", name))
    except KubernetesError as error:
        _expect_forbidden(error, f"ServiceAccount {namespace}/{name}", hidden)
        return None
    if account is None:
        raise KubernetesError(
            f"there is no ServiceAccount {namespace}/{name}. Set workload_namespace and service_account to those of "
            "the pods of functions, and the connection options to the cluster that they run on.",
            status=404,
        )
    return tuple(entry["name"] for entry in account.get("imagePullSecrets") or [] if entry.get("name"))


def _registries(
    cluster: Cluster, namespace: str, referenced: Sequence[str], hidden: list[str]
) -> dict[str, tuple[str, ...] | None]:
    """By name, of all pull secrets of the namespace, or where listing is not allowed of those in use.

    None is under the name of a Secret that is in use but is absent, or no readable pull secret.
    """
    path = ("api/v1/namespaces", namespace, "secrets")
    try:
        # Other Secrets are not even sent.
        lists = [cluster.get(path_of(*path, fieldSelector=f"type={kind}")) for kind in PULL_SECRETS]
    except KubernetesError as error:
        _expect_forbidden(error, f"Secrets of namespace {namespace}", hidden)
    else:
        listed = {secret["metadata"]["name"]: registries_of(secret) for found in lists for secret in found["items"]}
        return dict.fromkeys(referenced) | listed
    read: dict[str, tuple[str, ...] | None] = {}
    for name in referenced:
        try:
            read[name] = registries_of(cluster.find(path_of(*path, name)) or {})
        except KubernetesError as error:
            _expect_forbidden(error, f"Secret {namespace}/{name}", hidden)
    return read


def _policies(cluster: Cluster, namespace: str, hidden: list[str]) -> list[Mapping[str, Any]]:
    # Everybody may ask which APIs there are; without Kyverno, asking for its policies could be answered "forbidden".
    if cluster.find(path_of(KYVERNO)) is None:
        return []
    found: list[Mapping[str, Any]] = []
    for kind, path in (
        ("ClusterPolicy", path_of(KYVERNO, "clusterpolicies")),
        ("Policy", path_of(f"{KYVERNO}/namespaces", namespace, "policies")),
    ):
        try:
            listed = cluster.find(path) or {}
        except KubernetesError as error:
            _expect_forbidden(error, f"Kyverno's {path.rpartition('/')[2]}", hidden)
        else:
            # Whether items carry their kind depends on the API server.
            found += [{**policy, "kind": kind} for policy in listed.get("items") or []]
    return found


def _expect_forbidden(error: KubernetesError, what: str, hidden: list[str]) -> None:
    """Notes what may not be seen; any other error passes."""
    if error.status != FORBIDDEN:
        raise error
    hidden.append(what)
