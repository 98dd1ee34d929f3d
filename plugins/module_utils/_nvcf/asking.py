# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks an API the question that creates nothing, and takes away what it should have refused to create."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from .._runtime.errors import NvcfError
from .._runtime.services import TASKS
from .client import NvcfApi
from .question import ARTIFACTS, REASONS, Outcome, outcome, unknown
from .responses import understand
from .transport import Reply
from .trial import LOOKS, Trial, new_name, remove_named
from .workloads_by_host import image_host

PATH = "fleetops-nvcf-probe:1"
"""An image of a host, where only the host matters. No API looks whether there is one."""


def ask_hosts(api: NvcfApi, hosts: Iterable[str], trial: Trial) -> Iterator[tuple[str, Outcome]]:
    """What the API would say to an image of each host. What it says of all images is asked for once."""
    reported: Outcome | None = None
    for host in hosts:
        image = f"{host}/{PATH}"
        found = replace(reported, image=image) if reported else ask(api, image, trial)
        reported = found if found.about_all else None
        yield host, found


def ask(api: NvcfApi, image: str, trial: Trial) -> Outcome:
    """What the API would say to this image. An API that gives no answer leaves it unknown: there is no error."""
    if not image_host(image):
        return unknown(image, REASONS["no_image"])
    if api.of is TASKS and not api.gpu.name:
        return unknown(image, REASONS["no_gpu"])
    name = new_name()
    refused = False
    try:
        reply = _answer(api, name, image)
        if reply is None:
            refused = True
            return unknown(image, REASONS["no_function"])
        refused = 400 <= reply.status < 500
        if understand(reply).kind == "accepted":
            trial.delete(api, api.created(reply))
        return outcome(image, reply, api.of)
    except NvcfError as error:
        return unknown(image, str(error).removesuffix("."))
    finally:
        if not refused:
            # By its name too: it may have been asked for more than once, and an answer may have been lost.
            with suppress(NvcfError):
                remove_named(api, name, trial, LOOKS[:1])


def _answer(api: NvcfApi, name: str, image: str) -> Reply | None:
    """The answer, by way of a function that exists where the quota hides it; None where there is no such function."""
    body = {**api.body(name, image), **ARTIFACTS}
    reply = api.ask(api.of.path, body)
    if understand(reply).kind != "quota":
        return reply
    known = next((function.id for function in api.functions() if function.id), None)
    return api.ask(f"{api.of.path}/{known}/versions", body) if known else None
