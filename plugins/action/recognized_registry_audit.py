# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process entry of recognized_registry_audit."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ..module_utils._operations.recognized_registry_audit import OPERATION
from ..plugin_utils._in_process_action import InProcessAction
from ..plugin_utils._left import leave_verdict
from ..plugin_utils._run import shared
from ..plugin_utils._several import Result


class ActionModule(InProcessAction):
    operation = OPERATION

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """What the module returns. Its verdict is left for audit_summary."""
        try:
            result = super().run(tmp, task_vars)
        except AnsibleConnectionFailure as error:
            # To Ansible, a host that is unreachable has left the play: nothing could report it.
            result = {"failed": True, "changed": False, "msg": str(error), "verdict": "unreachable", "no_answer": True}
        host = (task_vars or {}).get("inventory_hostname")
        # Where the service is missing and may be, nothing is wrong.
        verdict = result.get("verdict", "ok" if result.get("missing") else None)
        if host is not None and verdict:
            with shared():
                leave_verdict(self._task, str(host), verdict)
        return result
