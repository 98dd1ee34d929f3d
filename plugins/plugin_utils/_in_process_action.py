# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process way into an operation.

A module over the local connection starts a Python, unpacks itself and imports the kubernetes library anew for each
host; the worker that runs the action has all that already. Whatever asks for a process of its own gets the module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ..module_utils._kubernetes.api_client import KUBERNETES_IMPORT_ERROR
from ..module_utils._runtime.errors import InputError
from ..module_utils._runtime.given import prepared
from ..module_utils._runtime.interrupts import end_with_parent
from ..module_utils._runtime.module_entry import attempt
from ..module_utils._runtime.operation import Host, Operation
from ..module_utils._runtime.options import parse
from ..module_utils._runtime.redaction import logins
from ..module_utils._runtime.run_cache import begin, sharing

# Ansible imports its action plugins before it forks the first worker for one.
begin(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined] # set from Ansible's list of settings

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class InProcessAction(ActionBase):
    """Base of the collection's action plugins: a subclass names its operation and nothing else."""

    operation: Operation[Any]
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Runs the operation here, or hands the task over to the module of the same name."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        before = self._task.args
        try:
            self._task.args = prepared(before, self.operation.argument_spec, self.operation.shorthands)
        except InputError as error:
            return {**result, **self._failure(error, before)}
        validation = self._validator().validate(dict(self._task.args))
        elsewhere = self._needs_a_process()
        refused = self._refused(validation, parsing=elsewhere)
        if refused is None and elsewhere:
            wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
            return {**result, **self._execute_module(task_vars=task_vars, wrap_async=wrap_async)}
        given = validation.validated_parameters
        hidden = {*validation._no_log_values, *logins(given)}  # noqa: SLF001 - there is no public way to it
        answer = refused or self._attempt(given, _clashes(validation), task_vars or {})
        # ansible-core before 2.20 has no such setting and always tells.
        if getattr(constants, "INJECT_INVOCATION", True):
            answer["invocation"] = {"module_args": self._shown(given)}
        return {**result, **remove_values(answer, hidden)}

    def _refused(self, validation: ValidationResult, *, parsing: bool) -> dict[str, Any] | None:
        """The failure that the options are; None where they are none.

        `parsing`: also for what is only found when they are parsed, so that no process is started for that.
        """
        if validation.error_messages:
            return self._failure(InputError(self._first_error(validation)), self._task.args)
        try:
            if parsing:
                parse(self.operation.options, validation.validated_parameters)
        except InputError as error:
            return self._failure(error, self._task.args)
        return None

    def _failure(self, error: InputError, given: Mapping[str, Any]) -> dict[str, Any]:
        self.operation.close(error, given)
        return {"failed": True, "changed": False, **error.result()}

    def _attempt(self, params: dict[str, Any], warnings: list[str], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        host = Host(
            check_mode=self._task.check_mode, warn=warnings.append, say=self._say, name=self._stands_for(task_vars)
        )
        end_with_parent()
        # Made by the parent process, private, the same for all workers, and removed by the parent when the run ends.
        with sharing(constants.DEFAULT_LOCAL_TMP):  # type: ignore[attr-defined] # set from Ansible's list of settings
            answer = attempt(self.operation, host, params)
        return {**answer, "warnings": warnings} if warnings else answer

    def _stands_for(self, task_vars: Mapping[str, Any]) -> str | None:
        """The host whose cluster this is about: not one that does a task once for all, nor the implicit localhost."""
        name: str | None = task_vars.get("inventory_hostname")
        return name if not self._task.run_once and name in task_vars.get("groups", {}).get("all", ()) else None

    def _say(self, line: str) -> None:
        self._display.display(f"  {line}", color="dark gray")

    def _needs_a_process(self) -> bool:
        return (
            self._connection.transport != "local"
            or bool(self._task.async_val)
            or self._connection.become is not None
            or any(self._task.environment or [])
            or KUBERNETES_IMPORT_ERROR is not None
        )

    def _validator(self) -> ArgumentSpecValidator:
        return ArgumentSpecValidator(dict(self.operation.argument_spec), **self.operation.constraints)

    def _first_error(self, validation: ValidationResult) -> str:
        """In the words of AnsibleModule."""
        error = validation.errors[0]
        unsupported = f"Unsupported parameters for ({self._task.action}) module: "
        return f"{unsupported if isinstance(error, UnsupportedError) else ''}{error.msg}"

    def _shown(self, params: dict[str, Any]) -> dict[str, Any]:
        """The arguments as a module would return them."""
        spec = self.operation.argument_spec
        return {
            name: HIDDEN if value is not None and spec.get(name, {}).get("no_log") else value
            for name, value in params.items()
        }


def _clashes(validation: ValidationResult) -> list[str]:
    """What AnsibleModule warns of."""
    found = validation._warnings  # noqa: SLF001 - there is no public way to it
    return [f"Both option {one['option']} and its alias {one['alias']} are set." for one in found]
