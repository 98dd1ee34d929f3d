# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of Kyverno's policies can bring credentials, in the older form and in that of CEL. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .credential_sources import Source

GROUP = "kyverno.io"
CEL_GROUP = "policies.kyverno.io"
_SECRETS = re.compile(r"""['"]?\bsecrets?\b['"]?""", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """One kind of policies."""

    group: str
    name: str
    plural: str
    provides: Callable[[Mapping[str, Any], str], bool]
    """Whether a policy with this spec can bring credentials to the namespace."""

    @property
    def namespaced(self) -> bool:
        """Whether a policy is for the namespace that it is in."""
        return self.name == "Policy" or self.name.startswith("Namespaced")


def policy_sources(kind: Kind, policies: Sequence[Mapping[str, Any]], namespace: str) -> tuple[Source, ...]:
    """Those that make Secrets in the namespace, or put the names of pull secrets on pods."""
    return tuple(
        Source(kind=kind.name, name=policy["metadata"]["name"], host=None, used=None)
        for policy in policies
        if kind.provides(policy.get("spec") or {}, namespace)
    )


def _by_rules(spec: Mapping[str, Any], namespace: str) -> bool:
    return any(_rule_provides(rule, namespace) for rule in spec.get("rules") or [])


def _rule_provides(rule: Mapping[str, Any], namespace: str) -> bool:
    # The forms of a patch are many; each of them has to name the field.
    if "imagePullSecrets" in str(rule.get("mutate") or ""):
        return True
    generate = rule.get("generate") or {}
    return any(_makes_secret(target, namespace) for target in (generate, *(generate.get("foreach") or [])))


def _makes_secret(target: Mapping[str, Any], namespace: str) -> bool:
    kinds = [target.get("kind"), *((target.get("cloneList") or {}).get("kinds") or [])]
    where = str(target.get("namespace") or namespace)
    # A variable stands for the namespace that the policy is running on.
    return any(str(kind).rpartition("/")[2] == "Secret" for kind in kinds) and (where == namespace or "{{" in where)


def _by_mutations(spec: Mapping[str, Any], _namespace: str) -> bool:
    """The expression that patches may be put together of variables."""
    return "imagePullSecrets" in str([spec.get("mutations"), spec.get("variables")])


def _by_generators(spec: Mapping[str, Any], _namespace: str) -> bool:
    """`resource.Get("v1", "secrets", ...)` clones one, `"kind": dyn("Secret")` makes one. Only CEL knows where."""
    return _SECRETS.search(str([spec.get("generate"), spec.get("variables")])) is not None


KINDS: Sequence[Kind] = (
    Kind(GROUP, "ClusterPolicy", "clusterpolicies", _by_rules),
    Kind(GROUP, "Policy", "policies", _by_rules),
    Kind(CEL_GROUP, "MutatingPolicy", "mutatingpolicies", _by_mutations),
    Kind(CEL_GROUP, "NamespacedMutatingPolicy", "namespacedmutatingpolicies", _by_mutations),
    Kind(CEL_GROUP, "GeneratingPolicy", "generatingpolicies", _by_generators),
    Kind(CEL_GROUP, "NamespacedGeneratingPolicy", "namespacedgeneratingpolicies", _by_generators),
)
"""All that can bring credentials, in the order in which they are reported."""


def pod_patch(api_version: str, *, name: str, namespace: str, secret: str) -> dict[str, Any]:
    """A policy that gives new pods of the namespace this pull secret, beside those that they have."""
    metadata = {"name": name, "namespace": namespace}
    if api_version.startswith(f"{GROUP}/"):
        patch = {"spec": {"imagePullSecrets": [{"name": secret}]}}
        match = {"any": [{"resources": {"kinds": ["Pod"]}}]}
        rule = {"name": "add-pull-secret", "match": match, "mutate": {"patchStrategicMerge": patch}}
        return {"apiVersion": api_version, "kind": "Policy", "metadata": metadata, "spec": {"rules": [rule]}}
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    # An entry of the list is atomic, which an ApplyConfiguration may not touch.
    entry = f'Object.spec.imagePullSecrets{{name: "{secret}"}}'
    path = '"/spec/imagePullSecrets'
    expression = (
        f'!has(object.spec.imagePullSecrets) ? [JSONPatch{{op: "add", path: {path}", value: [{entry}]}}] : '
        f'object.spec.imagePullSecrets.exists(one, one.name == "{secret}") ? [] : '
        f'[JSONPatch{{op: "add", path: {path}/-", value: {entry}}}]'
    )
    mutation = {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}
    spec = {"matchConstraints": {"resourceRules": [pods]}, "mutations": [mutation]}
    return {"apiVersion": api_version, "kind": "NamespacedMutatingPolicy", "metadata": metadata, "spec": spec}
