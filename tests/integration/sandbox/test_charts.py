# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the stand-in charts render to, with both helm versions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import (
    API_CHART,
    API_KEYS_CHART,
    FAILING_HOOK,
    NEEDS_NEW_SETTING,
    OTHER_CONTENT,
    STACK_VALUES,
    TASKS_CHART,
    TASKS_VALUES,
    WITHOUT_CHECKSUM_VERSION,
    variant,
)

CANARY = "canary-7f3d9b-do-not-print"
Objects = dict[tuple[str, str], dict[str, Any]]


class Helm:
    """Renders charts without any cluster."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def template(
        self, chart: Path, *, release: str = "api", namespace: str = "nvcf", values: Mapping[str, Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(self.program), "template", release, str(chart), "--namespace", namespace, "--values", "-"]
        text = yaml.safe_dump(stack() if values is None else values)
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

    def objects(self, chart: Path = API_CHART, **options: Any) -> Objects:
        done = self.template(chart, **options)
        assert done.returncode == 0, done.stderr
        rendered = [item for item in yaml.safe_load_all(done.stdout) if item]
        found = {(item["kind"], item["metadata"]["name"]): item for item in rendered}
        assert len(found) == len(rendered)
        return found


@pytest.fixture(params=[4, 3], ids=["helm4", "helm3"])
def helm(request: pytest.FixtureRequest) -> Helm:
    return Helm(tools.helm(request.param))


def stack(**api: Any) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(STACK_VALUES.read_text())
    values["api"] |= api
    return values


def pod_template(objects: Objects, name: str = "nvcf-api") -> dict[str, Any]:
    template: dict[str, Any] = objects["Deployment", name]["spec"]["template"]
    return template


def test_the_chart_consists_of_the_objects_that_operators_know(helm: Helm) -> None:
    assert set(helm.objects()) == {
        ("ConfigMap", "nvcf-api-env"),
        ("Deployment", "nvcf-api"),
        ("Job", "nvcf-api-account-bootstrap"),
        ("Secret", "nvcf-api-registry-credentials"),
        ("Service", "api"),
        ("ServiceAccount", "nvcf-api"),
    }


def test_without_an_override_names_start_with_the_release_but_the_service_is_always_api(helm: Helm) -> None:
    names = {name for _unused, name in helm.objects(release="west", values=stack(fullnameOverride=""))}
    assert names == {
        "west-helm-nvcf-api",
        "west-helm-nvcf-api-account-bootstrap",
        "west-helm-nvcf-api-env",
        "west-helm-nvcf-api-registry-credentials",
        "api",
    }


def test_every_object_is_in_the_namespace_of_the_release_so_that_two_releases_fit_in_one_cluster(helm: Helm) -> None:
    namespaces = {item["metadata"]["namespace"] for item in helm.objects(namespace="elsewhere").values()}
    assert namespaces == {"elsewhere"}


def test_the_environment_is_passed_on_as_text_through_a_config_map(helm: Helm) -> None:
    env = {"TEXT": "Acme, Inc.", "NUMBER": 5, "TRUTH": True, "QUOTED": 'a "b" \\c', "REMOVED": None}
    objects = helm.objects(values=stack(env=env))
    data = objects["ConfigMap", "nvcf-api-env"]["data"]
    assert data == {"TEXT": "Acme, Inc.", "NUMBER": "5", "TRUTH": "true", "QUOTED": 'a "b" \\c', "REMOVED": None}
    (container,) = pod_template(objects)["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "nvcf-api-env"}}]


def test_without_any_variable_nothing_of_the_environment_is_rendered(helm: Helm) -> None:
    objects = helm.objects(values=stack(env={}))
    assert ("ConfigMap", "nvcf-api-env") not in objects
    template = pod_template(objects)
    assert "checksum/config-env" not in template["metadata"]["annotations"]
    assert "envFrom" not in template["spec"]["containers"][0]


@pytest.mark.parametrize(
    "release,override,name",
    [("west", "", "west-helm-nvcf-api"), ("west", "acme", "west-acme"), ("acme-west", "acme", "acme-west")],
)
def test_the_name_label_and_the_full_name_follow_the_override(
    helm: Helm, release: str, override: str, name: str
) -> None:
    objects = helm.objects(release=release, values=stack(fullnameOverride="", nameOverride=override))
    labels = objects["Deployment", name]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == (override or "helm-nvcf-api")
    assert pod_template(objects, name)["spec"]["containers"][0]["name"] == "helm-nvcf-api"


@pytest.mark.parametrize(
    "option,made",
    [
        ("autoscaling", {"HorizontalPodAutoscaler"}),
        ("podDisruptionBudget", {"PodDisruptionBudget"}),
        ("remoteConfig", {"ConfigMap", "Role", "RoleBinding"}),
        ("vault", set()),
    ],
)
def test_what_is_enabled_comes_beside_the_rest(helm: Helm, option: str, made: set[str]) -> None:
    plain, more = helm.objects(), helm.objects(values=stack(**{option: {"enabled": True}}))
    assert {kind for kind, _name in more.keys() - plain.keys()} == made
    changed = {kind for (kind, _name), item in plain.items() if more[kind, _name] != item}
    assert changed == ({"Deployment"} if option in ("remoteConfig", "vault") else set())
    assert more["Deployment", "nvcf-api"]["spec"]["replicas"] == 1


def test_the_checksum_follows_the_environment_and_nothing_else(helm: Helm) -> None:
    def checksum(**api: Any) -> str:
        return str(pod_template(helm.objects(values=stack(**api)))["metadata"]["annotations"]["checksum/config-env"])

    assert checksum(env={"A": "1"}) == checksum(env={"A": "1"}, replicaCount=2)
    assert checksum(env={"A": "1"}) != checksum(env={"A": "2"})


def test_the_old_chart_does_not_roll_when_the_environment_changes(helm: Helm, tmp_path: Path) -> None:
    old = variant(API_CHART, tmp_path / "old", version=WITHOUT_CHECKSUM_VERSION, drop_checksum=True)
    one, two = (helm.objects(old, values=stack(env={"A": value})) for value in ("1", "2"))
    assert one["ConfigMap", "nvcf-api-env"] != two["ConfigMap", "nvcf-api-env"]
    assert pod_template(one) == pod_template(two)
    assert pod_template(one)["metadata"]["labels"]["helm.sh/chart"] == f"helm-nvcf-api-{WITHOUT_CHECKSUM_VERSION}"


def test_the_deployment_has_the_real_ones_names_ports_probes_and_timing(helm: Helm) -> None:
    deployment = helm.objects()["Deployment", "nvcf-api"]["spec"]
    assert (deployment["replicas"], deployment["progressDeadlineSeconds"]) == (1, 600)
    assert deployment["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    pod = deployment["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 60
    (container,) = pod["containers"]
    assert container["name"] == "helm-nvcf-api"
    assert container["image"] == "registry.example.test/nvidia/nvcf-api:1.14.1"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 8080, "grpc": 9090, "metrics": 9464, "management": 8181}
    ready = {"path": "/actuator/health/readiness", "port": "management"}
    assert container["startupProbe"] == {"httpGet": ready, "periodSeconds": 5, "failureThreshold": 180}
    assert container["readinessProbe"] == {"httpGet": ready, "periodSeconds": 10, "successThreshold": 3}


def test_the_service_selects_the_api_pods_and_those_of_the_hook(helm: Helm) -> None:
    objects = helm.objects()
    service = objects["Service", "api"]["spec"]
    assert service["selector"] == {"app.kubernetes.io/name": "helm-nvcf-api", "app.kubernetes.io/instance": "api"}
    assert {port["name"]: port["port"] for port in service["ports"]} == {"http": 8080, "grpc": 9090, "metrics": 9464}
    hook = objects["Job", "nvcf-api-account-bootstrap"]["spec"]["template"]
    for labels in (pod_template(objects)["metadata"]["labels"], hook["metadata"]["labels"]):
        assert service["selector"].items() <= labels.items()
    component = "app.kubernetes.io/component"
    assert hook["metadata"]["labels"][component] == "account-bootstrap"
    assert component not in pod_template(objects)["metadata"]["labels"]


def test_the_bootstrap_is_a_hook_of_every_install_and_upgrade(helm: Helm) -> None:
    job = helm.objects()["Job", "nvcf-api-account-bootstrap"]
    assert job["metadata"]["annotations"] == {
        "helm.sh/hook": "post-install,post-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation",
    }
    assert job["spec"]["ttlSecondsAfterFinished"] == 300
    (container,) = job["spec"]["template"]["spec"]["containers"]
    env = {item["name"]: item for item in container["env"]}
    assert (env["API_SERVICE_NAME"]["value"], env["API_NAMESPACE"]["value"]) == ("api", "nvcf")
    reference = env["REGISTRY_CREDENTIALS"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": "nvcf-api-registry-credentials", "key": "credentials.json"}


def test_the_credentials_are_in_the_secret_and_nowhere_else(helm: Helm) -> None:
    objects = helm.objects()
    assert [kind for (kind, _unused), item in objects.items() if CANARY in json.dumps(item)] == ["Secret"]
    text = objects["Secret", "nvcf-api-registry-credentials"]["stringData"]["credentials.json"]
    assert [credential["hostname"] for credential in json.loads(text)] == ["nvcr.io"]


@pytest.mark.parametrize("part", ["registry", "repository", "tag"])
@pytest.mark.parametrize("owner", ["image", "accountBootstrap.image"])
def test_without_a_required_value_nothing_renders(helm: Helm, owner: str, part: str) -> None:
    values = stack()
    node = values["api"]
    for step in owner.split("."):
        node = node[step]
    del node[part]
    failed = helm.template(API_CHART, values=values)
    assert failed.returncode != 0
    assert f"api.{owner}.{part} is required" in failed.stderr


def test_the_same_version_can_have_other_content(helm: Helm, tmp_path: Path) -> None:
    other = helm.objects(variant(API_CHART, tmp_path / "other", version="1.25.1", edits=OTHER_CONTENT))
    original = helm.objects()
    assert {key for key in original if original[key] != other[key]} == {("Deployment", "nvcf-api")}


def test_a_newer_chart_can_need_a_value_that_no_release_has(helm: Helm, tmp_path: Path) -> None:
    newer = variant(API_CHART, tmp_path / "newer", version="1.26.0", edits=NEEDS_NEW_SETTING)
    failed = helm.template(newer)
    assert failed.returncode != 0
    assert "api.newSetting is required" in failed.stderr
    assert helm.objects(newer, values=stack(newSetting="x"))["ConfigMap", "nvcf-api-env"]["data"]["NEW_SETTING"] == "x"


def test_a_hook_can_be_made_to_fail_at_once(helm: Helm, tmp_path: Path) -> None:
    failing = variant(API_CHART, tmp_path / "failing", version="1.25.1", edits=FAILING_HOOK)
    assert helm.objects(failing)["Job", "nvcf-api-account-bootstrap"]["spec"]["activeDeadlineSeconds"] == 0


def test_the_token_service_has_the_name_and_port_that_clients_expect(helm: Helm) -> None:
    objects = helm.objects(API_KEYS_CHART, release="api-keys", namespace="api-keys", values={})
    service = objects["Service", "admin-token-issuer-proxy"]["spec"]
    assert {port["name"]: port["port"] for port in service["ports"]} == {"metrics": 9090, "http": 8080}
    template = pod_template(objects, "admin-token-issuer-proxy")
    assert service["selector"].items() <= template["metadata"]["labels"].items()
    assert template["spec"]["containers"][0]["image"].rpartition("/")[2].startswith("nvcf-api-keys:")


def tasks(**api: Any) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(TASKS_VALUES.read_text())
    values["nvctApi"] |= api
    return values


def test_the_tasks_chart_has_the_real_ones_names_and_no_hook(helm: Helm) -> None:
    objects = helm.objects(TASKS_CHART, release="nvct-api", values=tasks(replicaCount=0))
    assert set(objects) == {
        ("ConfigMap", "nvct-api-env"),
        ("ConfigMap", "nvct-api-remote-config"),
        ("Deployment", "nvct-api"),
        ("Role", "nvct-api-remote-config-reader"),
        ("RoleBinding", "nvct-api-remote-config-reader"),
        ("Service", "nvct-api"),
        ("ServiceAccount", "nvct-api"),
    }
    assert not [item for item in objects.values() if "helm.sh/hook" in item["metadata"].get("annotations", {})]
    assert objects["Deployment", "nvct-api"]["spec"]["replicas"] == 1
    template = pod_template(objects, "nvct-api")
    assert template["metadata"]["labels"]["app.kubernetes.io/name"] == "helm-nvcf-nvct-api"
    (container,) = template["spec"]["containers"]
    assert container["name"] == "helm-nvcf-nvct-api"
    assert container["envFrom"] == [{"configMapRef": {"name": "nvct-api-env"}}]
    assert container["startupProbe"]["failureThreshold"] == 30
    ports = {port["name"]: port["port"] for port in objects["Service", "nvct-api"]["spec"]["ports"]}
    assert ports == {"http": 8080, "grpc": 9090}
    other = helm.objects(TASKS_CHART, release="nvct-api", values=tasks(fullnameOverride=""))
    assert ("ConfigMap", "nvct-api-helm-nvcf-nvct-api-env") in other
    assert ("Service", "nvct-api") in other


def test_without_any_variable_the_tasks_chart_renders_nothing_of_the_environment(helm: Helm) -> None:
    none = tasks(env={"HOSTNAME": None, "AWS_REGION": None})
    objects = helm.objects(TASKS_CHART, release="nvct-api", values=none)
    assert ("ConfigMap", "nvct-api-env") not in objects
    template = pod_template(objects, "nvct-api")
    assert "checksum/config-env" not in template["metadata"]["annotations"]
    assert "envFrom" not in template["spec"]["containers"][0]


def test_the_tasks_checksum_follows_the_environment_and_nothing_else(helm: Helm) -> None:
    def checksum(**api: Any) -> str:
        objects = helm.objects(TASKS_CHART, release="nvct-api", values=tasks(**api))
        return str(pod_template(objects, "nvct-api")["metadata"]["annotations"]["checksum/config-env"])

    assert checksum(env={"A": "1"}) == checksum(env={"A": "1"}, replicaCount=2)
    assert checksum(env={"A": "1"}) != checksum(env={"A": "2"})


@pytest.mark.parametrize("part", ["registry", "repository"])
def test_without_a_required_value_no_tasks_api_renders(helm: Helm, part: str) -> None:
    values = tasks()
    del values["nvctApi"]["image"][part]
    failed = helm.template(TASKS_CHART, release="nvct-api", values=values)
    assert failed.returncode != 0
    assert f"nvctApi.image.{part} is required" in failed.stderr
