# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP service that speaks JSON, at a URL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

try:
    import urllib3
except ImportError:  # reported where a cluster is connected; urllib3 comes with the kubernetes library
    pass

from .._kubernetes.connection import Route
from .._runtime.errors import NoAnswerError

_SENDABLE = re.compile("[\\t -~\\x80-\\xff]*")
_HEADERS = {"Authorization": "the token", "Host": "api_host_header"}


def not_built(headers: Mapping[str, str], error: ValueError) -> NoAnswerError:
    """Why a request was never sent. Python's own text may quote a header that is wrong, and with it the token."""
    wrong = [name for name, value in headers.items() if not _SENDABLE.fullmatch(value)]
    reason = (
        f"{_HEADERS.get(wrong[0], wrong[0])} contains a line break or a character that is not allowed in an HTTP "
        "header. Give it as issued, on one line"
        if wrong
        else str(error).removesuffix(".") or type(error).__name__
    )
    return NoAnswerError(f"the request to the NVCF API could not be built: {reason}.", sent=False, lasting=True)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer. Its body may quote what was sent, never a token."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)

    @property
    def document(self) -> Any:
        """The body decoded as JSON, None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Service(Protocol):
    """Something that answers HTTP requests."""

    @property
    def where(self) -> str:
        """What users call it."""

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One request, one answer of whatever status. Raises NoAnswerError when there is none."""

    def another(self) -> Self:
        """The same service over connections of its own, which another thread may use at the same time."""

    def close(self) -> None:
        """Ends the connections."""


class UrlService:
    """A service reached by its URL."""

    def __init__(self, route: Route, *, host_header: str | None, timeout: float) -> None:
        self.where = route.server
        self._route = route
        self._host_header = host_header
        self._timeout = timeout

    def another(self) -> UrlService:
        """See `Service`."""
        route = replace(self._route)
        return UrlService(route, host_header=self._host_header, timeout=self._timeout)

    def close(self) -> None:
        """See `Service`."""
        self._route.close()

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """See `Service`."""
        sent = dict(headers) | ({"Host": self._host_header} if self._host_header else {})
        try:
            reply = self._route.pool.request(
                method,
                self.where + path,
                headers=sent,
                body=body,
                timeout=self._timeout,
                # Whether a request may be sent twice is the caller's decision, who knows what it does.
                retries=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            unconnected = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
            untrusted = isinstance(error, urllib3.exceptions.SSLError)
            raise NoAnswerError(
                f"the NVCF API at {self.where} cannot be reached: {error}. Check api_url and the api_ options.",
                sent=not (untrusted or isinstance(error, unconnected)),
                lasting=untrusted,
            ) from error
        except ValueError as error:
            raise not_built(sent, error) from None
        found = {k.lower(): v for k, v in reply.headers.items()}
        # The library has decoded the body already.
        found.pop("content-encoding", None)
        return Reply(status=reply.status, headers=found, body=bytes(reply.data))
