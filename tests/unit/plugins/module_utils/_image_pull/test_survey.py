# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What of a cluster bears on pulling images, as far as the user may see it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.credential_sources import Survey
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.survey import read_survey
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import KubernetesError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, Response, serving
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import FORBIDDEN

CORE = "/api/v1/namespaces/backend"
ACCOUNT, SECRETS = f"{CORE}/serviceaccounts/worker", f"{CORE}/secrets"
KYVERNO = "/apis/kyverno.io/v1"
CEL_GROUP = "/apis/policies.kyverno.io"
CLUSTER_POLICIES, POLICIES = f"{KYVERNO}/clusterpolicies", f"{KYVERNO}/namespaces/backend/policies"
BROKEN = Response(status=500, body={"message": "etcd is away"})
GENERATES = {"generate": {"kind": "Secret", "namespace": "{{request.object.metadata.name}}"}}


def secret(name: str, *hosts: str, legacy: bool = False) -> dict[str, Any]:
    """A pull secret with a login for these hosts."""
    logins: dict[str, Any] = {host: {"auth": "canary"} for host in hosts}
    kind, key = ("dockercfg", ".dockercfg") if legacy else ("dockerconfigjson", ".dockerconfigjson")
    content = json.dumps(logins if legacy else {"auths": logins})
    return {
        "metadata": {"name": name},
        "type": f"kubernetes.io/{kind}",
        "data": {key: base64.b64encode(content.encode()).decode()},
    }


def policy(name: str) -> dict[str, Any]:
    """A policy of Kyverno that brings Secrets to namespaces."""
    return {"metadata": {"name": name, "namespace": "backend"}, "spec": {"rules": [GENERATES]}}


class Namespace(KubernetesFake):
    """A namespace with a ServiceAccount that gives these Secrets to its pods."""

    def __init__(self, *referenced: str, secrets: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__({ACCOUNT: {"imagePullSecrets": [{"name": name} for name in referenced]}})
        self.objects |= {f"{SECRETS}/{item['metadata']['name']}": item for item in secrets}
        self.paths: list[str] = []

    def survey(self) -> Survey:
        with serving(self) as server, connect(ConnectionOptions(host=server.url)) as cluster:
            found = read_survey(cluster, namespace="backend", service_account="worker")
            self.paths = [request.target for request in server.requests]
        return found

    def refused(self) -> KubernetesError:
        with pytest.raises(KubernetesError) as caught:
            self.survey()
        return caught.value


def test_a_namespace_is_surveyed_with_both_forms_of_pull_secrets_and_without_any_login() -> None:
    found = Namespace("new", secrets=(secret("new", "ghcr.io", "quay.io"), secret("old", "nvcr.io", legacy=True)))
    survey = found.survey()
    assert (survey.namespace, survey.service_account) == ("backend", "worker")
    assert survey.referenced == ("new",)
    assert survey.registries == {"new": ("ghcr.io", "quay.io"), "old": ("nvcr.io",)}
    assert (survey.unusable, survey.policies, survey.hidden) == ((), (), ())
    assert "canary" not in repr(survey)


def test_only_pull_secrets_are_asked_for() -> None:
    found = Namespace()
    found.survey()
    asked = [target.partition("?")[2] for target in found.paths if target.startswith(SECRETS)]
    assert asked == [
        "fieldSelector=type%3Dkubernetes.io%2Fdockerconfigjson",
        "fieldSelector=type%3Dkubernetes.io%2Fdockercfg",
    ]


@pytest.mark.parametrize("entries", [None, [], [{}], [{"name": ""}]])
def test_an_account_that_names_no_secret_gives_none(entries: Any) -> None:
    found = Namespace()
    found.objects[ACCOUNT] = {"imagePullSecrets": entries}
    assert found.survey().referenced == ()


def test_names_without_a_readable_pull_secret_behind_them_are_told_in_the_accounts_order() -> None:
    broken = secret("broken", "ghcr.io")
    broken["data"] = {".dockerconfigjson": "!"}
    survey = Namespace("gone", "good", "broken", secrets=(secret("good", "ghcr.io"), broken)).survey()
    assert survey.unusable == ("gone", "broken")
    assert survey.registries == {"good": ("ghcr.io",)}


def test_an_unreadable_pull_secret_that_nobody_uses_is_nobodys_trouble() -> None:
    broken = secret("broken", "ghcr.io")
    broken["data"] = {}
    survey = Namespace(secrets=(broken,)).survey()
    assert (survey.unusable, survey.registries) == ((), {})


def test_an_account_that_may_not_be_read_leaves_open_which_secrets_are_used() -> None:
    found = Namespace(secrets=(secret("ghcr", "ghcr.io"),))
    found.objects[ACCOUNT] = FORBIDDEN
    survey = found.survey()
    assert survey.referenced is None
    assert survey.registries == {"ghcr": ("ghcr.io",)}
    assert survey.hidden == ("ServiceAccount backend/worker",)


def test_an_account_that_is_not_there_is_told_with_the_options_to_set() -> None:
    found = Namespace()
    del found.objects[ACCOUNT]
    error = found.refused()
    assert error.status == 404
    assert "there is no ServiceAccount backend/worker. Set workload_namespace and service_account" in str(error)


def test_a_secret_in_use_that_is_forbidden_by_itself_is_neither_readable_nor_unusable() -> None:
    found = Namespace("open", "closed", "gone", secrets=(secret("open", "ghcr.io"),))
    found.objects |= {SECRETS: FORBIDDEN, f"{SECRETS}/closed": FORBIDDEN}
    survey = found.survey()
    assert survey.registries == {"open": ("ghcr.io",)}
    assert survey.unusable == ("gone",)
    assert survey.hidden == ("Secrets of namespace backend", "Secret backend/closed")


def test_without_kyverno_its_policies_are_not_asked_for() -> None:
    found = Namespace()
    assert found.survey().policies == ()
    assert {target for target in found.paths if "yverno" in target} == {KYVERNO, CEL_GROUP}


def test_policies_of_the_cluster_and_of_the_namespace_keep_their_kinds() -> None:
    found = Namespace()
    found.objects |= {
        KYVERNO: {"kind": "APIResourceList", "resources": []},
        CLUSTER_POLICIES: {"items": [policy("everywhere")]},
        POLICIES: {"items": [policy("here") | {"kind": "SomethingElse"}]},
    }
    assert [(source.kind, source.name) for source in found.survey().policies] == [
        ("ClusterPolicy", "everywhere"),
        ("Policy", "here"),
    ]


@pytest.mark.parametrize(
    "closed,hidden,left",
    [(CLUSTER_POLICIES, "Kyverno's clusterpolicies", "here"), (POLICIES, "Kyverno's policies", "everywhere")],
)
def test_policies_that_may_not_be_seen_do_not_hide_the_others(closed: str, hidden: str, left: str) -> None:
    found = Namespace()
    found.objects |= {
        KYVERNO: {"kind": "APIResourceList", "resources": []},
        CLUSTER_POLICIES: {"items": [policy("everywhere")]},
        POLICIES: {"items": [policy("here")]},
        closed: FORBIDDEN,
    }
    survey = found.survey()
    assert survey.hidden == (hidden,)
    assert [source.name for source in survey.policies] == [left]


def cel(found: Namespace, version: str) -> None:
    """A Kyverno of policies in CEL, whose owner prefers this version; the cluster's mutations may not be seen."""
    api = f"{CEL_GROUP}/{version}"
    mutates = {"metadata": {"name": "here"}, "spec": {"mutations": [{"x": "imagePullSecrets"}]}}
    makes = {"metadata": {"name": "makes"}, "spec": {"generate": [{"expression": 'resource.Get("v1", "secrets")'}]}}
    found.objects |= {
        CEL_GROUP: {"preferredVersion": {"version": version}},
        api: {"kind": "APIResourceList", "resources": []},
        f"{api}/mutatingpolicies": FORBIDDEN,
        f"{api}/generatingpolicies": {"items": [makes]},
        f"{api}/namespaces/backend/namespacedmutatingpolicies": {"items": [mutates]},
    }


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_policies_in_cel_are_read_in_the_version_that_is_preferred(version: str) -> None:
    found = Namespace()
    cel(found, version)
    survey = found.survey()
    assert [(source.kind, source.name) for source in survey.policies] == [
        ("NamespacedMutatingPolicy", "here"),
        ("GeneratingPolicy", "makes"),
    ]
    assert survey.hidden == ("Kyverno's mutatingpolicies",)
    assert survey.kyverno == f"policies.kyverno.io/{version}"


def test_a_policy_is_written_in_the_newest_form_that_this_kyverno_has() -> None:
    found = Namespace()
    assert found.survey().kyverno is None
    found.objects |= {KYVERNO: {"kind": "APIResourceList", "resources": []}, POLICIES: {"items": []}}
    assert found.survey().kyverno == "kyverno.io/v1"
    cel(found, "v1")
    assert found.survey().kyverno == "policies.kyverno.io/v1"
    del found.objects[f"{CEL_GROUP}/v1/namespaces/backend/namespacedmutatingpolicies"]
    assert found.survey().kyverno == "kyverno.io/v1"


@pytest.mark.parametrize("items", [None, []])
def test_a_kyverno_without_policies_is_no_source(items: Any) -> None:
    found = Namespace()
    found.objects |= {KYVERNO: {}, CLUSTER_POLICIES: {"items": items}}
    survey = found.survey()
    assert (survey.policies, survey.hidden) == ((), ())


@pytest.mark.parametrize("path", [ACCOUNT, SECRETS, KYVERNO, f"{SECRETS}/used", CLUSTER_POLICIES])
def test_an_api_server_in_trouble_is_not_taken_for_a_missing_right(path: str) -> None:
    found = Namespace("used")
    found.objects |= {KYVERNO: {"kind": "APIResourceList", "resources": []}, path: BROKEN}
    if path == f"{SECRETS}/used":
        found.objects[SECRETS] = FORBIDDEN
    assert found.refused().status == 500
