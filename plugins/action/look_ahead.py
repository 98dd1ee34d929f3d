# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task that looks at all clusters of a batch, so that each host's own task has only to take what was found."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils._look_ahead.look import LookAhead


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the documentation of the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            {
                "module": {"type": "str", "required": True, "choices": list(LookAhead.operations)},
                "options_from": {"type": "str", "required": True},
            }
        )
        ahead = LookAhead(self._task, self._loader, task_vars or {}, self._display, **options)
        return {**result, "changed": False, **ahead.run()}
