# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes each task's result as a line of JSON, so that nobody has to find it again in what a play prints."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: fault_results
type: aggregate
short_description: Results as lines of JSON
description: Each task's result goes to the file that the environment variable names.
"""


class CallbackModule(CallbackBase):
    """The file is named by FAULT_RESULTS."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fault_results"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: Any, outcome: str) -> None:
        line = {"task": result.task.get_name(), "outcome": outcome, "result": result.result}
        with open(os.environ["FAULT_RESULTS"], "a", encoding="utf-8") as file:  # noqa: PTH123 as plugins do
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note a task that succeeded."""
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note a task that failed."""
        self._write(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note a host that could not be reached."""
        self._write(result, "unreachable")
