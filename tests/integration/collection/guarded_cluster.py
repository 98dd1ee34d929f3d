# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster whose API server writes down what it allows and refuses, and accounts in it that have only some rights."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.tests.integration.collection.rbac_manifests import (
    BINDINGS,
    NAMESPACE,
    RULES,
    Document,
    Right,
    account,
    renamed,
    rights,
)
from ansible_collections.fleetops.nvcf.tests.integration.conftest import brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

PATHS = {
    "Namespace": ("api/v1", "namespaces"),
    "Secret": ("api/v1", "secrets"),
    "ServiceAccount": ("api/v1", "serviceaccounts"),
    "Role": ("apis/rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    "ClusterRole": ("apis/rbac.authorization.k8s.io/v1", "clusterroles"),
    "ClusterRoleBinding": ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings"),
}
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "userGroups": [f"system:serviceaccounts:{NAMESPACE}"]}, {"level": "None"}],
}

# Newer API servers send a list through the watch; asked in the older way they need the right to list.
OLDER_WATCH = "--feature-gates=WatchList=false"


@dataclass(frozen=True)
class Account:
    """A ServiceAccount and the kubeconfig with which one is that account."""

    user: str
    kubeconfig: Path
    since: int
    """How many lines the API server's record had when it was granted its rights."""


@dataclass(frozen=True)
class AuditLog:
    """The API server's own record of requests of the manifests' accounts."""

    path: Path

    def lines(self) -> list[str]:
        """One for each request."""
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []

    def of(self, who: Account, *, allowed: bool) -> set[Right]:
        """What this account has asked for, as far as it was allowed, or refused."""
        decision = "allow" if allowed else "forbid"
        events = [json.loads(line) for line in self.lines()[who.since :]]
        return {
            _right(event["verb"], event["objectRef"])
            for event in events
            if event["user"]["username"] == who.user
            and "resource" in event.get("objectRef", {})
            and event["annotations"].get("authorization.k8s.io/decision") == decision
        }


def full_values() -> dict[str, Any]:
    """Values with which the chart renders all kinds of objects that it has, and no ConfigMap of variables."""
    values = stack_values()
    more = {name: {"enabled": True} for name in ("autoscaling", "podDisruptionBudget", "remoteConfig")}
    return values | {"api": values["api"] | more | {"env": {}}}


@dataclass(frozen=True)
class GuardedCluster:
    """The cluster, where its log is, and a folder for kubeconfig files."""

    cluster: Cluster
    log: AuditLog
    folder: Path
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def apply(self, manifests: Sequence[Document]) -> None:
        """`kubectl apply --server-side`."""
        for it in manifests:
            self.cluster.api.apply(_path(it), it)

    def grant(self, manifests: Sequence[Document]) -> Account:
        """The account of the manifests, once the API server goes by them."""
        self.apply(manifests)
        name = account(manifests)
        user = f"system:serviceaccount:{NAMESPACE}:{name}"
        self._await(user, manifests)
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token"
        token = self.cluster.api.post(path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
        return self.with_token(Account(user, self.folder / f"{name}.kubeconfig", len(self.log.lines())), token)

    def with_token(self, who: Account, token: str) -> Account:
        """The account with another token in its kubeconfig."""
        document = json.loads(self.cluster.kubeconfig.read_text(encoding="utf-8"))
        document["users"][0]["user"] = {"token": token}
        who.kubeconfig.touch(mode=0o600)
        who.kubeconfig.write_text(json.dumps(document), encoding="utf-8")
        return who

    @contextmanager
    def granted(self, manifests: Sequence[Document]) -> Iterator[Account]:
        """The account of the manifests, by just their names, with their rights while the block runs."""
        try:
            yield self.grant(manifests)
        finally:
            for it in (it for it in manifests if it["kind"] in (*RULES, *BINDINGS)):
                self.cluster.api.delete(_path(it))

    def grant_other(self, manifests: Sequence[Document]) -> Account:
        """The same for an account of its own, so that what others are granted has no say."""
        return self.grant(renamed(manifests, f"-{next(self._numbers)}"))

    def _await(self, user: str, manifests: Sequence[Document]) -> None:
        deadline = time.monotonic() + 60
        for role in (it for it in manifests if it["kind"] in RULES and it["rules"]):
            while not self._allowed(user, role):
                assert time.monotonic() < deadline, f"{role['metadata']['name']} is not in force"
                time.sleep(0.02)

    def _allowed(self, user: str, role: Document) -> bool:
        """Whether the first right of the role is in force; with it are the others."""
        right, name = rights([role])[0], ""
        for rule in role["rules"]:
            if right.resource in rule["resources"] and right.verb in rule["verbs"]:
                name = (rule.get("resourceNames") or [""])[0]
        resource, _slash, subresource = right.resource.partition("/")
        asked = {"namespace": right.namespace, "group": right.group, "verb": right.verb, "name": name}
        review = {
            "spec": {"user": user, "resourceAttributes": {**asked, "resource": resource, "subresource": subresource}}
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return bool(self.cluster.api.post(path, review)["status"]["allowed"])


def _path(it: Document) -> str:
    group, plural = PATHS[it["kind"]]
    metadata = it["metadata"]
    where = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"/{group}/{where}{plural}/{metadata['name']}"


def _right(verb: str, target: dict[str, Any]) -> Right:
    subresource = f"/{target['subresource']}" if "subresource" in target else ""
    return Right(
        namespace=target.get("namespace", ""),
        group=target.get("apiGroup", ""),
        resource=target["resource"] + subresource,
        verb=verb,
    )


@contextmanager
def guarded_cluster(name: str, folder: Path) -> Iterator[GuardedCluster]:
    """A cluster whose pods are quick, for as long as the block runs."""
    policy, log = folder / "audit-policy.json", folder / "audit.log"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    flags = [f"--audit-policy-file={policy}", f"--audit-log-path={log}", OLDER_WATCH]
    with brought_up(f"-{name}", apiserver_flags=flags) as box:
        cluster = box.cluster("east-1")
        cluster.behave(ready_seconds=0.2, start_seconds=0.2, stop_seconds=0.1, job_seconds=0.1)
        cluster.behave(failing_start_seconds=0.4)
        yield GuardedCluster(cluster, AuditLog(log), folder)
