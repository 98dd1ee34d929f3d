# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases in the forms that the vendor's chart gives them: without variables, with other names, with more objects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.json_values import dump
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, PlanError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import endpoints, set_pair, start_helm
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually
from ansible_collections.fleetops.nvcf.tests.sandbox.charts.variants import API_CHART, FAILING_HOOK, variant
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values


def stack(**api: Any) -> dict[str, Any]:
    """A stack's values with these below `api`."""
    values = stack_values()
    return values | {"api": values["api"] | api}


@pytest.fixture
def bare(new_world: NewWorld) -> World:
    """The API without any variable, ready."""
    world = new_world()
    world.install(stack(env={}))
    return world


def config_maps(world: World) -> list[str]:
    """Names of the release's live ConfigMaps."""
    names = [it["metadata"]["name"] for it in world.objects("configmaps")]
    return sorted(name for name in names if name != "kube-root-ca.crt")


def template(world: World) -> dict[str, Any]:
    """The live pod template, as far as it tells of the environment."""
    found = world.get("deployments", "nvcf-api")["spec"]["template"]
    [container] = found["spec"]["containers"]
    return {"envFrom": container.get("envFrom"), "checksum": "checksum/config-env" in found["metadata"]["annotations"]}


WITHOUT = {"envFrom": None, "checksum": False}
WITH = {"envFrom": [{"configMapRef": {"name": "nvcf-api-env"}}], "checksum": True}


@pytest.mark.parametrize(
    "gone",
    [
        {"registries": (GHCR,), "state": "absent"},
        pytest.param({"registries": (), "state": "exact"}, marks=pytest.mark.nightly),
    ],
    ids=["absent", "exact"],
)
def test_the_first_variable_makes_the_config_map_and_the_last_one_takes_it_away(bare: World, gone: Any) -> None:
    info = bare.info(ask_api=True, registries=[GHCR])
    assert (info["drift"], len(info["unmet"])) == ([], 1)
    predicted = bare.registries(GHCR, check_mode=True)
    done = bare.registries(GHCR)
    assert (predicted["diff"], done["other_changes"], done["drift_after"]) == (done["diff"], [], [])
    assert (config_maps(bare), template(bare)) == (["nvcf-api-env"], WITH)
    assert bare.rendered() == pair(GHCR)
    bare.roll_out()
    assert bare.try_image()["outcome"] == "accepted"
    assert not bare.registries(GHCR)["changed"]

    registries, state = gone["registries"], gone["state"]
    assert bare.registries(*registries, state=state)["other_changes"] == []
    assert (config_maps(bare), template(bare)) == ([], WITHOUT)
    bare.roll_out()
    info = bare.info(ask_api=True, registries=[], state="exact")
    assert (info["unmet"], info["drift"], info["settled"]) == ([], [], True)


def test_a_rollback_leads_to_a_revision_without_a_config_map_and_back(bare: World) -> None:
    bare.registries(GHCR)
    bare.roll_out()
    assert bare.roll_back(revision=1)["changed"]
    assert (config_maps(bare), template(bare)) == ([], WITHOUT)
    info = bare.info(ask_api=True, registries=[GHCR], state="absent")
    assert (info["unmet"], info["drift"]) == ([], [])
    assert bare.roll_back(revision=2)["changed"]
    assert bare.info(ask_api=True, registries=[GHCR])["settled"]


def test_a_first_add_that_fails_is_taken_back_whole(bare: World, tmp_path: Path) -> None:
    chart = variant(API_CHART, tmp_path / "failing", version="1.25.1", edits=FAILING_HOOK)
    with pytest.raises(HelmError) as caught:
        bare.registries(GHCR, chart_ref=str(chart), allow_other_changes=True, timeout=20)
    assert config_maps(bare) == ["nvcf-api-env"]
    taken_back = bare.roll_back(mark=caught.value.facts["mark"])
    assert (taken_back["changed"], config_maps(bare), template(bare)) == (True, [], WITHOUT)
    assert bare.info()["drift"] == []


def test_a_first_add_that_is_killed_is_taken_back_before_another_change(bare: World, eventually: Eventually) -> None:
    arguments = ["upgrade", bare.release, str(bare.chart), *set_pair(GHCR)]
    with bare.cluster.behaving(job_seconds=600), start_helm(bare, *arguments) as helm:
        eventually(lambda: bool(config_maps(bare)) and bare.newest_status == "pending-upgrade", "a hook that runs")
        helm.kill()
    bare.registries(INTERNAL, on_pending="rollback", pending_min_age=0)
    assert (bare.rendered(), template(bare)) == (pair(INTERNAL), WITH)
    bare.roll_out()
    assert bare.info(ask_api=True, registries=[INTERNAL], state="exact")["settled"]


def test_what_was_made_by_hand_for_a_release_without_variables_is_drift(bare: World) -> None:
    api, path = bare.cluster.api, f"namespaces/{bare.namespace}"
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "nvcf-api-env"},
        "data": pair(GHCR) | {"A": "1"},
    }
    api.post(f"/api/v1/{path}/configmaps", body)
    variables = [("configmap/nvcf-api-env", name, "added") for name in sorted([*pair(GHCR), "A"])]
    assert [tuple(it.values())[:3] for it in bare.info()["drift"]] == variables
    [container] = bare.get("deployments", "nvcf-api")["spec"]["template"]["spec"]["containers"]
    edited = container | {"envFrom": WITH["envFrom"]}
    api.patch(f"/apis/apps/v1/{path}/deployments/nvcf-api", {"spec": {"template": {"spec": {"containers": [edited]}}}})
    bare.roll_out()
    info = bare.info(ask_api=True)
    assert [tuple(it.values())[:3] for it in info["drift"]] == [*variables, ("deployment/nvcf-api", "envFrom", "added")]
    assert [(it["key"], it["stored"], it["running"]) for it in info["registries"] if it["recognized"]] == [
        ("GHCR", False, True)
    ]

    assert bare.registries(state="exact")["changed"], "the registry is taken away"
    bare.roll_out()
    assert bare.rendered() == {"A": "1"}
    assert [it["recognized"] for it in bare.info(ask_api=True)["registries"]] == []


def names(**api: Any) -> Any:
    return pytest.param({"fullnameOverride": ""} | api, id=" ".join(api) or "default")


@pytest.mark.parametrize("api", [names(), names(nameOverride="functions")])
def test_other_names_are_found(new_world: NewWorld, api: dict[str, Any]) -> None:
    world = new_world(release="west")
    world.install(stack(**api))
    world.registries(GHCR, INTERNAL)
    world.roll_out()
    info = world.info(ask_api=True, registries=[GHCR, INTERNAL])
    assert (info["settled"], info["drift"]) == (True, [])
    assert world.registries(GHCR, state="absent")["changed"]


def test_more_objects_stay_as_they_are(new_world: NewWorld) -> None:
    world = new_world()
    remote = {"nvcf": {"registries": {"recognized": {"container": {"quay": {"name": "Quay", "hostname": "quay.io"}}}}}}
    more = {
        "remoteConfig": {"enabled": True, "configData": remote},
        "podDisruptionBudget": {"enabled": True},
        "vault": {"enabled": True},
        "podAnnotations": {"example.com/team": "nvcf"},
    }
    world.install(stack(env={}, **more))
    before = world.run_helm("get", "manifest", world.release)
    assert world.registries(GHCR)["other_changes"] == []
    assert sorted(config_maps(world)) == ["nvcf-api-env", "nvcf-api-remote-config"]
    world.roll_out()
    assert world.info(ask_api=True, registries=[GHCR])["settled"]
    world.registries(GHCR, state="absent")
    assert world.run_helm("get", "manifest", world.release) == before


def test_the_audit_reads_a_release_without_variables(bare: World) -> None:
    audited = bare.run(recognized_registry_audit.OPERATION, ask_api=True, registries=[], state="exact")
    assert audited["verdict"] == "ok", audited


def scale(world: World, pods: int, eventually: Eventually) -> None:
    """What an autoscaler does, for which nothing here measures pods."""
    path = f"/apis/apps/v1/namespaces/{world.namespace}/deployments/nvcf-api/scale"
    world.cluster.api.patch(f"{path}?fieldManager=kube-controller-manager", {"spec": {"replicas": pods}})
    eventually(lambda: len(endpoints(world)) == pods, f"{pods} ready pods")


def autoscaler_by_hand(world: World) -> None:
    """What `kubectl autoscale` does."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nvcf-api"}
    body = {"metadata": {"name": "by-hand"}, "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5}}
    path = f"/apis/autoscaling/v2/namespaces/{world.namespace}/horizontalpodautoscalers"
    world.cluster.api.post(path, {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", **body})


def replicas(world: World) -> int:
    """The number of pods that the Deployment is to have."""
    return int(world.get("deployments", "nvcf-api")["spec"]["replicas"])


@pytest.mark.parametrize("by_hand", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["rendered", "by-hand"])
def test_an_autoscalers_number_is_back_before_helm_has_ended(
    new_world: NewWorld, eventually: Eventually, *, by_hand: bool
) -> None:
    world = new_world()
    world.install(stack(autoscaling={"enabled": not by_hand}))
    if by_hand:
        autoscaler_by_hand(world)
    scale(world, 3, eventually)
    assert [it["variable"] for it in world.info()["drift"]] == (["replicas"] if by_hand else [])

    def applied_and_put_back() -> bool:
        return (
            world.newest_status == "pending-upgrade" and GHCR["name"] in str(world.rendered()) and replicas(world) == 3
        )

    with world.cluster.behaving(job_seconds=4), ThreadPoolExecutor() as pool:
        running = pool.submit(world.registries, GHCR)
        eventually(applied_and_put_back, "three pods while the hook still runs")
        done = running.result()
    assert done["other_changes"] == []
    [told] = world.warned
    assert f"HorizontalPodAutoscaler {'by-hand' if by_hand else 'nvcf-api'} runs 3 pods" in told
    assert len(world.roll_out()["pods"]) == 3

    world.roll_back(revision=1)
    assert (replicas(world), len(world.warned)) == (3, 2)


def test_what_is_scaled_by_hand_alone_is_returned_to_what_the_release_says(
    world: World, eventually: Eventually
) -> None:
    scale(world, 2, eventually)
    world.registries(GHCR)
    assert replicas(world) == 1
    assert [text for text in world.warned if "replicas of deployment/nvcf-api was changed" in text]


LIMITS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: limits
data:
  text: -Xmx{{ .Values.api.limits.heap }}
  quoted: {{ .Values.api.limits.heap | quote }}
  file: {{ printf "%v" .Values.api.limits.file | quote }}
---
"""


def given_numbers(new_world: NewWorld, folder: Path, template: str = LIMITS) -> World:
    """A release with whole numbers of which some were given by --set and one in a file."""
    condition = "{{- if .Values.api.env }}\n"
    edits = {"templates/configmap-env.tpl": (condition, template + condition)}
    world = new_world(chart=variant(API_CHART, folder / "numbers", version="1.25.1", edits=edits))
    world.install(stack(limits={"heap": 1, "file": 7000000}))
    heap = "--set=api.limits.heap=5000000,api.limits.exact=9007199254740993,api.env.MAX=20000000"
    world.run_helm("upgrade", world.release, str(world.chart), "--reuse-values", heap)
    return world


def test_whole_numbers_are_rendered_as_they_were(new_world: NewWorld, tmp_path: Path) -> None:
    world = given_numbers(new_world, tmp_path)
    before, limits = world.get("configmaps", "limits")["data"], world.values()["api"]["limits"]
    assert before == {"text": "-Xmx5000000", "quoted": "5000000", "file": "7e+06"}
    assert limits == {"heap": 5000000, "file": 7000000, "exact": 2**53}, "as helm shows it"

    assert world.registries(GHCR)["other_changes"] == []
    assert (world.get("configmaps", "limits")["data"], world.rendered()["MAX"]) == (before, "20000000")
    assert world.values()["api"]["limits"] == limits | {"heap": "5000000", "exact": "9007199254740993"}
    [told] = world.warned
    assert "at api.env.MAX, api.limits.exact, api.limits.heap that were set" in told
    assert world.registries(GHCR, state="absent")["other_changes"] == []
    assert (world.get("configmaps", "limits")["data"], len(world.warned)) == (before, 1)


def test_a_number_that_can_not_be_rendered_as_it_was_is_named_and_nothing_is_written(
    new_world: NewWorld, tmp_path: Path
) -> None:
    both = LIMITS.replace("limits.heap }}", "limits.heap }} {{ list .Values.api.limits.heap | toJson }}")
    world = given_numbers(new_world, tmp_path, both)
    with pytest.raises(
        PlanError, match=r"whole numbers at api\.env\.MAX, api\.limits\.exact, api\.limits\.heap"
    ) as caught:
        world.registries(GHCR)
    assert "5000000" not in str(caught.value)
    assert len(world.history()) == 2


def test_a_chart_rebuilt_from_the_release_keeps_emoji(new_world: NewWorld, tmp_path: Path) -> None:
    edits = {
        "Chart.yaml": ("description: The", "description: 😀 The"),
        "values.yaml": ("  podAnnotations: {}\n", "  podAnnotations: {example.com/mood: 😀}\n"),
        "templates/service.tpl": ("  namespace: ", '  annotations: {example.com/mood: "😀"}\n  namespace: '),
    }
    world = new_world(chart=variant(API_CHART, tmp_path / "emoji", version="1.25.1", edits=edits))
    world.install(stack(env={}))
    values = dump(stack(env={"MOOD": "😀"})).decode()
    world.run_helm("upgrade", world.release, str(world.chart), "--values=-", stdin=values)
    assert world.registries(GHCR, chart_source="release")["other_changes"] == []
    assert world.rendered() == {"MOOD": "😀", **pair(GHCR)}
