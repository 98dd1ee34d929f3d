# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an API server again: one that is away, overloaded, or only beginning."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

try:
    import urllib3
except ImportError:  # reported where a cluster is connected
    pass

from .._runtime.errors import KubernetesError
from .connection import Answer

Answered = TypeVar("Answered")

READ_PAUSES = (0.5, 1.0)
"""Seconds before something is read again that the API server could not answer just then."""
SOON_SECONDS = 5.0
"""So long after the first time it is; later it has been repeated as often as the API server asked for."""
AGAIN_SECONDS = 2.0
"""Between two reads while an API server that is away is waited for."""
STARTING_SECONDS = 10.0
"""How long a refusal is doubted where the API server says itself that it is not ready yet."""
GARBLED = "Garbled"
"""The reason of an error where something answered that is not an API server."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""Answers of an API server that is overloaded, or begins or ends just then."""
OVERLOAD_SECONDS = 60.0
"""For how long in all a request is repeated that an overloaded API server has put off."""
MOST_PUT_OFF = 10
"""How often it is repeated, as by client-go."""
RETRIES = 2
"""How often something is sent again that was not answered."""


def asked_again(
    ask: Callable[[], Answered], *, patience: float, readiness: Callable[[], int], changes: bool = False
) -> Answered:
    """What `ask` gives. It is repeated where the API server does not answer, or not as one, unless it `changes` things.

    One that is away is waited for as many seconds as `patience` says. What was refused has changed nothing: it is
    repeated where `readiness`, the status of the answer of an API server that says whether it is ready, gives reason to
    doubt the refusal. Raises KubernetesError.
    """
    began, pauses, doubts = time.monotonic(), iter(READ_PAUSES), iter(READ_PAUSES)
    while True:
        try:
            return ask()
        except KubernetesError as error:
            pause = None
            if error.status in (401, 403):
                # Who one is is not asked again for nothing: accounts get locked for less.
                further = doubts if error.status == 403 else iter(())
                pause = _doubt(readiness(), began + patience + STARTING_SECONDS, further)
            elif error.status in PASSING | {0} and not changes:
                soon = time.monotonic() < began + SOON_SECONDS and (error.status or error.reason == GARBLED)
                pause = next(pauses, None) if soon else None
                if pause is None and time.monotonic() < began + patience:
                    pause = AGAIN_SECONDS
            if pause is None:
                raise
        time.sleep(pause)


def _doubt(status: int, until: float, doubts: Iterator[float]) -> float | None:
    """Seconds after which a refusal is asked again, None for one that holds.

    An API server answers before it has read who may do what, and refuses everyone everything until then; first of all
    those who have waited for it. Where it refuses to say whether it is ready, that may be for good.
    """
    if status in PASSING | {0} and time.monotonic() < until:
        return READ_PAUSES[0]
    return next(doubts, None) if status in (401, 403) else None


def repeated_as_asked(method: str, reply: Answer, again: Callable[[], Answer]) -> Answer:
    """The answer, or that of a repetition that the API server has asked for."""
    deadline = time.monotonic() + OVERLOAD_SECONDS
    for _time in range(MOST_PUT_OFF):
        wait = _put_off(method, reply)
        if wait is None or time.monotonic() + wait > deadline:
            break
        time.sleep(wait)
        reply = again()
    return reply


def _put_off(method: str, reply: Answer) -> float | None:
    """Seconds after which the request may be repeated, None where it may not.

    A server that answers 429 has not begun with the request. After another error it may have, so only what changes
    nothing is repeated then.
    """
    reported = reply.headers.get("retry-after", "").strip()
    if not (reported.isascii() and reported.isdigit()):
        return None
    return float(reported) if reply.status == 429 or (reply.status >= 500 and method == "GET") else None


def retries(most: int = RETRIES) -> urllib3.Retry:
    """Only what did not reach the server, or changes nothing, is sent again, and an answer is one whatever it is."""
    return urllib3.Retry(
        total=most, status=0, other=0, redirect=0, backoff_factor=0.2, respect_retry_after_header=False
    )
