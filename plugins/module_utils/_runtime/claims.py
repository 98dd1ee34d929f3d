# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host of a run stands for which release.

Two contexts may lead to one cluster. A run that takes them for two changes one release twice, in one wave at the same
time, and reports a cluster that does not exist.
"""

from __future__ import annotations

import contextlib

from .operation import Host
from .option_groups import ReleaseOptions
from .run_cache import keep, once, recall, run_folder


def claim(host: Host, server: str, release: ReleaseOptions) -> None:
    """Has `host` stand for the release, or warns, once in a run, that another host does."""
    if host.name is None or run_folder() is None:
        return
    what = f"release {release} on {server}"
    first = _first(f"host of {what}", host.name)
    reported = f"{host.name} is not the host of {what}"
    if first != host.name and recall(reported) is None:
        keep(reported, "given")
        host.warn(
            f"host '{host.name}' is {what}, and so is host '{first}' of this run: both are the "
            "same release. Remove one of them from the inventory, or give it its own context."
        )


def _first(what: str, name: str) -> str:
    known = recall(what)
    if known is None:
        with contextlib.suppress(OSError):
            known = once(what, lambda: name)
    return known or name
