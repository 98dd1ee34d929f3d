# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The in-process entry of recognized_registry_audit."""

from __future__ import annotations

from ..module_utils._operations.recognized_registry_audit import OPERATION
from ..plugin_utils._in_process_action import InProcessAction


class ActionModule(InProcessAction):
    operation = OPERATION
