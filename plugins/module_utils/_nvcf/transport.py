# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP service that speaks JSON, at a URL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

try:
    import urllib3
except ImportError:  # reported where a cluster is connected; urllib3 comes with the kubernetes library
    pass

from .._runtime.errors import NoAnswerError

# Python's own text quotes the header, and with it the token.
NO_HEADER = (
    "the request to the NVCF API can't be put into words: the token (or api_host_header) has a line break or a "
    "character that no HTTP header may have. Give it as it was issued, on one line."
)


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
        """What people call it."""

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One request, one answer of whatever status. Raises NoAnswerError when there is none."""

    def another(self) -> Self:
        """The same service over connections of its own, which another thread may use at the same time."""

    def close(self) -> None:
        """Ends the connections."""


class UrlService:
    """A service reached by its URL."""

    def __init__(
        self, url: str, *, host_header: str | None, ca_cert: str | None, validate_certs: bool, timeout: float
    ) -> None:
        self.where = url.rstrip("/")
        self._host_header = host_header
        self._ca_cert = ca_cert
        self._validate_certs = validate_certs
        self._timeout = timeout
        self._pool = urllib3.PoolManager(
            ca_certs=ca_cert,
            cert_reqs="CERT_REQUIRED" if validate_certs else "CERT_NONE",
            timeout=timeout,
            # Whether a request may be sent twice is the caller's decision, who knows what it does.
            retries=False,
        )

    def another(self) -> UrlService:
        """See `Service`."""
        return UrlService(
            self.where,
            host_header=self._host_header,
            ca_cert=self._ca_cert,
            validate_certs=self._validate_certs,
            timeout=self._timeout,
        )

    def close(self) -> None:
        """See `Service`."""
        self._pool.clear()

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """See `Service`."""
        sent = dict(headers) | ({"Host": self._host_header} if self._host_header else {})
        try:
            reply = self._pool.request(method, self.where + path, headers=sent, body=body, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            unconnected = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
            untrusted = isinstance(error, urllib3.exceptions.SSLError)
            raise NoAnswerError(
                f"the NVCF API at {self.where} can't be reached: {error}. Check api_url and the api_ options.",
                sent=not (untrusted or isinstance(error, unconnected)),
                lasting=untrusted,
            ) from error
        except ValueError:
            raise NoAnswerError(NO_HEADER, sent=False, lasting=True) from None
        found = {k.lower(): v for k, v in reply.headers.items()}
        # The library has decoded the body already.
        found.pop("content-encoding", None)
        return Reply(status=reply.status, headers=found, body=bytes(reply.data))
