# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifests in docs/rbac, taken apart into single rights. Nothing here asks a cluster."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "docs" / "rbac"
NAMESPACE = "fleetops"
"""Where the manifests put their accounts."""
RULES = ("Role", "ClusterRole")
BINDINGS = ("RoleBinding", "ClusterRoleBinding")

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, order=True)
class Right:
    """One verb on one kind of object. A right in the whole cluster has an empty namespace."""

    namespace: str
    group: str
    resource: str
    """The plural, with the subresource: `pods/log`."""
    verb: str

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group} in {self.namespace or 'the cluster'}"


def documents(*names: str) -> list[Document]:
    """The objects of the manifests of these names, without `.yaml`."""
    return [found for name in names for found in yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))["items"]]


def rights(manifests: Sequence[Document]) -> list[Right]:
    """What the manifests grant, in order."""
    return sorted(
        Right(namespace=it["metadata"].get("namespace", ""), group=group, resource=resource, verb=verb)
        for it in manifests
        if it["kind"] in RULES
        for rule in it["rules"]
        for group, resource, verb in _singles(rule)
    )


def one_by_one(chosen: Iterable[Right], *, per_run: Iterable[str]) -> list[Any]:
    """Parameters for a test that is run without each of these rights in turn, every night; in every run those named.

    That each granted right is used is read from the API server's log in every run.
    """
    by_name, named = {str(right): right for right in chosen}, set(per_run)
    assert named <= by_name.keys(), named
    return [
        pytest.param(right, id=name, marks=() if name in named else pytest.mark.nightly)
        for name, right in by_name.items()
    ]


def without(manifests: Sequence[Document], *lacking: Right) -> list[Document]:
    """The manifests with these rights taken out."""
    result = copy.deepcopy(list(manifests))
    for it in result:
        if it["kind"] in RULES:
            gone = {
                (r.group, r.resource, r.verb) for r in lacking if r.namespace == it["metadata"].get("namespace", "")
            }
            it["rules"] = [
                {**rule, "apiGroups": [group], "resources": [resource], "verbs": [verb]}
                for rule in it["rules"]
                for group, resource, verb in _singles(rule)
                if (group, resource, verb) not in gone
            ]
    return result


def renamed(manifests: Sequence[Document], suffix: str) -> list[Document]:
    """The manifests for another account with roles of its own."""
    result = copy.deepcopy(list(manifests))
    for it in (it for it in result if it["kind"] != "Namespace"):
        it["metadata"]["name"] += suffix
        if it["kind"] in BINDINGS:
            it["roleRef"]["name"] += suffix
            for subject in it["subjects"]:
                subject["name"] += suffix
    return result


def account(manifests: Sequence[Document]) -> str:
    """The name of the one ServiceAccount that the manifests make."""
    [name] = [it["metadata"]["name"] for it in manifests if it["kind"] == "ServiceAccount"]
    return str(name)


def _singles(rule: Document) -> Iterator[tuple[str, str, str]]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                yield group, resource, verb
