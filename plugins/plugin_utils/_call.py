# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of an operation, with options as a task gives them: checked as AnsibleModule checks them, and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError

from ..module_utils._runtime.errors import InputError
from ..module_utils._runtime.given import prepared
from ..module_utils._runtime.module_entry import attempt
from ..module_utils._runtime.operation import Host, Operation
from ..module_utils._runtime.options import parse
from ..module_utils._runtime.redaction import logins
from ._run import shared
from ._several import Result

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class Call:
    """One call. `given` are the options before Ansible makes of them what their types say."""

    def __init__(self, operation: Operation[Any], action: str, given: Mapping[str, Any]) -> None:
        self._operation = operation
        self._action = action
        self._refusal: Result | None = None
        self.options: Mapping[str, Any] = given
        """Those that are given at all."""
        try:
            self.options = prepared(given, operation.argument_spec, operation.shorthands)
        except InputError as error:
            self._refusal = failure(operation, error, given)
            return
        validator = ArgumentSpecValidator(dict(operation.argument_spec), **operation.constraints)
        self._validation = validator.validate(dict(self.options))

    def refused(self, *, parsing: bool = False) -> Result | None:
        """The result where the options are wrong; None where they are not.

        `parsing`: also for what is only found when they are parsed, so that no process is started for that.
        """
        if self._refusal is not None:
            return self._refusal
        if self._validation.error_messages:
            return self._masked(failure(self._operation, InputError(self._first_error()), self.options))
        try:
            if parsing:
                parse(self._operation.options, self._validation.validated_parameters)
        except InputError as error:
            return self._masked(failure(self._operation, error, self.options))
        return None

    def result(self, *, check_mode: bool, host: str | None, say: Callable[[str], None]) -> Result:
        """What the operation returns, or why it was refused.

        `host` is the inventory's name of the host whose cluster it is about, None where that is not known.
        """
        if (refusal := self.refused()) is not None:
            return refusal
        found = self._validation._warnings  # noqa: SLF001 - there is no public way to it
        warnings = [f"Both option {one['option']} and its alias {one['alias']} are set." for one in found]
        with shared():
            asking = Host(check_mode=check_mode, warn=warnings.append, say=say, name=host)
            answer = attempt(self._operation, asking, self._validation.validated_parameters)
        return self._masked(answer | ({"warnings": warnings} if warnings else {}))

    def _masked(self, answer: Result) -> Result:
        """The answer with the arguments as a module would return them, with secret values masked."""
        given = self._validation.validated_parameters
        # ansible-core before 2.20 has no such setting and always returns it.
        if getattr(constants, "INJECT_INVOCATION", True):
            answer["invocation"] = {"module_args": self._shown(given)}
        hidden = {*self._validation._no_log_values, *logins(given)}  # noqa: SLF001 - there is no public way to it
        masked: Result = remove_values(answer, hidden)
        return masked

    def _first_error(self) -> str:
        """The message that AnsibleModule would show."""
        error = self._validation.errors[0]
        unsupported = f"Unsupported parameters for ({self._action}) module: "
        return f"{unsupported if isinstance(error, UnsupportedError) else ''}{error.msg}"

    def _shown(self, params: Mapping[str, Any]) -> Result:
        spec = self._operation.argument_spec
        return {
            name: HIDDEN if value is not None and spec.get(name, {}).get("no_log") else value
            for name, value in params.items()
        }


def failure(operation: Operation[Any], error: InputError, given: Mapping[str, Any]) -> Result:
    """The result of a task whose options are wrong."""
    operation.close(error, given)
    return {"failed": True, "changed": False, **error.result()}
