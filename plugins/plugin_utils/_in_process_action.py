# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process way into an operation.

A module over the local connection starts a Python, unpacks itself and imports the kubernetes library anew for each
host; the worker that runs the action has all that already. Whatever asks for a process of its own gets the module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._kubernetes.api_client import KUBERNETES_IMPORT_ERROR
from ..module_utils._runtime.errors import InputError
from ..module_utils._runtime.given import overlaid
from ..module_utils._runtime.input_rules import refuse
from ..module_utils._runtime.interrupts import end_with_parent
from ..module_utils._runtime.operation import Operation
from ._call import Call, failure
from ._left import put_away, whole_of
from ._look_ahead.found import Asked, take
from ._run import shared
from ._say import say
from ._several import Result, maps_of, summary, together

OPTIONS_FROM = "options_from"
SHORT_FAILURE = "short_failure"


class InProcessAction(ActionBase):
    """Base of the collection's action plugins: a subclass names its operation and nothing else."""

    operation: Operation[Any]
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Runs the operation here, or hands the task over to the module of the same name."""
        result: Result = super().run(tmp, task_vars)
        known = task_vars or {}
        return self._shortened({**result, **self._result(known)}, known)

    def _result(self, known: dict[str, Any]) -> Result:
        elsewhere = self._needs_a_process()
        if not elsewhere and (found := self._found_ahead(known)) is not None:
            return found
        try:
            calls = [Call(self.operation, self._task.action, given) for given in self._given(known)]
        except InputError as error:
            return failure(self.operation, error, self._task.args)
        for call in calls:
            if (refusal := call.refused(parsing=elsewhere)) is not None:
                return refusal
        if not elsewhere:
            end_with_parent()
        one = self._by_module if elsewhere else self._here
        return together([one(call, known) for call in calls])

    def _shortened(self, result: Result, known: Mapping[str, Any]) -> Result:
        """A failed result without all that was read, which Ansible would print; the fleet report takes that itself."""
        if not result.get("failed") or not boolean(self._task.args.get(SHORT_FAILURE, False), strict=False):
            return result
        if self._task.no_log or self._task.loop:
            # What is hidden must not be elsewhere, and each item of a loop has a result.
            return result
        with shared():
            kept = put_away(whole_of(self._task, str(known.get("inventory_hostname"))), result)
        return summary(result) if kept else result

    def _by_module(self, call: Call, task_vars: dict[str, Any]) -> Result:
        self._task.args = dict(call.options)
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        answer: Result = self._execute_module(task_vars=task_vars, wrap_async=wrap_async)
        return answer

    def _here(self, call: Call, task_vars: dict[str, Any]) -> Result:
        return call.result(check_mode=self._task.check_mode, host=self._stands_for(task_vars), say=self._say)

    def _found_ahead(self, task_vars: Mapping[str, Any]) -> Result | None:
        """The result for this host that one task has found for all hosts, if any. The options are not read then."""
        if not (name := self._task.args.get(OPTIONS_FROM)):
            return None
        module, host = self._task.action.rpartition(".")[2], str(task_vars.get("inventory_hostname"))
        with shared():
            return take(Asked.by(self._task, module, str(name), host))

    def _given(self, task_vars: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The task's options, completed by each map of the variable that it names. Raises InputError."""
        name = self._task.args.get(OPTIONS_FROM)
        if not name or OPTIONS_FROM not in self.operation.argument_spec:
            return [self._task.args]
        if name not in task_vars:
            raise refuse(OPTIONS_FROM, str(name), "the host has no such variable", "Set it, or name another variable")
        maps = maps_of(self._templar.template(task_vars[name]))
        if not maps:
            raise refuse(
                OPTIONS_FROM,
                str(name),
                "the variable is neither a map nor a list of maps",
                "Name a variable that maps options to values",
            )
        if len(maps) > 1 and self._task.async_val:
            raise refuse(
                OPTIONS_FROM,
                str(name),
                "an async task accepts one map of options, and the variable has several",
                "Use one map, or remove async",
            )
        return [overlaid(options, self._task.args, self.operation.argument_spec) for options in maps]

    def _stands_for(self, task_vars: Mapping[str, Any]) -> str | None:
        """The host whose cluster this concerns: neither one that runs a task for all, nor the implicit localhost."""
        name: str | None = task_vars.get("inventory_hostname")
        return name if not self._task.run_once and name in task_vars.get("groups", {}).get("all", ()) else None

    def _say(self, line: str) -> None:
        say(self._display, line)

    def _needs_a_process(self) -> bool:
        return (
            self._connection.transport != "local"
            or bool(self._task.async_val)
            or self._connection.become is not None
            or any(self._task.environment or [])
            or KUBERNETES_IMPORT_ERROR is not None
        )
