# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task leaves for a later part of the same run, in the memory that its processes share. Each is taken once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.playbook.task import Task

from ..module_utils._runtime.run_cache import keep, recall


def put_away(name: str, content: Mapping[str, Any]) -> bool:
    """False where it is not JSON, or there is no room."""
    try:
        text = json.dumps(content).encode()
    except (TypeError, ValueError):
        return False
    # Most of it is names of fields: a thousand clusters would fill many megabytes.
    return keep(name, zlib.compress(text, 1).decode("latin-1"))


def take_out(name: str) -> dict[str, Any] | None:
    """What was put away under this name last; None where there is none."""
    if not (text := recall(name)):
        return None
    keep(name, "")
    content: dict[str, Any] = json.loads(zlib.decompress(text.encode("latin-1")))
    return content


def leave_hosts(task: Task, hosts: Sequence[str]) -> None:
    """Leaves which hosts the play of a task works on now. Ansible leaves those out that fail."""
    put_away(_hosts_of(task), {"hosts": list(hosts)})


def take_hosts(task: Task) -> list[str]:
    """None of them where nothing was left."""
    left = take_out(_hosts_of(task))
    return [] if left is None else [str(host) for host in left["hosts"]]


def leave_verdict(task: Task, host: str, verdict: str) -> None:
    """Leaves what an audit of a host has come to, for a later task of the same play."""
    put_away(_verdict_on(task, host), {"verdict": verdict})


def take_verdict(task: Task, host: str) -> str | None:
    """None where no audit of the host has come to an end in the play of this task."""
    left = take_out(_verdict_on(task, host))
    return None if left is None else str(left["verdict"])


def _verdict_on(task: Task, host: str) -> str:
    return f"verdict on {host} in {_play(task)}"


def _hosts_of(task: Task) -> str:
    return f"hosts of {_play(task)}"


def _play(task: Task) -> str:
    # A wave works on a copy of the play, which keeps this.
    return str(task.get_play()._uuid)  # noqa: SLF001


def whole_of(task: Task, host: str) -> str:
    """The name of what a failed task has read of a host, where its result is only a summary."""
    return f"whole result of {host} in {task._uuid}"  # noqa: SLF001
