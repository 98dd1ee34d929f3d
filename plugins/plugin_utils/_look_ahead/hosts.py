# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a batch with the variables that each one's own task would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar

from .._several import maps_of

Variables = Mapping[str, Any]


class Batch:
    """The hosts that the task's own play works on now. Threads may ask for them at the same time."""

    def __init__(self, task: Task, loader: DataLoader, task_vars: Variables) -> None:
        self.hosts: Sequence[str] = [str(name) for name in task_vars.get("ansible_play_batch") or ()]
        self._task = task
        self._loader = loader
        self._all_hosts = task_vars.get("ansible_play_hosts_all")
        self._one_at_a_time = Lock()

    def options(self, host: str, source: str) -> Sequence[Mapping[str, Any]]:
        """The maps of options that the variable `source` holds for a host.

        Empty for a host whose tasks run on another machine or as another user.
        """
        with self._one_at_a_time:
            variables = self._variables(host)
            templar = Templar(loader=self._loader, variables=variables)
            return maps_of(templar.template(variables[source])) if self._is_here(variables, templar) else ()

    def _variables(self, name: str) -> dict[str, Any]:
        play = self._task.get_play()
        manager = play.get_variable_manager()
        # There is no public way to the object of a host.
        host = manager._inventory.get_host(name)  # noqa: SLF001
        found: dict[str, Any] = manager.get_vars(
            play=play, host=host, task=self._task, _hosts=list(self.hosts), _hosts_all=self._all_hosts
        )
        return found

    def _is_here(self, variables: Variables, templar: Templar) -> bool:
        """As Ansible decides for a task which connection it has, and whether it becomes another user."""
        connection = templar.template(variables.get("ansible_connection") or self._task.connection)
        become = templar.template(variables.get("ansible_become", self._task.become))
        return connection in ("local", "ansible.builtin.local") and not boolean(become or False, strict=False)
