# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which images the API accepts: the host of `https://<image>`, as Java reads it, against the recognized registries."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from .binding import Registry


class Outcome(Enum):
    """What the API makes of an image reference."""

    ACCEPTED = auto()
    UNSUPPORTED = auto()
    """No registry with this hostname is recognized."""
    CREDENTIAL_MISSING = auto()
    """A built-in registry, for which the account has no credential."""
    INVALID = auto()
    """No host can be found in the reference."""
    UNREADABLE = auto()
    """The reference does not even survive the reading of the request."""


@dataclass(frozen=True)
class Verdict:
    """An outcome and what it is about: the hostname, or the whole reference where it has none."""

    outcome: Outcome
    subject: str


_IPV4_WITH_PORT = re.compile(r"\d{1,3}(\.\d{1,3}){3}:\d+(/.*)?", re.DOTALL)
_ILLEGAL_IN_URI = re.compile(r"""[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9A-Fa-f]{2})""")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_TOP_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_AUTHORITY = re.compile(
    rf"(?:[^@]*@)?(?P<host>{_IPV4}|(?:{_LABEL}\.)+{_TOP_LABEL}\.?|{_LABEL}\.?|\[[0-9A-Fa-f:.]+\])(?P<port>:\d*)?"
)
_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")


def host_of(image: str) -> str | None:
    """Return `URI.getHost()` of `https://<image>`, in the case it is written in; None where Java finds none."""
    if _ILLEGAL_IN_URI.search(image):
        return None
    authority = re.split(r"[/?#]", image, maxsplit=1)[0]
    match = _AUTHORITY.fullmatch(authority)
    return match["host"] if match else None


def readable(image: str) -> bool:
    """Whether Java can make a URI of it at all; where not, the request fails before anything is checked."""
    return not _IPV4_WITH_PORT.fullmatch(image)


def judge(image: str, registries: Collection[Registry], credentials: Collection[str]) -> Verdict:
    """Decide about an image; `credentials` are the hostnames that the account has a credential for."""
    if not readable(image):
        return Verdict(Outcome.UNREADABLE, image)
    host = host_of(image)
    if host is None:
        return Verdict(Outcome.INVALID, image)
    for registry in registries:
        if registry.built_in and _claims(registry, host):
            known = host in credentials or registry.hostname in credentials
            return Verdict(Outcome.ACCEPTED if known else Outcome.CREDENTIAL_MISSING, host)
    recognized = any(registry.hostname == host for registry in registries)
    return Verdict(Outcome.ACCEPTED if recognized else Outcome.UNSUPPORTED, host)


def _claims(registry: Registry, host: str) -> bool:
    """Some built-in registries have a host for each of their customers."""
    match registry.key:
        case "acr":
            return registry.hostname in host
        case "ecr":
            return host == registry.hostname or _ECR.fullmatch(host) is not None
        case "volcengine":
            return host == registry.hostname or host.endswith(f".{registry.hostname}")
        case _:
            return host == registry.hostname
