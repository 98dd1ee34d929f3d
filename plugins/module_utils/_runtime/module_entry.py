# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's way into an operation, and the one place where the collection's errors become a task's failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .errors import NvcfError
from .interrupts import orderly_interrupts
from .operation import Host, Operation
from .redaction import logins


def attempt(operation: Operation[Any], host: Host, params: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's result, or that of a failed task."""
    try:
        with orderly_interrupts():
            return operation.start(host, params)
    except NvcfError as error:
        return {"failed": True, "changed": False, **error.result()}


def _unheard(_line: str) -> None:
    """A module's output is shown when it has ended, so there is no one to show progress to."""


def run_module(module: AnsibleModule, operation: Operation[Any]) -> None:
    """Runs `operation` as an Ansible module; does not return."""
    host = Host(check_mode=module.check_mode, warn=module.warn, say=_unheard)
    # Ansible returns the arguments with the result.
    module.no_log_values.update(logins(module.params))
    result = attempt(operation, host, module.params)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
