# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The shipped rulebooks in ansible-rulebook, with the collection from its tarball and real control planes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.awx.environment import build_collection, install_collection
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import replace_values, upgrade
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.integration.conftest import Eventually, brought_up
from ansible_collections.fleetops.nvcf.tests.integration.eda.rulebook import Station, programs, settings
from ansible_collections.fleetops.nvcf.tests.sandbox.cluster import Cluster
from ansible_collections.fleetops.nvcf.tests.sandbox.install import (
    API_KEYS,
    API_KEYS_CHART,
    install_release,
    stack_values,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response, serving

ADD, AUDIT = "Add registries to the NVCF allowlist", "Audit the NVCF registry allowlist"

ANSWERS = {f"nvcf_registry_{name}": value for name, value in GHCR.items()}
"""Those to the surveys."""


def installed(cluster: Cluster) -> World:
    """The API with the registry, ready."""
    cluster.behave(ready_seconds=0.2, start_seconds=0.2, stop_seconds=0.1, job_seconds=0.1)
    keys = {"release": API_KEYS, "namespace": API_KEYS, "chart": str(API_KEYS_CHART), "values": {}}
    install_release(cluster.kubeconfig, helm=4, wait=True, **keys)  # type: ignore[arg-type]
    world = World(cluster=cluster, helm=4, namespace="nvcf")
    world.install()
    world.registries(GHCR)
    world.roll_out()
    return world


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """The collection from its tarball. The folder's path is short: Ansible puts a socket there."""
    work = tmp_path_factory.mktemp("built")
    collections = install_collection(programs(), build_collection(programs(), work), work)
    with tempfile.TemporaryDirectory(prefix="eda-") as folder:
        yield Station(programs(), collections, Path(folder))


@pytest.fixture(scope="module")
def fleet(tools: None, station: Station) -> Iterator[tuple[World, World]]:  # noqa: ARG001 tools come first
    """Two clusters with the API and the registry."""
    with brought_up("-eda", clusters=2) as box:
        first, second = (installed(box.cluster(name)) for name in ("east-1", "east-2"))
        station.prepare(box.kubeconfig, settings(first) | {"registry_allowlist_registries": [GHCR]}, **ANSWERS)
        yield first, second


def drop_registries(world: World) -> None:
    """A stack sync whose values know nothing of the registry, and hold a password."""
    replace_values(world, stack_values())
    assert CANARY in str(world.values())
    assert not world.env().items() & pair(GHCR).items()


def test_a_sync_that_drops_the_registry_is_audited_and_repaired_on_that_cluster_once(
    station: Station, fleet: tuple[World, World], eventually: Eventually
) -> None:
    first, second = fleet
    one, other = ["east-1"], ["east-2"]
    with station.running("add_on_change") as activation:
        # How many runs this takes depends on how far apart the two clusters are first read.
        eventually(lambda: activation.hosts_of(ADD) == {*one, *other}, "the clusters are processed as they are")
        before = activation.runs
        drop_registries(first)
        expected = [*before, (AUDIT, one), (ADD, one)]
        eventually(lambda: activation.runs == expected, "the registry is added again")
        assert first.env().items() >= pair(GHCR).items()
        # This comes after the revision that the add has stored: were that one an event too, it would be here.
        second.run_helm("upgrade", second.release, str(second.chart), "--reuse-values")
        expected.append((AUDIT, other))
        eventually(lambda: activation.runs[: len(expected)] == expected, "the other cluster's change is processed")
        assert "'type': 'changed'" in activation.text
        assert CANARY not in activation.text


@pytest.mark.nightly
def test_a_workflow_is_launched_for_the_clusters_and_an_audit_does_not_wait_for_its_approval(
    station: Station, fleet: tuple[World, World], eventually: Eventually
) -> None:
    """A controller that runs what it is asked to, and never ends it."""
    first, _second = fleet
    launches: list[tuple[str, dict[str, Any]]] = []

    def answer(request: Request) -> Response:
        _api, *words = filter(None, request.path.split("/"))
        if request.method == "POST":
            launches.append((words[-2], json.loads(request.body)))
        [name] = request.query.get("name", [""])
        kind = "workflow_job" if name == "NVCF add registry with approval" else "job"
        template = {
            "id": 1,
            "name": name,
            "type": f"{kind}_template",
            "related": {"launch": f"/api/v2/{kind}_templates/{kind}/launch/"},
            **{f"ask_{what}_on_launch": what == "limit" for what in ("limit", "labels", "inventory", "variables")},
        }
        job = {"id": len(launches), "url": f"/api/v2/{words[-1]}/{len(launches)}/", "status": "running"}
        return Response(body={"results": [template] if name else [], "next": None, "version": "4.6.1", **job})

    def limits(kind: str) -> list[str]:
        return sorted({host for launched, body in launches if launched == kind for host in body["limit"].split(",")})

    with (
        serving(answer) as controller,
        station.running(
            "launch_on_change", "--controller-url", controller.url, "--controller-token", "made-up"
        ) as activation,
    ):
        eventually(
            lambda: activation.alive and limits("workflow_job") == ["east-1", "east-2"], "the workflow is launched"
        )
        with first.cluster.behaving(job_exit_code=1):
            assert upgrade(first, "--reuse-values").status != 0
        eventually(
            lambda: activation.alive and limits("job") == ["east-1"], "the audit of the failed deployment is launched"
        )
    more = {"workflow_job": {"registry_allowlist_on_pending"}, "job": {"registry_allowlist_audit_fail_on"}}
    for kind, body in launches:
        assert body["extra_vars"].items() >= ANSWERS.items()
        assert body["extra_vars"].keys() - ANSWERS.keys() == {"registry_allowlist_services"} | more[kind]
