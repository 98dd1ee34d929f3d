# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What the callback makes of Ansible's own objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.playbook.task import Task as AnsibleTask
from ansible.vars.manager import VariableManager
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.ansible_events import (
    batch_of,
    content_of,
    host_of,
    task_of,
    task_of_result,
    wave_sizes,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.run_tracker import Batch, Task

INVENTORY = """
[east]
east-1
east-2

[prod]
east-1
west-1

[lone]
west-1
"""


def task(action: str, *, name: str | None = None, path: str = "") -> AnsibleTask:
    """A task that Ansible has resolved, as if from that file."""
    made = AnsibleTask()
    made.action = made._resolved_action = action
    made.name = name
    made.get_path = lambda: path  # type: ignore[method-assign]  # else a loader must have read it
    return made


ROLE = "/usr/share/ansible/collections/ansible_collections/fleetops/nvcf/roles/registry_allowlist/tasks"


@pytest.mark.parametrize(
    "action, phase",
    [
        ("recognized_registry_info", "preflight"),
        ("image_pull_check", "pull check"),
        ("recognized_registry", "apply"),
        ("api_rollout", "rollout"),
        ("function_smoke_test", "smoke test"),
        ("release_rollback", "rollback"),
        ("recognized_registry_audit", "audit"),
        ("of_a_later_version", ""),
    ],
)
def test_outside_of_the_role_the_action_tells_the_phase(action: str, phase: str) -> None:
    found = task_of(task(f"fleetops.nvcf.{action}", path="/home/me/site.yml:3"))
    assert (found.action, found.phase, found.of_collection) == (f"fleetops.nvcf.{action}", phase, True)


@pytest.mark.parametrize(
    "action", ["ansible.builtin.command", "other.nvcf.recognized_registry", "fleetops.nvcf_more.recognized_registry"]
)
def test_the_task_of_another_collection_is_none_of_ours_and_has_no_phase(action: str) -> None:
    found = task_of(task(action))
    assert (found.phase, found.of_collection) == ("", False)


@pytest.mark.parametrize(
    "file, phase",
    [
        ("preflight", "preflight"),
        ("pull_check", "pull check"),
        ("apply", "apply"),
        ("rollout", "rollout"),
        ("verify", "verify"),
        ("smoke", "smoke test"),
        ("restore", "rollback"),
        ("release_rollback", "rollback"),
        ("audit", "audit"),
        ("main", ""),
        ("validate", ""),
    ],
)
def test_in_the_role_the_file_tells_the_phase_whatever_the_action(file: str, phase: str) -> None:
    for action in ("fleetops.nvcf.recognized_registry_info", "ansible.builtin.set_fact"):
        assert task_of(task(action, path=f"{ROLE}/{file}.yml:7")).phase == phase


@pytest.mark.parametrize(
    "action, for_all", [("look_ahead", True), ("audit_summary", True), ("recognized_registry_audit", False)]
)
def test_a_task_that_looks_ahead_is_one_for_all_hosts(action: str, *, for_all: bool) -> None:
    assert task_of(task(f"fleetops.nvcf.{action}")).for_all is for_all


def test_every_task_file_of_the_role_that_works_on_a_cluster_has_a_phase() -> None:
    folder = Path(__file__).parents[5] / "roles/registry_allowlist/tasks"
    action = re.compile(r"^ *(- )?fleetops\.nvcf\.\w+:", re.MULTILINE)
    using = [path for path in folder.glob("*.yml") if action.search(path.read_text(encoding="utf-8"))]
    assert using
    found = {p.stem: task_of(task("ansible.builtin.debug", path=f"{ROLE}/{p.name}:1")).phase for p in using}
    assert [name for name, phase in found.items() if not phase] == []


def test_a_task_of_the_same_file_in_another_role_is_of_no_phase() -> None:
    assert task_of(task("ansible.builtin.debug", path="/etc/roles/mine/tasks/apply.yml:7")).phase == ""


@pytest.mark.parametrize(
    "given, name, ours",
    [
        ("fleetops.nvcf.registry_allowlist : Wait for pods", "Wait for pods", True),
        ("other.things.role : Wait for pods", "Wait for pods", False),
        ("Wait for pods", "Wait for pods", False),
    ],
)
def test_a_task_is_called_as_its_author_did_without_the_role(given: str, name: str, *, ours: bool) -> None:
    found = task_of(task("ansible.builtin.debug", name=given))
    assert (found.name, found.of_collection) == (name, ours)


def test_a_task_without_a_name_is_called_by_its_action() -> None:
    assert task_of(task("ansible.builtin.debug")).name == "ansible.builtin.debug"


def test_a_short_name_is_known_by_what_ansible_resolves_it_to() -> None:
    short = task("fleetops.nvcf.api_rollout")
    short.action = "wait_for_my_api"
    assert task_of(short).action == "fleetops.nvcf.api_rollout"


def test_before_its_action_is_resolved_a_task_is_known_by_what_was_written() -> None:
    unresolved = task("fleetops.nvcf.api_rollout")
    unresolved._resolved_action = None
    assert task_of(unresolved).phase == "rollout"


# Waves


@pytest.mark.parametrize(
    "serial, total, sizes",
    [
        ([], 3, (3,)),
        ([0], 3, (3,)),
        ([1], 3, (1, 1, 1)),
        ([1, 2], 6, (1, 2, 2, 1)),
        ([1, "50%", "100%"], 7, (1, 3, 3)),
        (["30%"], 10, (3, 3, 3, 1)),
        (["1%"], 10, (1,) * 10),
        ([5], 3, (3,)),
        ([1, 0], 5, (1, 4)),
        ([2], 0, ()),
        ([], 0, ()),
    ],
)
def test_waves_have_the_sizes_of_serial_whose_last_one_repeats(
    serial: Sequence[int | str], total: int, sizes: tuple[int, ...]
) -> None:
    assert wave_sizes(serial, total) == sizes


def play_of(folder: Path, *, batch: Sequence[str], extra: Mapping[str, Any] | None = None, **fields: Any) -> Play:
    """A play as Ansible has it when a wave of these hosts begins."""
    (folder / "hosts.ini").write_text(INVENTORY, encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(folder / "hosts.ini")])
    variables = VariableManager(loader=loader, inventory=inventory)
    given = {"name": "Add", "hosts": "all", "gather_facts": False, **fields}
    play: Play = Play.load(given, variable_manager=variables, loader=loader)
    inventory.restrict_to_hosts([inventory.get_host(host) for host in batch])
    variables.extra_vars.update(extra or {})
    return play


def test_a_wave_names_its_hosts_and_those_of_the_play(tmp_path: Path) -> None:
    found = batch_of(play_of(tmp_path, batch=["east-2"], serial=[1, 2]))
    assert (found.name, found.hosts) == ("Add", ("east-2",))
    assert sorted(found.all_hosts) == ["east-1", "east-2", "west-1"]
    assert found.sizes == (1, 2)


def test_a_wave_knows_the_groups_of_each_host_without_those_that_everybody_is_in(tmp_path: Path) -> None:
    found = batch_of(play_of(tmp_path, batch=["east-1"]))
    assert {host: sorted(groups) for host, groups in found.groups.items()} == {
        "east-1": ["east", "prod"],
        "east-2": ["east"],
        "west-1": ["lone", "prod"],
    }


def bare_play(roles: Sequence[str] = (), serial: Sequence[int] = (), **variables: Any) -> Batch:
    """A wave for which Ansible tells these variables only."""
    play: Any = SimpleNamespace(
        _uuid="u",
        serial=list(serial),
        get_name=lambda: "Add",
        get_roles=lambda: [SimpleNamespace(get_name=lambda name=name: name) for name in roles],
        get_variable_manager=lambda: SimpleNamespace(get_vars=lambda play: variables),  # noqa: ARG005 as Ansible calls
    )
    return batch_of(play)


@pytest.mark.parametrize(
    "roles, ours",
    [
        ((), False),
        (("mine", "fleetops.nvcf.registry_allowlist"), True),
        (("registry_allowlist",), False),
        (("fleetops.other.role",), False),
    ],
)
def test_a_play_is_ours_when_it_has_a_role_of_the_collection(roles: Sequence[str], *, ours: bool) -> None:
    assert bare_play(roles).of_collection is ours


@pytest.mark.parametrize(
    "variables, check_mode, forks",
    [
        ({}, False, 1),
        ({"ansible_check_mode": True, "ansible_forks": 25}, True, 25),
        ({"ansible_check_mode": False, "ansible_forks": 0}, False, 1),
        ({"ansible_forks": "7"}, False, 7),
    ],
)
def test_what_ansible_does_not_tell_is_the_least(variables: dict[str, Any], forks: int, *, check_mode: bool) -> None:
    found = bare_play(**variables)
    assert (found.check_mode, found.forks) == (check_mode, forks)


def test_a_play_of_nobody_is_a_wave_of_nobody() -> None:
    found = bare_play(serial=[2])
    assert (found.hosts, found.all_hosts, found.sizes, found.groups) == ((), (), (), {})


# Results


def result(*, public: bool, content: Mapping[str, Any]) -> Any:
    """A result as ansible-core 2.19 and later have it, or as those before did."""
    host = SimpleNamespace(get_name=lambda: "east-1")
    fields = {"host": host, "task": task("fleetops.nvcf.api_rollout", name="Wait"), "result": dict(content)}
    return SimpleNamespace(**{name if public else f"_{name}": value for name, value in fields.items()})


@pytest.mark.parametrize("public", [True, False], ids=["2.19", "2.18"])
def test_a_result_is_read_in_every_version_of_ansible(*, public: bool) -> None:
    found = result(public=public, content={"changed": True})
    assert host_of(found) == "east-1"
    assert task_of_result(found) == Task(
        name="Wait", action="fleetops.nvcf.api_rollout", phase="rollout", of_collection=True
    )
    assert content_of(found) == {"changed": True}
