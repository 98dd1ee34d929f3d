# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A line of progress from a worker."""

from __future__ import annotations

import inspect
from typing import Any

from ansible.utils import display as core
from ansible.utils.display import Display


def say(display: Display, line: str) -> None:
    """Shows one line of progress, which Ansible hands from the worker to the process that prints.

    ansible-runner puts a function of its own before Ansible's, which marks what is printed. Before 2.3.8, and in 2.4.0
    and 2.4.1, it prints its marks in the worker too, and ansible-core 2.19 and newer warn of that. So the line goes
    around it here. It is marked where it is printed.
    """
    show: Any = inspect.unwrap(Display.display, stop=lambda one: one.__globals__ is vars(core))
    show(display, f"  {line}", color="dark gray")
