# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether pods can pull on GPU clusters that are others than the control plane's.

Nothing here depends on the version of helm.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._image_pull.kyverno import pod_patch
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.image_pull_check import (
    OPERATION,
    ImagePullError,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.given import prepared
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    environment,
    run_playbook,
    run_tasks,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, IMAGE, World
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually, brought_up
from ansible_collections.fleetops.nvcf.tests.sandbox import tools as programs
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.unit.docs.told import ROOT

BACKEND = "nvcf-backend"
CONTROL, ONE, TWO, THREE = "cp-east-1", "gpu-east-1", "gpu-east-2", "gpu-east-3"
OTHER = "quay.io/my-org/my-task:1.0"
NODES = "/api/v1/nodes"


@dataclass
class Fleet:
    """A control plane and three GPU clusters, in one kubeconfig under names that tell them apart."""

    clusters: Mapping[str, Cluster]
    kubeconfig: Path

    def ask(self, *clusters: Any, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run image_pull_check as a task of the control plane."""
        given = {"clusters": list(clusters), **options}
        world = World(cluster=self.clusters[CONTROL], helm=4, namespace="nvcf")
        where = {"kubeconfig": str(self.kubeconfig), "context": CONTROL}
        whole = prepared({**where, **given}, OPERATION.argument_spec, OPERATION.shorthands)
        return world.run(OPERATION, check_mode=check_mode, **whole)

    def kubectl(self, command: str, login: str = CANARY) -> subprocess.CompletedProcess[str]:
        """Run a command line with the real kubectl, as an operator does who has the login in the environment."""
        path = f"{programs.KUBECTL.program().parent}:{os.environ['PATH']}"
        variables = {"PATH": path, "REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": login, "HOME": "/nonexistent"}
        return subprocess.run(
            ["bash", "-c", command], env=variables, capture_output=True, text=True, timeout=60, check=False
        )


def _any(cluster: Cluster, path: str) -> bool:
    return bool(cluster.api.get(path)["items"])


@pytest.fixture(scope="module")
def fleet(
    tools: None,  # noqa: ARG001 it has to come first
    tmp_path_factory: pytest.TempPathFactory,
    eventually: Eventually,
) -> Iterator[Fleet]:
    """Pods of functions run on the GPU clusters only. No API."""
    with brought_up("-gpu", clusters=4) as box:
        text = box.kubeconfig.read_text(encoding="utf-8")
        clusters = {}
        for number, name in enumerate((CONTROL, ONE, TWO, THREE), start=1):
            text = text.replace(f'"east-{number}"', f'"{name}"')
            cluster = clusters[name] = box.cluster(f"east-{number}")
            if name != CONTROL:
                cluster.api.post("/api/v1/namespaces", {"metadata": {"name": BACKEND}})
                path = f"/api/v1/namespaces/{BACKEND}/serviceaccounts"
                eventually(partial(_any, cluster, path), "an account")
        kubeconfig = tmp_path_factory.mktemp("fleet") / "merged.config"
        kubeconfig.write_text(text, encoding="utf-8")
        yield Fleet(clusters=clusters, kubeconfig=kubeconfig)


def outcomes(result: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Where, what and with which end."""
    return [(row["cluster"], row["image"], row["reason"]) for row in result["results"]]


def refused(fleet: Fleet, *clusters: Any, **options: Any) -> dict[str, Any]:
    """The result of a task that fails."""
    with pytest.raises(ImagePullError) as failure:
        fleet.ask(*clusters, probe=True, **options)
    return failure.value.result()


@contextmanager
def objects(cluster: Cluster, *given: tuple[str, Mapping[str, Any]]) -> Iterator[None]:
    """These are there while the block runs."""
    made = []
    try:
        for path, body in given:
            cluster.api.post(path, dict(body))
            made.append(f"{path}/{body['metadata']['name']}")
        yield
    finally:
        for path in reversed(made):
            cluster.api.delete(path)


def test_all_images_are_tried_on_all_clusters_and_one_refusal_fails_the_task(
    fleet: Fleet, eventually: Eventually
) -> None:
    separate = {"kubeconfig": str(fleet.clusters[TWO].kubeconfig), "context": "east-3"}
    asked: dict[str, Any] = {"images": [IMAGE, OTHER]}
    assert outcomes(fleet.ask(ONE, separate, probe=True, **asked)) == [
        (ONE, IMAGE, "pulled"),
        (ONE, OTHER, "pulled"),
        ("east-3", IMAGE, "pulled"),
        ("east-3", OTHER, "pulled"),
    ]
    with fleet.clusters[TWO].behaving(pull_failures=["ghcr.io"]):
        told = refused(fleet, ONE, TWO, **asked)
    assert [reason for *_where, reason in outcomes(told)] == ["pulled", "pulled", "unauthorized", "pulled"]
    assert told["msg"].startswith(
        f"cluster {TWO}: {IMAGE} could not be pulled for a pod of namespace {BACKEND} (unauth"
    )
    [command, *_more] = told["results"][2]["remedy"]["commands"]
    assert command in told["msg"]
    assert f"Nodes can pull {IMAGE} for pods of namespace {BACKEND} on {ONE}." in told["msg"]
    assert f"Nodes can pull {OTHER} for pods of namespace {BACKEND} on {ONE}, {TWO}." in told["msg"]
    pods = f"/api/v1/namespaces/{BACKEND}/pods"
    eventually(lambda: not any(fleet.clusters[name].api.get(pods)["items"] for name in (ONE, TWO)), "the pods are gone")


def test_a_cluster_that_can_not_be_asked_does_not_keep_the_others_from_it(fleet: Fleet) -> None:
    gone = {"host": "https://127.0.0.1:1", "api_key": CANARY, "validate_certs": False}
    told = refused(fleet, gone, "nowhere", CONTROL, ONE, image=IMAGE)
    assert [(row["cluster"], row["reason"]) for row in told["results"]] == [
        ("https://127.0.0.1:1", "no_answer"),
        ("nowhere", "no_answer"),
        (CONTROL, "cluster_error"),
        (ONE, "pulled"),
    ]
    for sentence in (
        "cluster https://127.0.0.1:1: the API server https://127.0.0.1:1 cannot be reached",
        "cluster nowhere: ",
        f"cluster {CONTROL}: there is no ServiceAccount {BACKEND}/default.",
    ):
        assert sentence in told["msg"]
    assert CANARY not in json.dumps(told)
    with pytest.raises(NvcfError, match="cannot be reached"):
        fleet.ask(gone, image=IMAGE, required=False)


def test_both_entries_ask_the_same_clusters_and_show_no_credential(fleet: Fleet, tmp_path: Path) -> None:
    silent = {"host": "https://127.0.0.1:1", "api_key": CANARY, "validate_certs": False}
    options = {"kubeconfig": str(fleet.kubeconfig), "clusters": [ONE, silent], "image": IMAGE, "probe": True}
    task = {"fleetops.nvcf.image_pull_check": options}
    # What is set in `environment` asks for a process of its own.
    outcome, results = run_tasks(tmp_path, [task, {**task, "environment": {"FLEETOPS_NVCF_TEST": "1"}}], "-vvvv")
    assert CANARY not in outcome.text
    first, second = ({k: v for k, v in it.items() if not k.startswith(("ansible_", "_"))} for it in results)
    assert outcomes(first) == [(ONE, IMAGE, "pulled"), ("https://127.0.0.1:1", None, "no_answer")]
    assert first == second


def test_looking_without_a_probe_needs_no_pod_and_tells_what_to_run(fleet: Fleet) -> None:
    found = fleet.ask(ONE, TWO, image=IMAGE)
    assert [(row["verdict"], row["pulled"], bool(row["remedy"])) for row in found["results"]] == [
        ("unknown", None, True)
    ] * 2
    assert fleet.ask(ONE, image=IMAGE, probe=True, check_mode=True)["results"][0]["pulled"] is None


EXISTING = {"no pull secret": [], "two": [{"name": "old"}, {"name": "older"}]}


@pytest.mark.parametrize("existing", EXISTING.values(), ids=EXISTING.keys())
@pytest.mark.parametrize("visible", [True, False], ids=["seen", "not seen"])
def test_what_is_proposed_makes_pods_have_the_credential_and_keeps_what_they_had(
    fleet: Fleet, existing: Sequence[Mapping[str, str]], *, visible: bool
) -> None:
    api = fleet.clusters[ONE].api
    account, secret = (
        f"/api/v1/namespaces/{BACKEND}/{it}" for it in ("serviceaccounts/default", "secrets/pull-ghcr-io")
    )
    api.patch(account, {"imagePullSecrets": list(existing) or None})
    asked: dict[str, Any] = {"context": ONE} if visible else {"context": ONE, "impersonate_user": "nobody"}
    try:
        found = fleet.ask(asked, image=IMAGE)
        for command in found["remedy"]["commands"]:
            assert f"--context={ONE} --namespace={BACKEND}" in command
            assert CANARY not in command
            done = fleet.kubectl(command)
            assert done.returncode == 0, done.stderr
        assert api.get(account)["imagePullSecrets"] == [*existing, {"name": "pull-ghcr-io"}]
        after = fleet.ask(ONE, image=IMAGE)
        assert (after["verdict"], "remedy" in after) == ("likely", False)
        assert [(it["name"], it["host"], it["used"]) for it in after["sources"]] == [("pull-ghcr-io", "ghcr.io", True)]
    finally:
        api.patch(account, {"imagePullSecrets": None})
        api.delete(secret)


def test_a_credential_that_is_refused_is_replaced_and_one_that_nobody_uses_is_given_to_pods(fleet: Fleet) -> None:
    api, path = fleet.clusters[ONE].api, f"/api/v1/namespaces/{BACKEND}/secrets/pull-ghcr-io"
    account = f"/api/v1/namespaces/{BACKEND}/serviceaccounts/default"
    try:
        made, given = fleet.ask(ONE, image=IMAGE)["remedy"]["commands"]
        assert fleet.kubectl(made).returncode == 0
        # Now there is one, and no need for another.
        assert fleet.ask(ONE, image=IMAGE)["remedy"]["commands"] == [given]
        assert fleet.kubectl(given).returncode == 0
        before = api.get(path)["data"]
        with fleet.clusters[ONE].behaving(pull_failures=["ghcr.io"]):
            [again] = refused(fleet, ONE, image=IMAGE)["remedy"]["commands"]
        done = fleet.kubectl(again, login="another")
        assert done.returncode == 0, done.stderr
        assert api.get(path)["data"] != before
        assert api.get(account)["imagePullSecrets"] == [{"name": "pull-ghcr-io"}]
    finally:
        api.patch(account, {"imagePullSecrets": None})
        api.delete(path)


GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def further_node(name: str, *taints: Mapping[str, str], **labels: str) -> dict[str, Any]:
    """A node that is ready. Its pods run on the only node there is: the sandbox's scheduler knows no affinity."""
    named = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"} | labels
    return {"metadata": {"name": name, "labels": named}, "spec": {"taints": list(taints)}}


def make_ready(cluster: Cluster, name: str) -> None:
    """Say of a node without a kubelet what its kubelet would."""
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    cluster.api.patch(f"{NODES}/{name}/status", ready)


def denying(name: str, expression: str, message: str) -> list[tuple[str, Mapping[str, Any]]]:
    """A policy of Kubernetes' own that refuses pods for which the expression is false, and its binding."""
    group = "/apis/admissionregistration.k8s.io/v1"
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    spec = {
        "matchConstraints": {"resourceRules": [pods]},
        "validations": [{"expression": expression, "message": message}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return [
        (f"{group}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec}),
        (f"{group}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding}),
    ]


NOT_ON_ARM = (
    "!has(object.spec.affinity) || !object.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    ".nodeSelectorTerms.exists(term, term.matchFields.exists(field, 'gpu-arm' in field.values))"
)


def test_nodes_of_each_kind_are_tried_once_by_a_pod_that_is_bound_to_them(fleet: Fleet, eventually: Eventually) -> None:
    cluster = fleet.clusters[ONE]
    kinds = [
        further_node("gpu-a", GPU_TAINT, **{"nvidia.com/gpu.product": "H100"}),
        further_node("gpu-b", GPU_TAINT, **{"nvidia.com/gpu.product": "H100"}),
        further_node("gpu-arm", GPU_TAINT, **{"kubernetes.io/arch": "arm64", "nvidia.com/gpu.product": "GH200"}),
        further_node("cordoned", **{"nvidia.com/gpu.product": "L4"}),
    ]
    policy = denying("not-on-arm", NOT_ON_ARM, "arm is not for you")
    asked: dict[str, Any] = {"image": IMAGE, "probe": True, "each_pool": True, "required": False}
    tolerating: dict[str, Any] = {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}
    with objects(cluster, *((NODES, node) for node in kinds), *policy):
        for node in kinds[:3]:
            make_ready(cluster, node["metadata"]["name"])
        assert [row["pool"] for row in fleet.ask(ONE, **asked)["results"]] == ["amd64"]

        def reasons() -> dict[str, str]:
            return {row["pool"]: row["reason"] for row in fleet.ask(ONE, **asked, **tolerating)["results"]}

        expected = {
            "amd64": "pulled",
            "amd64, H100, nvidia.com/gpu=present:NoSchedule": "pulled",
            "arm64, GH200, nvidia.com/gpu=present:NoSchedule": "admission_refused",
        }
        # A policy holds a moment after it was made.
        eventually(lambda: reasons() == expected, "each kind has its answer, and one pod is for arm")
        chosen = fleet.ask(ONE, **asked, **tolerating, architecture="arm64")
        assert chosen["reason"] == "admission_refused"
        assert "on nodes of the pool arm64, GH200" in chosen["summary"]
        nowhere = fleet.ask(ONE, **asked, node_selector={"kubernetes.io/arch": "riscv64"})
        assert (nowhere["pulled"], nowhere["reason"]) == (False, "no_node")


def test_a_policy_that_refuses_the_probe_is_told_in_its_own_words(fleet: Fleet, eventually: Eventually) -> None:
    cluster = fleet.clusters[ONE]
    words = "images of ghcr.io are not allowed here"
    rule = "!object.spec.containers.exists(c, c.image.startsWith('ghcr.io/'))"
    with objects(cluster, *denying("registries", rule, words)):
        eventually(lambda: not fleet.ask(ONE, image=IMAGE, probe=True, required=False)["pulled"], "the policy holds")
        told = refused(fleet, ONE, image=IMAGE)
    assert (told["reason"], told.get("remedy")) == ("admission_refused", None)
    assert words in told["message"]
    assert "a policy of the cluster refuses the pod, so no node was tried" in told["msg"]
    assert f"Message of the API server: {told['message'].rstrip('.')}." in told["msg"]

    limits = {"limits": [{"type": "Container", "min": {"memory": "1Gi"}}]}
    path = f"/api/v1/namespaces/{BACKEND}/limitranges"
    with objects(cluster, (path, {"metadata": {"name": "large"}, "spec": limits})):
        eventually(
            lambda: (
                fleet.ask(ONE, image=IMAGE, probe=True, required=False)["message"].count("minimum memory usage") == 1
            ),
            "the limit holds",
        )
    eventually(lambda: bool(fleet.ask(ONE, image=IMAGE, probe=True, required=False)["pulled"]), "both are gone")


def test_what_the_pod_says_about_its_nodes_reaches_the_scheduler(fleet: Fleet) -> None:
    given: dict[str, Any] = {"node_selector": {"gpu": "yes"}, "image": IMAGE, "probe": True, "required": False}
    found = fleet.ask(ONE, **given, probe_timeout=1)
    assert found["reason"] == "undecided"
    assert "didn't match Pod's node affinity/selector" in found["message"]
    node = f"{NODES}/sandbox"
    fleet.clusters[ONE].api.patch(node, {"metadata": {"labels": {"gpu": "yes"}}})
    try:
        assert fleet.ask(ONE, **given)["pulled"]
    finally:
        fleet.clusters[ONE].api.patch(node, {"metadata": {"labels": {"gpu": None}}})


CEL = {
    "mutatingpolicies": ("MutatingPolicy", "Cluster"),
    "namespacedmutatingpolicies": ("NamespacedMutatingPolicy", "Namespaced"),
    "generatingpolicies": ("GeneratingPolicy", "Cluster"),
    "namespacedgeneratingpolicies": ("NamespacedGeneratingPolicy", "Namespaced"),
}


def definition(plural: str) -> dict[str, Any]:
    """A resource of Kyverno's policies in CEL, as far as it matters here."""
    kind, scope = CEL[plural]
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "metadata": {"name": f"{plural}.policies.kyverno.io"},
        "spec": {
            "group": "policies.kyverno.io",
            "scope": scope,
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def test_policies_of_kyverno_in_cel_are_named_and_one_is_proposed(fleet: Fleet, eventually: Eventually) -> None:
    cluster, api = fleet.clusters[TWO], "/apis/policies.kyverno.io/v1"
    clone = {
        "metadata": {"name": "clone"},
        "spec": {
            "variables": [{"name": "source", "expression": 'resource.Get("v1", "secrets", "kyverno", "ghcr")'}],
            "generate": [{"expression": "generator.Apply(object.metadata.name, [variables.source])"}],
        },
    }
    labels = {"metadata": {"name": "labels"}, "spec": {"mutations": [{"patchType": "JSONPatch"}]}}
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    with objects(cluster, *((crds, definition(plural)) for plural in CEL)):

        def proposed() -> Any:
            return fleet.ask(TWO, image=IMAGE)["remedy"]["policy"]

        eventually(lambda: proposed() is not None, "Kyverno's resources are served")
        policy = json.dumps(proposed())
        head = {"apiVersion": "policies.kyverno.io/v1"}
        with objects(
            cluster,
            (f"{api}/generatingpolicies", head | {"kind": "GeneratingPolicy"} | clone),
            (f"{api}/mutatingpolicies", head | {"kind": "MutatingPolicy"} | labels),
        ):
            applied = fleet.kubectl(
                f"kubectl --kubeconfig={fleet.kubeconfig} --context={TWO} apply --filename=- <<'END'\n{policy}\nEND"
            )
            assert applied.returncode == 0, applied.stderr
            found = fleet.ask(TWO, image=IMAGE)
        assert [(it["kind"], it["name"]) for it in found["sources"]] == [
            ("NamespacedMutatingPolicy", "add-pull-ghcr-io"),
            ("GeneratingPolicy", "clone"),
        ]
        hidden = fleet.ask({"context": TWO, "impersonate_user": "nobody"}, image=IMAGE)["explanation"]
        for plural in CEL:
            assert f"Kyverno's {plural}" in hidden


EXAMPLE = ROOT / "docs" / "examples" / "gpu-clusters"


@pytest.fixture(scope="module")
def release(fleet: Fleet) -> World:
    """The control plane's API."""
    world = World(cluster=fleet.clusters[CONTROL], helm=4, namespace="nvcf")
    world.cluster.install_api()
    return world


@pytest.fixture
def example(fleet: Fleet, tmp_path: Path) -> Path:
    """The documented files as they are, and the kubeconfig that they name."""
    folder = tmp_path / "fleet"
    shutil.copytree(EXAMPLE, folder)
    shutil.copy(fleet.kubeconfig, folder / "merged.config")
    return folder


def play(folder: Path, *arguments: str) -> Outcome:
    """Run a playbook as documented, but for where the chart and helm are."""
    here = {"chart_ref": str(API_CHART), "helm_binary": str(programs.helm(4)), "timeout": 180, "rollout_timeout": 180}
    given = json.dumps({f"registry_allowlist_{name}": value for name, value in here.items()})
    return run_playbook("-i", folder / "fleet.kubeconfig.yml", "-e", given, *arguments)


def documented(page: Path, folder: Path) -> list[list[str]]:
    """What the page says that is printed, each block in the pieces between what it leaves out."""
    blocks = re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [[flat(piece) for piece in block.replace("/home/me/fleet", str(folder)).split("…")] for block in blocks]


def flat(text: str) -> str:
    """Without line breaks, and as it was before it was quoted."""
    return " ".join(text.replace('\\"', '"').split())


def test_the_documented_example_stops_before_the_write_when_one_gpu_cluster_can_not_pull(
    fleet: Fleet, release: World, example: Path
) -> None:
    graph = subprocess.run(
        [ANSIBLE_PLAYBOOK.parent / "ansible-inventory", "-i", example / "fleet.kubeconfig.yml", "--graph"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with fleet.clusters[TWO].behaving(pull_failures=["ghcr.io"]):
        required = play(example, "fleetops.nvcf.add")
        assert required.status != 0
        assert len(release.history()) == 1
        report = play(example, "fleetops.nvcf.add", "-e", "registry_allowlist_pull_check=report")
    assert report.status == 0, report.text
    assert len(release.history()) == 2
    told = documented(ROOT / "docs" / "gpu-clusters.md", example)
    for block, printed in zip(told, (graph, required.text, report.text), strict=True):
        for piece in block:
            assert piece in flat(printed)
    for name in (ONE, TWO, THREE):
        assert f"TASK [{name}" not in required.text
        assert f"\n{name} " not in report.text, "a GPU cluster is not a control plane"


def test_a_gpu_cluster_is_worked_on_only_where_it_is_named(release: World, example: Path) -> None:
    named = play(example, "fleetops.nvcf.audit", "-e", f"nvcf_hosts={ONE}")
    assert re.search(rf"fatal: \[{ONE}\]", named.text)
    limited = play(example, "fleetops.nvcf.audit", "--limit", ONE)
    assert limited.status != 0
    assert f"match no host of the inventory within --limit {ONE}" in limited.text
    assert release.history()


def test_the_expression_of_the_proposed_policy_adds_the_secret_and_keeps_others(
    fleet: Fleet, eventually: Eventually
) -> None:
    """Kyverno's policies in CEL hold the expressions of Kubernetes' own, which the API server itself carries out."""
    cluster, group = fleet.clusters[THREE], "/apis/admissionregistration.k8s.io/v1"
    proposed = pod_patch("policies.kyverno.io/v1", name="add", namespace=BACKEND, secret="pull-ghcr-io")
    spec = {**proposed["spec"], "reinvocationPolicy": "Never", "failurePolicy": "Fail"}
    pods, accounts = (f"/api/v1/namespaces/{BACKEND}/{it}" for it in ("pods", "serviceaccounts/default"))
    container = {"name": "x", "image": "pause.invalid/x:1"}
    numbers = itertools.count()

    def secrets(**own: Any) -> list[str]:
        name = f"patched-{next(numbers)}"
        made = cluster.api.post(pods, {"metadata": {"name": name}, "spec": {"containers": [container], **own}})
        cluster.api.delete(f"{pods}/{name}")
        return [it["name"] for it in made["spec"].get("imagePullSecrets", [])]

    with objects(
        cluster,
        (f"{group}/mutatingadmissionpolicies", {"metadata": {"name": "add"}, "spec": spec}),
        (f"{group}/mutatingadmissionpolicybindings", {"metadata": {"name": "add"}, "spec": {"policyName": "add"}}),
    ):
        eventually(lambda: secrets() == ["pull-ghcr-io"], "the policy holds")
        assert secrets(imagePullSecrets=[{"name": "own"}]) == ["own", "pull-ghcr-io"]
        assert secrets(imagePullSecrets=[{"name": "pull-ghcr-io"}]) == ["pull-ghcr-io"]
        cluster.api.patch(accounts, {"imagePullSecrets": [{"name": "of-the-account"}]})
        try:
            eventually(lambda: secrets() == ["of-the-account", "pull-ghcr-io"], "the account's own is kept")
        finally:
            cluster.api.patch(accounts, {"imagePullSecrets": None})
