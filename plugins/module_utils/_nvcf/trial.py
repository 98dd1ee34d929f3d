# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes something for a test and takes it away again, whatever happens to the answers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from .._runtime.errors import NoAnswerError, NvcfApiError, NvcfError
from .._runtime.services import TASKS
from .bodies import TAG
from .client import NvcfApi
from .question import Outcome
from .responses import Answer
from .workloads import OnImage

PREFIX = "fleetops-nvcf-smoke"
LEFTOVER_SECONDS = 900
"""Older than this, a test function belongs to no running test."""
DELETE_TRIES = 5
LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Pauses before each look for a function whose creation was not answered: the API may still be at it."""


class Client(Protocol):
    """What creates and deletes the test's function."""

    def create(self, *, name: str, image: str) -> tuple[Answer, OnImage | None]:
        """Asks for a function; a refusal is an answer."""

    def delete(self, made: OnImage) -> Answer:
        """Asks for its deletion."""


def unexpected(trial: Trial, api: NvcfApi, answer: Answer | Outcome) -> NvcfApiError:
    """That the answer is not the expected one."""
    return NvcfApiError(_missed(trial, api, answer))


def _missed(trial: Trial, api: NvcfApi, answer: Answer | Outcome) -> str:
    return (
        f"{trial.image} was expected to be {trial.expect} by the {api.of.title} at {api.service.where}, "
        f"but {answer.explanation}."
    )


def attempt(client: Client, api: NvcfApi, trial: Trial) -> tuple[Answer, OnImage | None]:
    """One creation, and a second one where the first was not answered and made nothing, as far as can be seen."""
    name = new_name()
    try:
        return _create(client, api, name, trial)
    except NoAnswerError as error:
        if not error.sent or error.lasting:
            raise
        trial.warn(f"{error} No {api.of.noun} {name} was found, so another one is requested.")
    try:
        return _create(client, api, new_name(), trial)
    finally:
        # The API may have been at the first one all the while.
        with suppress(NvcfError):
            remove_named(api, name, trial, LOOKS[:1])


def new_name() -> str:
    """A name by which a later test knows how old it is."""
    return f"{PREFIX}-{int(time.time())}-{secrets.token_hex(4)}"


def _create(client: Client, api: NvcfApi, name: str, trial: Trial) -> tuple[Answer, OnImage | None]:
    """Asks for a function and deletes it. Raises NvcfError when there is neither an answer nor such a function."""
    made = None
    try:
        answer, made = client.create(name=name, image=trial.image)
        if answer.status in (502, 504):
            # A gateway's word, which does not know what happened to it.
            raise NoAnswerError(_missed(trial, api, answer), sent=True, **answer.facts())
        if made:
            trial.delete(client, made)
    except NvcfError as error:
        if isinstance(error, NoAnswerError) and not error.sent:
            raise
        # An answer that got lost does not mean that nothing was made.
        try:
            found = remove_named(api, name, trial)
        except NvcfError as unknown:
            text = f"{error} Whether {api.of.noun} {name} was created could not be determined: {unknown}"
            raise NvcfApiError(text, **error.facts) from error
        if not found:
            raise
        return Answer(kind="accepted", status=0, detail=f"the answer was lost, the {api.of.noun} was made"), found
    except BaseException:
        # There is no second signal: the function goes before the play does.
        with suppress(NvcfError):
            if made:
                trial.delete(client, made)
            else:
                remove_named(api, name, trial)
        raise
    if answer.status >= 500:
        # An API that fails may have made it before.
        with suppress(NvcfError):
            made = remove_named(api, name, trial, LOOKS[:1])
    return (replace(answer, kind="accepted"), made) if made else (answer, None)


def remove_named(api: NvcfApi, name: str, trial: Trial, looks: Sequence[float] = LOOKS) -> OnImage | None:
    """Deletes what a creation made without reporting it, and returns it. Raises NvcfError if the list is unreadable."""
    for pause in looks:
        time.sleep(pause)
        if found := [one for one in _deletable(api) if one.name == name]:
            for one in found:
                trial.delete(api, one)
            return found[0]
    return None


def _deletable(api: NvcfApi) -> list[OnImage]:
    """What the account has, without what the API lists without an id."""
    return [found for found in api.workloads(ended=True) if all(found.ids)]


def remove_leftovers(api: NvcfApi, trial: Trial) -> list[dict[str, str]]:
    """Deletes what interrupted tests have left. A token that may not list functions leaves them there."""
    try:
        old = [found for found in _deletable(api) if _is_leftover(found)]
    except NvcfApiError as error:
        if error.facts.get("outcome") != "forbidden":
            trial.warn(f"{api.of.name} that earlier smoke tests may have left were not searched for: {error}")
        return []
    return [found.facts() for found in old if trial.delete(api, found)]


def _is_leftover(made: OnImage) -> bool:
    """By the time in the name that a test gives, else by the tag, which nvcf-cli cannot set, and the API's time."""
    prefix, _dash, rest = made.name.partition(f"{PREFIX}-")
    stamp = rest.partition("-")[0]
    if not prefix and stamp.isdigit():
        at = float(stamp)
    elif TAG in made.tags and made.created:
        at = made.created.timestamp()
    else:
        return False
    return time.time() - at > LEFTOVER_SECONDS


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One test of one image, and what it could not delete: that is reported, and decides nothing."""

    image: str
    expect: str
    warn: Callable[[str], None]
    remaining: list[dict[str, str]] = field(default_factory=list)

    def delete(self, client: Client, made: OnImage) -> bool:
        """Whether it is gone."""
        if problem := _delete(client, made):
            self.remaining.append(made.facts())
            self.warn(
                f"the smoke test's {made} could not be deleted: {problem.removesuffix('.')}. Delete it; a "
                "later smoke test tries again."
            )
        return not problem


def _passes(answer: Answer, made: OnImage) -> bool:
    """Whether another answer may come. A refusal of ICMS looks as if it were the tasks API's own."""
    passed_on = answer.kind == "upstream" or (made.noun == TASKS.noun and answer.status == 401)
    return passed_on or answer.status >= 500 or answer.kind == "rate_limited"


def _delete(client: Client, made: OnImage) -> str:
    """Deletes until the API says that it is gone: a 500 may come although it is, so asking again is safe and needed.

    Returns why it may still be there, empty when it is gone.
    """
    problem = ""
    for turn in range(DELETE_TRIES):
        if turn:
            time.sleep(0.25 * 2**turn)
        try:
            answer = client.delete(made)
            if answer.kind == "accepted" or answer.status == 404:
                return ""
            problem = answer.explanation
            if not _passes(answer, made):
                break
        except NvcfError as error:
            problem = str(error)
    return problem
