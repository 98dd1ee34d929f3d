# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module function_smoke_test: would the API accept an image? Asked, or tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from .._nvcf.asking import ask
from .._nvcf.cli import NvcfCli
from .._nvcf.cli_relay import relay
from .._nvcf.client import NvcfApi
from .._nvcf.connect import reach_api
from .._nvcf.responses import Answer
from .._nvcf.trial import Client, Trial, attempt, remove_leftovers, unexpected
from .._nvcf.workloads_by_host import image_host
from .._runtime.errors import InputError, NvcfApiError, NvcfError
from .._runtime.input_rules import argument
from .._runtime.input_rules import image as valid_image
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS, ApiOptions, ConnectionOptions, ReleaseOptions
from .._runtime.options import group, option
from .._runtime.private_files import Workspace
from .._runtime.services import FUNCTIONS

WANTED = {"accepted": "accepted", "rejected": "not_recognized"}
"""What is to come out, by what is expected."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    api: ApiOptions = group(ApiOptions)
    image: str = option(required=True, rule=valid_image)
    method: Literal["create", "probe"] = option(choices=["create", "probe"], default="create")
    expect: Literal["accepted", "rejected"] = option(choices=["accepted", "rejected"], default="accepted")
    on_unknown: Literal["fail", "report"] = option(choices=["fail", "report"], default="fail")
    on_quota: Literal["fail", "recognized"] = option(choices=["fail", "recognized"], default="fail")
    client: Literal["api", "nvcf_cli"] = option(choices=["api", "nvcf_cli"], default="api")
    cli_binary: str = option(type="path", default="nvcf-cli", rule=argument)


def run(host: Host, options: Options) -> dict[str, Any]:
    """Asks about an image, and compares the answer with what is expected."""
    if options.client == "nvcf_cli" and (options.method, options.release.service) != ("create", FUNCTIONS.name):
        raise InputError("client nvcf_cli can only create a function: omit client, method or service.")
    result: dict[str, Any] = {"changed": False, "image": options.image, "expected": options.expect}
    if host.check_mode and options.method == "create":
        return result | {
            "skipped": True,
            "msg": f"a smoke test creates a {options.release.of.noun}, so it is skipped in check mode",
        }
    try:
        return _reached(host, options, result)
    except NvcfApiError as error:
        if (options.method, options.on_unknown) != ("probe", "report") or result.get("outcome", "unknown") != "unknown":
            raise
        reported = f"cluster {error.cluster}: {error}" if error.cluster else str(error)
        host.warn(reported)
        return {"status": 0, "detail": "", "explanation": reported, **result, "outcome": "unknown"}


def _reached(host: Host, options: Options, result: dict[str, Any]) -> dict[str, Any]:
    with reach_api(options.connection, options.release, options.api) as api:
        where = f"cluster {api.cluster}: " if api.cluster else ""
        trial = Trial(image=options.image, expect=options.expect, warn=lambda text: host.warn(f"{where}{text}"))
        try:
            return (
                _ask(options, api, trial, result) if options.method == "probe" else _make(options, api, trial, result)
            )
        except NvcfError as error:
            error.facts = {**{key: value for key, value in result.items() if key != "changed"}, **error.facts}
            raise


def _make(options: Options, api: NvcfApi, trial: Trial, result: dict[str, Any]) -> dict[str, Any]:
    """Creates a function or task and deletes it."""
    result["leftovers_removed"] = remove_leftovers(api, trial)
    result["leftovers_remaining"] = trial.remaining
    with Workspace() as workspace, _client(options, api, workspace) as client:
        answer, made = attempt(client, api, trial)
    result |= {**answer.facts(), "explanation": answer.explanation}
    if made:
        result[made.noun] = made.facts()
    return result | _judge(options, api, trial, answer)


def _ask(options: Options, api: NvcfApi, trial: Trial, result: dict[str, Any]) -> dict[str, Any]:
    """Asks the question that creates nothing. What an API made that should have refused is among the leftovers."""
    found = ask(api, options.image, trial)
    result |= {**found.facts(), "leftovers_removed": [], "leftovers_remaining": trial.remaining}
    if found.verdict == "unknown":
        raise NvcfApiError(
            f"It is unknown whether the {api.of.title} at {api.service.where} accepts {options.image}: "
            f"{found.explanation}."
        )
    if found.verdict != WANTED[options.expect]:
        raise unexpected(trial, api, found)
    return result


def _judge(options: Options, api: NvcfApi, trial: Trial, answer: Answer) -> dict[str, Any]:
    """What the result holds besides. Raises NvcfApiError when the answer is not the expected one."""
    if answer.kind == "quota" and options.on_quota == "recognized":
        return _by_list(api, options.image, options.expect)
    if answer.kind != WANTED[options.expect]:
        raise unexpected(trial, api, answer)
    return {}


@contextmanager
def _client(options: Options, api: NvcfApi, workspace: Workspace) -> Iterator[Client]:
    if options.client == "api":
        yield api
        return
    # The program knows nothing of our certificate options, nor of port-forwards.
    with relay(api.service, api.token) as base_url:
        yield NvcfCli(
            binary=options.cli_binary,
            home=workspace.path,
            base_url=base_url,
            token=api.token,
            timeout=options.api.api_timeout,
        )


def _by_list(api: NvcfApi, image: str, expect: str) -> dict[str, Any]:
    """The next best answer where a full quota hides the real one: whether the API lists the host.

    Listed is less than accepted, so this is only done when it is asked for.
    """
    host = image_host(image)
    listed = any(row["hostname"] == host for row in api.recognized())
    if listed != (expect == "accepted"):
        raise NvcfApiError(
            f"the function limit is reached, and the API's own list {'contains' if listed else 'does not contain'} "
            f"{host}, although {image} was expected to be {expect}.",
            outcome="quota",
            recognized=listed,
        )
    return {"recognized": listed}


OPERATION = Operation(options=Options, run=run, constraints=TOKENS)
