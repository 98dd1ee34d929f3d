# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which policies of Kyverno can bring credentials, and the one that is proposed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.credential_sources import Source
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.kyverno import (
    KINDS,
    Kind,
    pod_patch,
    policy_sources,
)

BY_NAME = {kind.name: kind for kind in KINDS}
CLONE = {"apiVersion": "v1", "kind": "Secret", "name": "ghcr", "clone": {"namespace": "kube-system", "name": "ghcr"}}
PATCH = {"patchStrategicMerge": {"spec": {"imagePullSecrets": [{"name": "ghcr"}]}}}
APPLY = "generator.Apply(variables.target, [variables.source])"


def rules(rule: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"name": "first"}, rule]}


def mutations(expression: str, patch_type: str = "ApplyConfiguration", **more: Any) -> dict[str, Any]:
    key = patch_type[0].lower() + patch_type[1:]
    return {"mutations": [{"patchType": patch_type, key: {"expression": expression}}], **more}


def generates(source: str, **more: Any) -> dict[str, Any]:
    return {"variables": [{"name": "source", "expression": source}], "generate": [{"expression": APPLY}], **more}


OLD = {
    "clones": (rules({"generate": CLONE | {"namespace": "{{request.object.metadata.name}}"}}), True),
    "clones here": (rules({"generate": CLONE | {"namespace": "work"}}), True),
    "clones elsewhere": (rules({"generate": CLONE | {"namespace": "elsewhere"}}), False),
    "clones a list": (rules({"generate": {"cloneList": {"kinds": ["v1/ConfigMap", "v1/Secret"]}}}), True),
    "clones in a loop": (rules({"generate": {"foreach": [CLONE]}}), True),
    "makes something else": (rules({"generate": CLONE | {"kind": "ConfigMap"}}), False),
    "patches pods": (rules({"mutate": PATCH}), True),
    "patches else": (rules({"mutate": {"patchStrategicMerge": {"spec": {"dnsPolicy": "None"}}}}), False),
    "validates": (rules({"validate": {"message": "no"}}), False),
    "says nothing": ({}, False),
}
MUTATING = {
    "applies": (
        mutations('Object{spec: Object.spec{imagePullSecrets: [Object.spec.imagePullSecrets{name: "a"}]}}'),
        True,
    ),
    "patches by JSON": (mutations('[JSONPatch{op: "add", path: "/spec/imagePullSecrets/-"}]', "JSONPatch"), True),
    "by a variable": (
        mutations("variables.x", variables=[{"name": "x", "expression": "Object.spec.imagePullSecrets{}"}]),
        True,
    ),
    "labels": (mutations('Object{metadata: Object.metadata{labels: {"a": "b"}}}'), False),
    "only looks": (
        mutations("Object{}", matchConditions=[{"expression": "!has(object.spec.imagePullSecrets)"}]),
        False,
    ),
}
GENERATING = {
    "clones": (generates('resource.Get("v1", "secrets", "default", "ghcr")'), True),
    "clones all": (generates('resource.List("v1", "secrets", "default")'), True),
    "makes": (generates('[{"kind": dyn("Secret"), "apiVersion": dyn("v1")}]'), True),
    "by a template": ({"generate": [{"template": {"value": "apiVersion: v1\nkind: Secret\n"}}]}, True),
    "clones else": (generates('resource.Get("v1", "configmaps", "default", "ca")'), False),
    "is started by Secrets": (
        generates('[{"kind": dyn("ConfigMap")}]', matchConstraints={"resourceRules": [{"resources": ["secrets"]}]}),
        False,
    ),
}
CASES = [
    pytest.param(kind, spec, expected, id=f"{kind.name} {case}")
    for names, cases in (
        (("ClusterPolicy", "Policy"), OLD),
        (("MutatingPolicy", "NamespacedMutatingPolicy"), MUTATING),
        (("GeneratingPolicy", "NamespacedGeneratingPolicy"), GENERATING),
    )
    for kind in map(BY_NAME.__getitem__, names)
    for case, (spec, expected) in cases.items()
]


@pytest.mark.parametrize("kind,spec,is_source", CASES)
def test_policies_that_can_bring_pull_secrets_are_sources(kind: Kind, spec: dict[str, Any], *, is_source: bool) -> None:
    found = policy_sources(kind, [{"metadata": {"name": "p"}, "spec": spec}], "work")
    assert found == ((Source(kind=kind.name, name="p", host=None, used=None),) if is_source else ())


@pytest.mark.parametrize("api", ["kyverno.io/v1", "policies.kyverno.io/v1", "policies.kyverno.io/v1beta1"])
def test_the_policy_that_is_proposed_is_one_that_the_survey_finds(api: str) -> None:
    policy = pod_patch(api, name="add-ghcr", namespace="work", secret="pull-ghcr")
    kind = BY_NAME[policy["kind"]]
    assert (policy["apiVersion"], kind.namespaced) == (api, True)
    assert api.startswith(f"{kind.group}/")
    assert [source.name for source in policy_sources(kind, [policy], "work")] == ["add-ghcr"]
    assert "pull-ghcr" in str(policy["spec"])


OLD_PATCH = """
apiVersion: kyverno.io/v1
kind: Policy
metadata: {name: add-ghcr, namespace: work}
spec:
  rules:
    - name: add-pull-secret
      match:
        any:
          - resources:
              kinds: [Pod]
      mutate:
        patchStrategicMerge:
          spec:
            imagePullSecrets:
              - name: pull-ghcr
"""
CEL_PATCH = """
apiVersion: policies.kyverno.io/v1
kind: NamespacedMutatingPolicy
metadata: {name: add-ghcr, namespace: work}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: >-
          !has(object.spec.imagePullSecrets) ? [JSONPatch{op: "add", path: "/spec/imagePullSecrets",
          value: [Object.spec.imagePullSecrets{name: "pull-ghcr"}]}] :
          object.spec.imagePullSecrets.exists(one, one.name == "pull-ghcr") ? [] :
          [JSONPatch{op: "add", path: "/spec/imagePullSecrets/-",
          value: Object.spec.imagePullSecrets{name: "pull-ghcr"}}]
"""


@pytest.mark.parametrize("manifest", [OLD_PATCH, CEL_PATCH], ids=["kyverno.io", "policies.kyverno.io"])
def test_the_policy_that_is_proposed_is_this_manifest(manifest: str) -> None:
    expected = yaml.safe_load(manifest)
    assert pod_patch(expected["apiVersion"], name="add-ghcr", namespace="work", secret="pull-ghcr") == expected


def test_policies_are_where_kyverno_keeps_them() -> None:
    assert [(kind.group, kind.plural, kind.name, kind.namespaced) for kind in KINDS] == [
        ("kyverno.io", "clusterpolicies", "ClusterPolicy", False),
        ("kyverno.io", "policies", "Policy", True),
        ("policies.kyverno.io", "mutatingpolicies", "MutatingPolicy", False),
        ("policies.kyverno.io", "namespacedmutatingpolicies", "NamespacedMutatingPolicy", True),
        ("policies.kyverno.io", "generatingpolicies", "GeneratingPolicy", False),
        ("policies.kyverno.io", "namespacedgeneratingpolicies", "NamespacedGeneratingPolicy", True),
    ]
