# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at all clusters of a batch, by few processes instead of one for each host."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.utils.display import Display

from ...module_utils._kubernetes.api_client import KUBERNETES_IMPORT_ERROR
from ...module_utils._operations import recognized_registry_audit, recognized_registry_info
from ...module_utils._runtime.interrupts import end_with_parent, orderly_interrupts
from ...module_utils._runtime.operation import Operation
from .._call import Call
from .._left import leave_hosts
from .._run import shared
from .._say import say
from .._several import together
from .crew import Crew
from .found import Asked, leave, take
from .hosts import Batch

WORTHWHILE = 2
"""A single host is looked at by its own task as cheaply."""
SHOWS_INVOCATION = 3
"""From this verbosity on Ansible shows the arguments of a task."""


class LookAhead:
    """The task. What it cannot read is left to the host's own task, which fails for its host only."""

    operations: ClassVar[Mapping[str, Operation[Any]]] = {
        "recognized_registry_audit": recognized_registry_audit.OPERATION,
        "recognized_registry_info": recognized_registry_info.OPERATION,
    }

    def __init__(
        self,
        task: Task,
        loader: DataLoader,
        task_vars: Mapping[str, Any],
        display: Display,
        *,
        module: str,
        options_from: str,
    ) -> None:
        self._task = task
        self._module = module
        self._from = options_from
        self._forks = int(task_vars.get("ansible_forks") or 1)
        self._display = display
        self._batch = Batch(task, loader, task_vars)
        self._able = (
            KUBERNETES_IMPORT_ERROR is None
            and not any(task.environment or [])
            # These have every host do what is to be done once.
            and not str(task.get_play().strategy).endswith(("free", "host_pinned"))
        )

    def run(self) -> dict[str, Any]:
        """Looks, and returns how many clusters there were to look at."""
        hosts = self._batch.hosts
        with shared():
            for host in hosts:
                # What an earlier task has left would be taken for what this one has found.
                take(self._asked(host))
            leave_hosts(self._task, hosts)
        if len(hosts) < WORTHWHILE or not self._able:
            return {"hosts": 0}
        end_with_parent()
        try:
            with orderly_interrupts():
                Crew.of(len(hosts), self._forks).do(lambda number: self._look(hosts[number]), len(hosts), self._report)
        except OSError as error:
            # No more processes may be started, for instance.
            self._display.warning(
                f"not all clusters could be read in advance, so each remaining one is read by its own task: {error}"
            )
        return {"hosts": len(hosts)}

    def _report(self, begun: int) -> None:
        say(self._display, f"reading the clusters: {begun} of {len(self._batch.hosts)}")

    def _look(self, host: str) -> None:
        action, begin = f"fleetops.nvcf.{self._module}", time.monotonic()
        calls = [Call(self.operations[self._module], action, one) for one in self._batch.options(host, self._from)]
        results = [call.result(check_mode=self._task.check_mode, host=host, say=lambda _line: None) for call in calls]
        if self._display.verbosity < SHOWS_INVOCATION:
            # Ansible keeps what each host returns until the last one has.
            for result in results:
                result.pop("invocation", None)
        if results:
            with shared():
                leave(self._asked(host), together(results) | {"elapsed": round(time.monotonic() - begin, 3)})

    def _asked(self, host: str) -> Asked:
        return Asked.by(self._task, self._module, self._from, host)
