# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions and tasks of one cluster, each with a release and a list of its own, under one command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import SERVICES
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import Outcome, inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World
from ansible_collections.fleetops.nvcf.tests.sandbox.install import tasks_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store

ADD, REMOVE, AUDIT = "fleetops.nvcf.add", "fleetops.nvcf.remove", "fleetops.nvcf.audit"
pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)


def play(folder: Path, worlds: tuple[World, ...], playbook: str, *flags: str, **variables: Any) -> Outcome:
    """Run a playbook on the cluster of the worlds, the first of which holds the functions."""
    functions, *others = worlds
    of_tasks = {f"tasks_{name}": other.options()[name] for other in others for name in ("release", "chart_ref")}
    options = {"registries": [GHCR]} | of_tasks | variables
    hosts = inventory(folder, {"one": functions}, **{f"registry_allowlist_{k}": v for k, v in options.items()})
    settings = {
        "ANSIBLE_CALLBACKS_ENABLED": "fleetops.nvcf.fleet_report",
        "FLEETOPS_NVCF_REPORT_FOLDER": str(folder / "report"),
        "FLEETOPS_NVCF_REPORT_FORMATS": "json",
    }
    return run_playbook("-i", hosts, playbook, *flags, settings=settings)


def reported(folder: Path) -> dict[str, Any]:
    """The only row of the run's report."""
    [file] = folder.glob("report/*.json")
    [row] = json.loads(file.read_text(encoding="utf-8"))["clusters"]
    return dict(row)


def pairs(service: str) -> dict[str, str]:
    """The two variables of the registry, for a service."""
    prefix = SERVICES[service].variable_prefix
    return {f"{prefix}GHCR_NAME": GHCR["name"], f"{prefix}GHCR_HOSTNAME": GHCR["hostname"]}


def test_one_command_adds_verifies_and_removes_on_both(world: World, tasks: World, tmp_path: Path) -> None:
    both = (world, tasks)
    for other in ("functions", "tasks"):
        assert not pairs(other).items() <= (world if other == "functions" else tasks).env().items()
    seen = play(tmp_path, both, AUDIT, services="auto")
    assert seen.status == 2, seen.text
    assert {row["service"] for row in reported(tmp_path)["services"]} == {"functions", "tasks"}
    assert any(found["text"] == "tasks: GHCR (ghcr.io) is not stored" for found in reported(tmp_path)["findings"])

    added = play(tmp_path, both, ADD, services=["tasks", "functions"])
    assert added.status == 0, added.text
    assert world.env().items() >= pairs("functions").items()
    assert tasks.env().items() >= pairs("tasks").items()
    row = reported(tmp_path)
    assert [(one["service"], one["revision_before"], one["revision_after"]) for one in row["services"]] == [
        ("functions", 1, 2),
        ("tasks", 1, 2),
    ]
    assert [(one["service"], one["running"], one["recognized"]) for one in row["registries"]] == [
        ("functions", True, True),
        ("tasks", True, None),
    ]
    again = play(tmp_path, both, ADD, services="functions,tasks")
    assert again.status == 0, again.text
    assert (len(world.history()), len(tasks.history())) == (2, 2), "a second run makes no revision"
    assert play(tmp_path, both, AUDIT, services="auto").status == 0

    removed = play(tmp_path, both, REMOVE, services="auto")
    assert removed.status == 0, removed.text
    assert not pairs("functions").items() & world.env().items()
    assert not pairs("tasks").items() & tasks.env().items()


def test_where_tasks_do_not_roll_out_functions_are_taken_back_too(world: World, tasks: World, tmp_path: Path) -> None:
    values = tasks_values()
    # Nothing lists what the tasks API knows from here, so that it does not start with a second one shows too late.
    known = {"nvct": {"registries": {"recognized": {"container": {"mine": {"name": "Mine", "hostname": "ghcr.io"}}}}}}
    values["nvctApi"]["env"]["SPRING_APPLICATION_JSON"] = json.dumps(known)
    tasks.install(values)
    before = world.env(), tasks.env()
    outcome = play(tmp_path, (world, tasks), ADD, services=["functions", "tasks"])
    assert outcome.status == 2, outcome.text
    assert (world.env(), tasks.env()) == before
    assert [one["status"] for one in world.history()] == ["superseded", "superseded", "deployed"]
    assert "Two recognized registries share 'ghcr.io'" in outcome.text
    row = reported(tmp_path)
    assert (row["state"], row["restored"]) == ("failed_restored", True)
    for service in ("functions", "tasks"):
        assert f"{service}: The release was returned to revision" in row["restoration"]
    assert world.info()["settled"] is False


def test_auto_leaves_out_tasks_where_there_are_none_and_names_do_not(world: World, tmp_path: Path) -> None:
    # In other namespaces of the cluster there may be one of the usual name, which is told.
    where = {"tasks_release": "tasks-of-nobody"}
    added = play(tmp_path, (world,), ADD, services="auto", **where)
    assert added.status == 0, added.text
    assert play(tmp_path, (world,), AUDIT, services="auto", **where).status == 0
    assert [one["service"] for one in reported(tmp_path)["services"]] == ["functions"]
    named = play(tmp_path, (world,), ADD, services=["functions", "tasks"], registries=[INTERNAL], **where)
    assert named.status == 2
    assert "no Helm release 'tasks-of-nobody' is stored" in named.text, named.text
    assert len(world.history()) == 2, "all are looked at before any is changed"
    for services, said in (([], "registry_allowlist_services is empty"), ("task", "there is no service 'task'")):
        refused = play(tmp_path, (world,), ADD, services=services)
        assert refused.status == 2
        assert said in refused.text


def test_what_fails_takes_nothing_back_that_an_earlier_run_of_the_role_has_made(world: World, tmp_path: Path) -> None:
    role = {"name": "fleetops.nvcf.registry_allowlist"}
    second = {"registry_allowlist_registries": [INTERNAL], "registry_allowlist_pull_check": "require"}
    tasks = [{"include_role": role}, {"include_role": role, "vars": second}]
    playbook = tmp_path / "twice.yml"
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    outcome = play(tmp_path, (world,), str(playbook))
    assert outcome.status == 2, outcome.text
    assert "registry_allowlist_pull_check_images is empty" in outcome.text
    assert world.env().items() >= pairs("functions").items()
    assert len(world.history()) == 2


def test_tasks_that_have_not_ended_are_named_before_a_removal(tasks: World) -> None:
    values = tasks_values()
    values["nvctApi"]["env"] |= pairs("tasks")
    tasks.install(values)
    store = Store(tasks.cluster.nvcf_folder)
    # More than one page of them has ended, or is elsewhere.
    for number in range(120):
        status, host = ("COMPLETED", "ghcr.io") if number % 2 else ("RUNNING", "quay.io")
        store.put("task", {"id": f"{number:04}", "name": "other", "containerImage": f"{host}/a:1", "status": status})
    left = {"id": "9999", "name": "left", "containerImage": "ghcr.io/a:1", "status": "LAUNCHED"}
    store.put("task", left)
    asked: dict[str, Any] = {"ask_api": True, "registries": [GHCR], "state": "absent"}
    found = tasks.info(**asked)["stranded"]
    assert found == [{"id": "9999", "name": "left", "image": "ghcr.io/a:1", "status": "LAUNCHED"}]
    with pytest.raises(NvcfError, match=r"these tasks cannot be launched again: left 9999 ghcr\.io/a:1\."):
        tasks.info(**asked, fail_when=["stranded"])
