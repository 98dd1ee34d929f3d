# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what of a cluster bears on pulling images. What the user may not see is left out and reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._kubernetes.api_client import Cluster, path_of
from .._runtime.errors import KubernetesError
from .credential_sources import PULL_SECRETS, Source, Survey, registries_of
from .kyverno import CEL_GROUP, GROUP, KINDS, Kind, policy_sources

FORBIDDEN = 403


def read_survey(cluster: Cluster, *, namespace: str, service_account: str) -> Survey:
    """Raises KubernetesError when there is no such ServiceAccount, or when the API server cannot be asked."""
    hidden: list[str] = []
    referenced = _referenced(cluster, namespace, service_account, hidden)
    found = _registries(cluster, namespace, referenced or (), hidden)
    policies, kyverno = _policies(cluster, namespace, hidden)
    return Survey(
        namespace=namespace,
        service_account=service_account,
        referenced=referenced,
        registries={name: registries for name, registries in found.items() if registries is not None},
        unusable=tuple(name for name in referenced or () if name in found and found[name] is None),
        policies=policies,
        hidden=tuple(hidden),
        kyverno=kyverno,
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


def _policies(cluster: Cluster, namespace: str, hidden: list[str]) -> tuple[tuple[Source, ...], str | None]:
    """Kyverno's policies that can bring credentials, and the API version in which one can be written for pods here."""
    sources: list[Source] = []
    writable: str | None = None
    for group, version in ((GROUP, "v1"), (CEL_GROUP, _preferred(cluster, CEL_GROUP))):
        # Everyone may ask which APIs there are; asking for Kyverno's policies where it is not could be answered 403.
        if version is None or cluster.find(path_of(f"apis/{group}/{version}")) is None:
            continue
        for kind in (kind for kind in KINDS if kind.group == group):
            listed = _listed(cluster, kind, f"apis/{group}/{version}", namespace, hidden)
            sources += policy_sources(kind, (listed or {}).get("items") or [], namespace)
            if listed is not None and kind.name in ("Policy", "NamespacedMutatingPolicy"):
                writable = f"{group}/{version}"
    return tuple(sources), writable


def _preferred(cluster: Cluster, group: str) -> str | None:
    """The group's version that its owner prefers: it was v1alpha1 first, and v1 comes with a later Kyverno."""
    found = cluster.find(path_of(f"apis/{group}")) or {}
    return (found.get("preferredVersion") or {}).get("version")


def _listed(cluster: Cluster, kind: Kind, api: str, namespace: str, hidden: list[str]) -> dict[str, Any] | None:
    """None where this Kyverno has no such policies, or they may not be read."""
    path = path_of(f"{api}/namespaces", namespace, kind.plural) if kind.namespaced else path_of(api, kind.plural)
    try:
        return cluster.find(path)
    except KubernetesError as error:
        _expect_forbidden(error, f"Kyverno's {kind.plural}", hidden)
        return None


def _expect_forbidden(error: KubernetesError, what: str, hidden: list[str]) -> None:
    """Notes what may not be seen; any other error passes."""
    if error.status != FORBIDDEN:
        raise error
    hidden.append(what)
