# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation behind the module function_smoke_test: ask the API for a function on an image, and take it back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from .._nvcf.cli import NvcfCli
from .._nvcf.cli_relay import relay
from .._nvcf.client import TAG, Function, NvcfApi
from .._nvcf.connect import reach_api
from .._nvcf.responses import Answer
from .._nvcf.workloads_by_host import image_host
from .._runtime.errors import NoAnswerError, NvcfApiError, NvcfError
from .._runtime.input_rules import argument
from .._runtime.input_rules import image as valid_image
from .._runtime.operation import Host, Operation
from .._runtime.option_groups import TOKENS, ApiOptions, ConnectionOptions, ReleaseOptions
from .._runtime.options import group, option
from .._runtime.private_files import Workspace

PREFIX = "fleetops-nvcf-smoke"
LEFTOVER_SECONDS = 900
"""Older than this, a test function belongs to no running test."""
DELETE_TRIES = 5
LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Pauses before each look for a function whose creation was not answered: the API may still be at it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The module's options."""

    connection: ConnectionOptions = group(ConnectionOptions)
    release: ReleaseOptions = group(ReleaseOptions)
    api: ApiOptions = group(ApiOptions)
    image: str = option(required=True, rule=valid_image)
    expect: Literal["accepted", "rejected"] = option(choices=["accepted", "rejected"], default="accepted")
    on_quota: Literal["fail", "recognized"] = option(choices=["fail", "recognized"], default="fail")
    client: Literal["api", "nvcf_cli"] = option(choices=["api", "nvcf_cli"], default="api")
    cli_binary: str = option(type="path", default="nvcf-cli", rule=argument)


def run(host: Host, options: Options) -> dict[str, Any]:
    """Creates a function, compares the answer with what is expected, deletes the function."""
    image = options.image
    result: dict[str, Any] = {"changed": False, "image": image, "expected": options.expect}
    if host.check_mode:
        return result | {"skipped": True, "msg": "a smoke test creates a function, so check mode leaves it out"}
    with reach_api(options.connection, options.release, options.api) as api, Workspace() as workspace:
        where = f"cluster {api.cluster}: " if api.cluster else ""
        test = _Test(image=image, expect=options.expect, warn=lambda text: host.warn(f"{where}{text}"))
        result["leftovers_removed"] = _remove_leftovers(api, test)
        result["leftovers_remaining"] = test.remaining
        try:
            with _client(options, api, workspace) as client:
                answer, made = _attempt(client, api, test)
            result |= {**answer.facts(), "explanation": answer.explanation}
            if made:
                result["function"] = made.facts()
            return result | _judge(options, api, test, answer)
        except NvcfError as error:
            error.facts = {**{key: value for key, value in result.items() if key != "changed"}, **error.facts}
            raise


def _judge(options: Options, api: NvcfApi, test: _Test, answer: Answer) -> dict[str, Any]:
    """What the result holds besides. Raises NvcfApiError when the answer is not the expected one."""
    if answer.kind == "quota" and options.on_quota == "recognized":
        return _by_list(api, options.image, options.expect)
    wanted = "accepted" if options.expect == "accepted" else "not_recognized"
    if answer.kind != wanted:
        raise NvcfApiError(_unexpected(test, api, answer))
    return {}


def _unexpected(test: _Test, api: NvcfApi, answer: Answer) -> str:
    return (
        f"{test.image} was expected to be {test.expect} by the NVCF API at {api.service.where}, "
        f"but {answer.explanation}."
    )


class Client(Protocol):
    """What creates and deletes the test's function."""

    def create(self, *, name: str, image: str) -> tuple[Answer, Function | None]:
        """Asks for a function; a refusal is an answer."""

    def delete(self, function: Function) -> Answer:
        """Asks for its deletion."""


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
            f"the function limit is reached, and the API's own list {'holds' if listed else 'does not hold'} {host}, "
            f"though {image} was expected to be {expect}.",
            outcome="quota",
            recognized=listed,
        )
    return {"recognized": listed}


def _attempt(client: Client, api: NvcfApi, test: _Test) -> tuple[Answer, Function | None]:
    """One creation, and a second one where the first was not answered and made nothing, as far as can be seen."""
    name = _new_name()
    try:
        return _create(client, api, name, test)
    except NoAnswerError as error:
        if not error.sent or error.lasting:
            raise
        test.warn(f"{error} Function {name} was not made, so the image is asked for once more.")
    try:
        return _create(client, api, _new_name(), test)
    finally:
        # The API may have been at the first one all the while.
        with suppress(NvcfError):
            _remove_named(api, name, test, LOOKS[:1])


def _new_name() -> str:
    return f"{PREFIX}-{int(time.time())}-{secrets.token_hex(4)}"


def _create(client: Client, api: NvcfApi, name: str, test: _Test) -> tuple[Answer, Function | None]:
    """Asks for a function and deletes it. Raises NvcfError when there is neither an answer nor such a function."""
    made = None
    try:
        answer, made = client.create(name=name, image=test.image)
        if answer.status in (502, 504):
            # A gateway's word, which does not know what became of it.
            raise NoAnswerError(_unexpected(test, api, answer), sent=True, **answer.facts())
        if made:
            test.delete(client, made)
    except NvcfError as error:
        if isinstance(error, NoAnswerError) and not error.sent:
            raise
        # An answer that got lost does not mean that nothing was made.
        try:
            found = _remove_named(api, name, test)
        except NvcfError as unknown:
            text = f"{error} Whether function {name} was made could not be found out: {unknown}"
            raise NvcfApiError(text, **error.facts) from error
        if not found:
            raise
        return Answer(kind="accepted", status=0, detail="the answer was lost, the function was made"), found
    except BaseException:
        # There is no second signal: the function goes before the play does.
        with suppress(NvcfError):
            if made:
                test.delete(client, made)
            else:
                _remove_named(api, name, test)
        raise
    if answer.status >= 500:
        # An API that fails may have made it before.
        with suppress(NvcfError):
            made = _remove_named(api, name, test, LOOKS[:1])
    return (replace(answer, kind="accepted"), made) if made else (answer, None)


def _remove_named(api: NvcfApi, name: str, test: _Test, looks: Sequence[float] = LOOKS) -> Function | None:
    """Deletes what a creation made without telling so, and returns it. Raises NvcfError when the list can't be read."""
    for pause in looks:
        time.sleep(pause)
        if found := [function for function in _deletable(api) if function.name == name]:
            for function in found:
                test.delete(api, function)
            return found[0]
    return None


def _deletable(api: NvcfApi) -> list[Function]:
    """The account's functions without those that the API lists without an id."""
    return [function for function in api.functions() if function.id and function.version_id]


def _remove_leftovers(api: NvcfApi, test: _Test) -> list[dict[str, str]]:
    """Deletes what interrupted tests have left. A token that may not list functions leaves them there."""
    try:
        old = [function for function in _deletable(api) if _is_leftover(function)]
    except NvcfApiError as error:
        if error.facts.get("outcome") != "forbidden":
            test.warn(f"functions that earlier smoke tests may have left were not looked for: {error}")
        return []
    return [function.facts() for function in old if test.delete(api, function)]


def _is_leftover(function: Function) -> bool:
    """By the time in the name that a test gives, else by the tag, which nvcf-cli can't give, and the API's own time."""
    prefix, _dash, rest = function.name.partition(f"{PREFIX}-")
    stamp = rest.partition("-")[0]
    if not prefix and stamp.isdigit():
        made = float(stamp)
    elif TAG in function.tags and function.created:
        made = function.created.timestamp()
    else:
        return False
    return time.time() - made > LEFTOVER_SECONDS


@dataclass(frozen=True, kw_only=True)
class _Test:
    """One test of one image, and what it could not delete: that is told, and decides nothing."""

    image: str
    expect: str
    warn: Callable[[str], None]
    remaining: list[dict[str, str]] = field(default_factory=list)

    def delete(self, client: Client, function: Function) -> bool:
        """Whether it is gone."""
        if problem := _delete(client, function):
            self.remaining.append(function.facts())
            self.warn(
                f"the smoke test's function {function.name} (id {function.id}, version {function.version_id}) could "
                f"not be deleted: {problem.removesuffix('.')}. Delete it by hand; a later smoke test tries it again."
            )
        return not problem


def _delete(client: Client, function: Function) -> str:
    """Deletes until the API says that it is gone: a 500 may come although it is, so asking again is safe and needed.

    Returns why it may still be there, empty when it is gone.
    """
    problem = ""
    for attempt in range(DELETE_TRIES):
        if attempt:
            time.sleep(0.25 * 2**attempt)
        try:
            answer = client.delete(function)
            if answer.kind == "accepted" or answer.status == 404:
                return ""
            problem = answer.explanation
            if answer.status < 500 and answer.kind != "rate_limited":
                break
        except NvcfError as error:
            problem = str(error)
    return problem


OPERATION = Operation(options=Options, run=run, constraints=TOKENS)
