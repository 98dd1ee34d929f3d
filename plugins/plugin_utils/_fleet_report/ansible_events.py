# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the objects that Ansible passes to a callback, and makes the types of `run_tracker` of them.

Differences between versions of ansible-core are handled here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.playbook import Playbook
from ansible.playbook.play import Play
from ansible.playbook.task import Task as AnsibleTask
from ansible.utils.helpers import pct_to_int

from .._left import take_out, whole_of
from .._run import shared
from .result_fields import COLLECTION
from .run_tracker import Batch, Task

_ROLE_FILE = re.compile(r"/roles/registry_allowlist/tasks/(\w+)\.yml")
_PHASES = {
    "preflight": "preflight",
    "pull_check": "pull check",
    "apply": "apply",
    "rollout": "rollout",
    "verify": "verify",
    "smoke": "smoke test",
    "restore": "rollback",
    "return": "rollback",
    "release_rollback": "rollback",
    "audit": "audit",
}
_PHASES_BY_ACTION = {
    "recognized_registry_info": "preflight",
    "image_pull_check": "pull check",
    "recognized_registry": "apply",
    "api_rollout": "rollout",
    "function_smoke_test": "smoke test",
    "release_rollback": "rollback",
    "recognized_registry_audit": "audit",
}
_FOR_ALL = (f"{COLLECTION}look_ahead", f"{COLLECTION}audit_summary")
_NO_GROUPS = ("all", "ungrouped")


def playbook_name(playbook: Playbook) -> str:
    """The file of a playbook, without its folder."""
    # Every callback that names the playbook uses this attribute; there is no public one.
    return Path(str(playbook._file_name)).name  # noqa: SLF001


def task_of(task: AnsibleTask) -> Task:
    """A task with its phase: that of its file in the role, otherwise that of its action."""
    action = str(task.resolved_action or task.action)
    in_role = _ROLE_FILE.search(str(task.get_path() or ""))
    return Task(
        name=task.get_name(include_role_fqcn=False).rpartition(" : ")[2],
        action=action,
        phase=_PHASES.get(in_role[1], "") if in_role else _PHASES_BY_ACTION.get(action.removeprefix(COLLECTION), ""),
        of_collection=action.startswith(COLLECTION) or task.get_name().startswith(COLLECTION),
        for_all=action in _FOR_ALL,
    )


def batch_of(play: Play) -> Batch:
    """The wave that begins: Ansible reports the start of the play again for each wave."""
    # The documented magic variables have what is otherwise only in private attributes of the inventory.
    variables = play.get_variable_manager().get_vars(play=play)
    all_hosts = _names(variables.get("ansible_play_hosts_all"))
    return Batch(
        # The same for all waves of a play, because a copy of a play keeps it. There is no public attribute for it.
        play=str(play._uuid),  # noqa: SLF001
        name=str(play.get_name()),
        hosts=_names(variables.get("ansible_play_batch")),
        all_hosts=all_hosts,
        sizes=wave_sizes(play.serial, len(all_hosts)),
        groups=_groups(variables.get("groups") or {}),
        check_mode=bool(variables.get("ansible_check_mode")),
        forks=int(variables.get("ansible_forks") or 1),
        of_collection=any(role.get_name().startswith(COLLECTION) for role in play.get_roles()),
    )


def wave_sizes(serial: Sequence[int | str], total: int) -> tuple[int, ...]:
    """The sizes of a play's waves, by Ansible's rules for `serial`."""
    steps = [pct_to_int(step, total) for step in serial] or [0]
    sizes: list[int] = []
    while (left := total - sum(sizes)) > 0:
        step = steps[min(len(sizes), len(steps) - 1)]
        sizes.append(min(step, left) if step > 0 else left)
    return tuple(sizes)


def host_of(result: Any) -> str:
    """The host of a task's result. The attribute is public since ansible-core 2.19."""
    host = result.host if hasattr(result, "host") else result._host  # noqa: SLF001
    return str(host.get_name())


def task_of_result(result: Any) -> Task:
    """The task of a task's result. The attribute is public since ansible-core 2.19."""
    return task_of(_task(result))


def _task(result: Any) -> AnsibleTask:
    task: AnsibleTask = result.task if hasattr(result, "task") else result._task  # noqa: SLF001
    return task


def content_of(result: Any) -> Mapping[str, Any]:
    """What a task returned, without what `no_log` hides. The attribute is public since ansible-core 2.19."""
    content: Mapping[str, Any] = result.result if hasattr(result, "result") else result._result  # noqa: SLF001
    return content


def completed(result: Any) -> Mapping[str, Any]:
    """What a failed task has read of its host where its result is only a summary of that; otherwise the result."""
    with shared():
        return take_out(whole_of(_task(result), host_of(result))) or content_of(result)


def _names(hosts: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(str(host) for host in hosts or ())


def _groups(members: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for group, hosts in members.items():
        for host in hosts if group not in _NO_GROUPS else ():
            groups[str(host)] = (*groups.get(str(host), ()), str(group))
    return groups
