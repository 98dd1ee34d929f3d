# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster can pull: its pull secrets, Kyverno's policies, and a pod that tries it.

Nothing here depends on the version of helm.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull import probe
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.image_pull_check import (
    OPERATION,
    ImagePullError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import KubernetesError
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    environment,
    inventory,
    run_playbook,
    run_tasks,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, IMAGE, World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import ApiError

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"])

UNKNOWN_HOST = "registry.invalid/my-org/my-app:1.0"


@pytest.fixture
def place(new_world: NewWorld, eventually: Eventually) -> Iterator[World]:
    """A namespace for pods of functions, with the ServiceAccount that the cluster makes in it. No API."""
    world = new_world()
    world.cluster.api.post("/api/v1/namespaces", {"metadata": {"name": world.namespace}})
    eventually(
        lambda: any(it["metadata"]["name"] == "default" for it in world.objects("serviceaccounts")), "an account"
    )
    yield world
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}")


def check(world: World, image: str = IMAGE, **options: Any) -> dict[str, Any]:
    """Run image_pull_check in the world's namespace."""
    return world.run(OPERATION, image=image, workload_namespace=world.namespace, **options)


def add_pull_secret(world: World, name: str, registry: str) -> None:
    """What `kubectl create secret docker-registry` does."""
    document = json.dumps({"auths": {registry: {"username": "robot", "password": CANARY, "auth": CANARY}}})
    data = {".dockerconfigjson": base64.b64encode(document.encode()).decode()}
    secret = {"metadata": {"name": name}, "type": "kubernetes.io/dockerconfigjson", "data": data}
    world.cluster.api.post(f"/api/v1/namespaces/{world.namespace}/secrets", secret)


def give_to_pods(world: World, *names: str) -> None:
    """Put Secrets on the ServiceAccount."""
    path = f"/api/v1/namespaces/{world.namespace}/serviceaccounts/default"
    world.cluster.api.patch(path, {"imagePullSecrets": [{"name": name} for name in names]})


def test_a_pull_secret_is_found_and_counts_once_pods_are_given_it(place: World) -> None:
    assert check(place)["verdict"] == "unknown"

    add_pull_secret(place, "ghcr", "https://ghcr.io/my-org")
    add_pull_secret(place, "quay", "quay.io")
    unused = check(place)
    assert unused["sources"] == [{"kind": "Secret", "name": "ghcr", "host": "https://ghcr.io/my-org", "used": False}]
    assert "add it to the account's imagePullSecrets" in unused["explanation"]

    give_to_pods(place, "ghcr", "gone")
    used = check(place)
    assert (used["verdict"], used["sources"][0]["used"], used["changed"]) == ("likely", True, False)
    assert "names gone, behind which there is no readable pull secret" in used["explanation"]
    assert CANARY not in json.dumps([unused, used])


def test_a_user_without_rights_is_told_what_was_not_looked_at(place: World) -> None:
    found = check(place, impersonate_user="nobody", impersonate_groups=["system:authenticated"])
    assert (found["verdict"], found["sources"]) == ("unknown", [])
    assert f"ServiceAccount {place.namespace}/default, Secrets of namespace {place.namespace}" in found["explanation"]
    with pytest.raises(KubernetesError, match=r"POST .*/pods was answered 403"):
        check(place, probe=True, impersonate_user="nobody")


def test_a_probe_pulls_and_takes_its_pod_away(place: World, eventually: Eventually) -> None:
    result = check(place, probe=True)
    assert (result["pulled"], result["reason"]) == (True, "pulled")
    eventually(lambda: not place.objects("pods"), "the pod no longer exists")


def test_a_namespace_with_the_strictest_pod_security_takes_the_probe(place: World) -> None:
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    place.cluster.api.patch(f"/api/v1/namespaces/{place.namespace}", {"metadata": {"labels": label}})
    with pytest.raises(ApiError, match="violates PodSecurity"):
        place.cluster.api.post(
            f"/api/v1/namespaces/{place.namespace}/pods",
            {"metadata": {"name": "lax"}, "spec": {"containers": [{"name": "lax", "image": IMAGE}]}},
        )
    assert check(place, probe=True)["pulled"]


def test_the_pod_of_a_killed_check_is_removed_by_the_next(
    place: World, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pod's age is the API server's to tell, so what counts as old is changed instead.
    monkeypatch.setattr(probe, "LEFTOVER_SECONDS", 0)
    left = {"name": "fleetops-nvcf-pull-left", "labels": probe.LABELS}
    spec = {"containers": [{"name": "pull", "image": UNKNOWN_HOST}]}
    place.cluster.api.post(f"/api/v1/namespaces/{place.namespace}/pods", {"metadata": left, "spec": spec})
    eventually(
        lambda: check(place, probe=True)["leftovers_removed"] == ["fleetops-nvcf-pull-left"], "the pod counts as old"
    )
    eventually(lambda: not place.objects("pods"), "the pods are gone")


def test_a_malformed_entry_of_a_pull_secret_is_passed_over(place: World) -> None:
    add_pull_secret(place, "broken", "[oops")
    add_pull_secret(place, "ghcr", "ghcr.io")
    assert [source["name"] for source in check(place)["sources"]] == ["ghcr"]


REFUSALS = {
    "no credentials": (
        IMAGE,
        "unauthorized",
        (
            "the registry rejects the credentials, or requires credentials; add a pull secret for its host to the "
            "pods' ServiceAccount"
        ),
    ),
    "no such host": (
        UNKNOWN_HOST,
        "no_such_host",
        "nodes cannot resolve the registry's host; check its spelling and the DNS of the nodes",
    ),
}


@pytest.mark.parametrize("image,reason,meaning", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refused_pull_fails_with_the_reason_and_leaves_no_pod(
    place: World, eventually: Eventually, image: str, reason: str, meaning: str
) -> None:
    with place.cluster.behaving(pull_failures=["ghcr.io"]), pytest.raises(ImagePullError) as failure:
        check(place, image, probe=True)
    told = failure.value.result()
    where = f"for a pod of namespace {place.namespace}"
    assert told["msg"].startswith(f"cluster east-1: {image} could not be pulled {where} ({reason}): {meaning}")
    assert "Message of the node: failed to pull and unpack image" in told["msg"]
    assert (told["pulled"], told["reason"]) == (False, reason)
    eventually(lambda: not place.objects("pods"), "the pod no longer exists")


def test_a_probe_that_no_node_takes_says_so(place: World) -> None:
    node = "/api/v1/nodes/sandbox"
    place.cluster.api.patch(node, {"spec": {"unschedulable": True}})
    try:
        result = check(place, probe=True, required=False, probe_timeout=2)
    finally:
        place.cluster.api.patch(node, {"spec": {"unschedulable": None}})
    assert (result["pulled"], result["reason"]) == (False, "undecided")
    assert "the pod was not scheduled within 2 s. Message of the node: 0/1 nodes are available" in result["summary"]


def definition(singular: str, plural: str, kind: str, scope: str) -> dict[str, Any]:
    """A resource of Kyverno's as far as it matters here."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "metadata": {"name": f"{plural}.kyverno.io"},
        "spec": {
            "group": "kyverno.io",
            "scope": scope,
            "names": {"plural": plural, "singular": singular, "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


KYVERNO = {
    "ClusterPolicy": ("clusterpolicy", "clusterpolicies", "ClusterPolicy", "Cluster"),
    "Policy": ("policy", "policies", "Policy", "Namespaced"),
}


@pytest.fixture
def kyverno(place: World, eventually: Eventually) -> Iterator[World]:
    """A cluster that knows Kyverno's policies. Nobody acts on them."""
    api, definitions = place.cluster.api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for names in KYVERNO.values():
        api.post(definitions, definition(*names))

    def served() -> bool:
        try:
            resources = api.get("/apis/kyverno.io/v1")["resources"]
        except ApiError:
            # A group may be listed a moment before it is served.
            return False
        return len([it for it in resources if "/" not in it["name"]]) == len(KYVERNO)

    eventually(served, "Kyverno's resources are served")
    yield place
    for _singular, plural, *_rest in KYVERNO.values():
        api.delete(f"{definitions}/{plural}.kyverno.io")


def test_policies_of_kyverno_that_clone_pull_secrets_are_named(kyverno: World) -> None:
    api, namespace = kyverno.cluster.api, kyverno.namespace
    clone = {"kind": "Secret", "clone": {"namespace": "kube-system", "name": "ghcr"}}
    rule = {"name": "sync", "generate": {**clone, "namespace": "{{request.object.metadata.name}}"}}
    patch = {"name": "patch", "mutate": {"patchStrategicMerge": {"spec": {"imagePullSecrets": [{"name": "ghcr"}]}}}}
    head = {"apiVersion": "kyverno.io/v1"}
    cluster_wide = {**head, "kind": "ClusterPolicy", "metadata": {"name": "sync"}, "spec": {"rules": [rule]}}
    api.post("/apis/kyverno.io/v1/clusterpolicies", cluster_wide)
    local = {**head, "kind": "Policy", "metadata": {"name": "patch"}, "spec": {"rules": [patch]}}
    api.post(f"/apis/kyverno.io/v1/namespaces/{namespace}/policies", local)
    found = check(kyverno)
    assert [(source["kind"], source["name"]) for source in found["sources"]] == [
        ("ClusterPolicy", "sync"),
        ("Policy", "patch"),
    ]
    assert "Kyverno may add more: ClusterPolicy sync, Policy patch." in found["explanation"]


def interrupted_while_there_is_a_pod(place: World, folder: Path, book: Path) -> bool:
    """Run a playbook and end it as soon as there is a pod; False when it ends before one is seen."""
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [str(ANSIBLE_PLAYBOOK), str(book)], env=environment(), stdout=log, stderr=log, start_new_session=True
        ) as run,
    ):
        while not place.objects("pods"):
            if run.poll() is not None:
                return False
        os.kill(run.pid, signal.SIGTERM)
    assert run.returncode != 0
    return True


def test_an_interrupted_probe_leaves_no_pod(place: World, tmp_path: Path, eventually: Eventually) -> None:
    where = {k: place.options()[k] for k in ("kubeconfig", "context")}
    module = {**where, "image": IMAGE, "workload_namespace": place.namespace, "probe": True}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    book = tmp_path / "play.json"
    book.write_text(json.dumps([{**play, "tasks": [{"name": "Pull", "fleetops.nvcf.image_pull_check": module}]}]))
    node = "/api/v1/nodes/sandbox"
    place.cluster.api.patch(node, {"spec": {"unschedulable": True}})
    try:
        # The pod cannot be scheduled, which the probe soon says: on a busy machine it may be gone before it was seen.
        for _attempt in range(10):
            if interrupted_while_there_is_a_pod(place, tmp_path, book):
                break
        else:
            pytest.fail("no pod was seen")
        eventually(lambda: not place.objects("pods"), "the pod no longer exists")
    finally:
        place.cluster.api.patch(node, {"spec": {"unschedulable": None}})


@pytest.mark.nightly
def test_both_entries_give_the_same_results(place: World, tmp_path: Path) -> None:
    add_pull_secret(place, "ghcr", "ghcr.io")
    where = {k: place.options()[k] for k in ("kubeconfig", "context")}
    tasks: list[dict[str, Any]] = []
    for image in (IMAGE, UNKNOWN_HOST):
        options = {**where, "workload_namespace": place.namespace, "image": image, "probe": True}
        task = {"fleetops.nvcf.image_pull_check": options}
        # What is set in `environment` asks for a process of its own.
        tasks += [task, {**task, "environment": {"FLEETOPS_NVCF_TEST": "1"}}]
    outcome, results = run_tasks(tmp_path, tasks, "-vvvv")
    assert CANARY not in outcome.text
    plain = [{k: v for k, v in result.items() if not k.startswith(("ansible_", "_"))} for result in results]
    assert [result["failed"] for result in plain] == [False, False, True, True]
    assert plain[0] == plain[1]
    assert plain[2] == plain[3]


@pytest.mark.nightly
def test_the_role_writes_nothing_when_a_required_image_can_not_be_pulled(
    world: World, place: World, tmp_path: Path
) -> None:
    hosts = inventory(
        tmp_path,
        {"one": world},
        registry_allowlist_registries=[GHCR],
        registry_allowlist_pull_check_images=[IMAGE],
        registry_allowlist_workload_namespace=place.namespace,
    )
    require = ("-e", "registry_allowlist_pull_check=require")
    with world.cluster.behaving(pull_failures=["ghcr.io"]):
        refused = run_playbook("-i", hosts, "fleetops.nvcf.add", *require)
        assert refused.status != 0
        assert re.search(rf"{re.escape(IMAGE)} could not be pulled .*\(unauthorized\)", refused.text)
        assert len(world.history()) == 1

        report = run_playbook("-i", hosts, "fleetops.nvcf.add", "-e", "registry_allowlist_pull_check=report")
        assert report.status == 0, report.text
        assert re.search(rf"{re.escape(IMAGE)} could not be pulled .*\(unauthorized\)", report.text)
    assert len(world.history()) == 2
    passed = run_playbook("-i", hosts, "fleetops.nvcf.add", *require)
    assert passed.status == 0, passed.text
    assert f"Nodes can pull {IMAGE}" in passed.text
