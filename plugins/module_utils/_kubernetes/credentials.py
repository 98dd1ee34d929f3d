# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential that a program gave, and how long it is good for. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MARGIN_SECONDS = 60
"""A credential is renewed this long before it runs out: the request, the clocks' difference and a slow answer."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A bearer token, a client certificate with its key, or both. Times are seconds since 1970."""

    token: str | None = field(default=None, repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    obtained: float
    expires: float | None = None

    def due(self, now: float) -> bool:
        """Whether to ask for another one.

        One that does not say when it runs out is good until it is refused. So is one that had run out when it came:
        the clocks differ, and asking again would give the same.
        """
        if self.expires is None or self.expires <= self.obtained:
            return False
        # Of a credential that lives shorter than the margin, at least half the life is used.
        return now >= self.expires - min(MARGIN_SECONDS, (self.expires - self.obtained) / 2)

    def outlives(self, seconds: float, now: float) -> bool:
        """Whether it is known to be good for so long."""
        return self.expires is not None and now + seconds <= self.expires

    def applied_to(self, user: Mapping[str, Any]) -> dict[str, Any]:
        """The user of a kubeconfig with this credential in the place of the program."""
        result = {field: value for field, value in user.items() if field != "exec"}
        if self.token:
            result["token"] = self.token
        if self.certificate and self.key:
            for stem, text in (("client-certificate", self.certificate), ("client-key", self.key)):
                result.pop(stem, None)
                result[f"{stem}-data"] = base64.b64encode(text.encode()).decode()
        return result


def from_status(status: Mapping[str, Any], now: float) -> Credential:
    """What the status of an ExecCredential holds.

    Raises ValueError, whose text quotes nothing of it.
    """
    fields = ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")
    token, certificate, key, expiry = (status.get(field) or None for field in fields)
    if not all(value is None or isinstance(value, str) for value in (token, certificate, key, expiry)):
        raise ValueError("its status contains a value that is not a string")
    if (certificate is None) is not (key is None):
        raise ValueError("its status contains only one of clientCertificateData and clientKeyData")
    if token is None and certificate is None:
        raise ValueError("its status contains neither token nor clientCertificateData")
    expires = None if expiry is None else _seconds(expiry)
    return Credential(token=token, certificate=certificate, key=key, obtained=now, expires=expires)


def _seconds(timestamp: str) -> float:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        raise ValueError("its expirationTimestamp is not a time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
