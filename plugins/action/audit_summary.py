# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task for all clusters of an audit: how many have which verdict, and which a workflow needs to know."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils._audit_summary import summed_up
from ..plugin_utils._left import take_hosts, take_verdict
from ..plugin_utils._run import shared
from ..plugin_utils._say import say


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the documentation of the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.validate_argument_spec({})
        hosts = [str(host) for host in (task_vars or {}).get("ansible_play_hosts_all") or ()]
        with shared():
            verdicts = {host: take_verdict(self._task, host) for host in hosts}
            begun = set(take_hosts(self._task))
        if str(self._task.get_play().strategy).endswith(("free", "host_pinned")):
            # Each host does for itself what is to be done once, and others may not have been audited yet.
            begun = set()
        summary = summed_up({host: verdict for host, verdict in verdicts.items() if verdict or host in begun})
        if summary["verdicts"]:
            say(self._display, summary["msg"])
        return {**result, **summary}
