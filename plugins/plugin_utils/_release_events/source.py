# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source: from its arguments to one thread for each cluster, whose events go into the rulebook's queue."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...module_utils._kubeconfig.context_cache import contexts
from ...module_utils._kubeconfig.inventory_hosts import Choice, same_cluster, sources
from ...module_utils._runtime.errors import InputError
from ...module_utils._runtime.given import prepared
from ...module_utils._runtime.option_groups import ConnectionOptions, ReleaseOptions
from ...module_utils._runtime.options import argument_spec, group, option, parse
from .changes import Changes
from .follow import Followed

_THREAD = "nvcf "
"""What the names of the threads begin with."""
_FEEDBACK = "eda_feedback_queue"
"""What ansible-rulebook may add to the arguments."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments. Clusters are chosen as by the inventory plugin, so that hosts have the same names."""

    release: ReleaseOptions = group(ReleaseOptions)
    kubeconfig: tuple[str, ...] = option(type="list", elements="str", default=[])
    include: tuple[str, ...] = option(type="list", elements="str", default=[])
    exclude: tuple[str, ...] = option(type="list", elements="str", default=[])
    hostname: str = option(choices=["context", "file"], default="context")
    on_duplicate: str = option(choices=["fail", "first"], default="fail")
    report_existing: bool = option(type="bool", default=False)


def _warn(text: str) -> None:
    logging.getLogger("fleetops.nvcf.release_revisions").warning("%s", text)


def not_of_a_cluster(record: logging.LogRecord) -> bool:
    """Lets a log record of other threads pass: a cluster that is away is warned of once, not with each attempt."""
    return not (record.threadName or "").startswith(_THREAD)


class Queue(Protocol):
    """Where ansible-rulebook takes events from."""

    async def put(self, event: dict[str, Any], /) -> None:
        """Adds an event, when there is room."""


async def main(queue: Queue, args: dict[str, Any]) -> None:
    """Puts an event into the queue for each change, and returns only with an error. Raises NvcfError."""
    logging.getLogger("urllib3.connectionpool").addFilter(not_of_a_cluster)
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def report(event: dict[str, Any]) -> None:
        try:
            loop.call_soon_threadsafe(events.put_nowait, event)
        except RuntimeError:
            # The loop is closed: ansible-rulebook is ending.
            raise SystemExit from None

    for followed in followed_by(args, report):
        # They wait in the kernel for minutes, so no one waits for their end: a daemon ends with the process.
        threading.Thread(target=followed.follow, name=f"{_THREAD}{followed.host}", daemon=True).start()
    while True:
        await queue.put(await events.get())


def followed_by(args: Mapping[str, Any], report: Callable[[dict[str, Any]], None]) -> list[Followed]:
    """One for each cluster that the arguments choose. Raises NvcfError."""
    options = parse_arguments(args)
    choice = Choice(
        include=options.include,
        exclude=options.exclude,
        hostname=options.hostname,
        on_duplicate=options.on_duplicate,
    )
    found = [(source, contexts(source).facts()) for source in sources(options.kubeconfig, Path.cwd(), os.environ)]
    hosts = choice.hosts(found)
    for shared in same_cluster(hosts):
        _warn(shared)
    return [
        Followed(
            host=host,
            connection=ConnectionOptions(kubeconfig=variables["nvcf_kubeconfig"], context=variables["nvcf_context"]),
            release=options.release,
            changes=Changes(
                about={
                    "host": host,
                    "context": variables["nvcf_context"],
                    "namespace": options.release.namespace,
                    "release": options.release.name,
                    "service": options.release.service,
                },
                report_existing=options.report_existing,
            ),
            report=report,
            warn=_warn,
        )
        for host, variables in hosts.items()
    ]


def parse_arguments(args: Mapping[str, Any]) -> Options:
    """The arguments with their defaults. Raises InputError."""
    spec = argument_spec(Options)
    given = prepared({name: value for name, value in args.items() if name != _FEEDBACK}, spec)
    validated = ArgumentSpecValidator(spec).validate(given)
    if validated.error_messages:
        raise InputError(
            "the event source release_revisions does not accept its arguments: "
            f"{'; '.join(validated.error_messages)}. See docs/eda.md."
        )
    return parse(Options, validated.validated_parameters)
