# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the text of an option may be, and how another one is refused. Pure.

A rule is called with the option's name and its value, and raises InputError.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .errors import InputError

Rule = Callable[[str, Any], None]

LONGEST_SHOWN = 200
"""Characters of a value that a message quotes."""
LAST_PORT = 65_535
LONGEST = 1 << 16
"""Characters of any text: many paths of kubeconfig files may be one, or a long list of hosts."""
_LOGIN = re.compile(r"(?<=//)[^/?#\s]*@|^[^/?#\s:@]*:[^/?#\s]*@")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", re.ASCII)
_IMAGE = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[^/\s:@\[\]]+)(:(?P<port>\d+))?/[^\s:@/]+(/[^\s:@/]+)*(:\w[\w.-]{0,127})?(@[\w+.-]+:[0-9A-Fa-f]{32,})?",
    re.ASCII,
)
_CLEAR = re.compile(r"[!-~]+")
_UNSEEN = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that leave nothing on a screen, whatever Unicode calls them."""


def shown(value: object) -> str:
    """A value as a message quotes it: on one line, not long, and without the login of a URL."""
    whole = value if isinstance(value, str) else repr(value)
    return f"{_brief(whole)!r}" if isinstance(value, str) else _brief(whole)


def _brief(whole: str) -> str:
    safe = _LOGIN.sub("********@", whole[: 2 * LONGEST_SHOWN]).encode(errors="backslashreplace").decode()
    return safe[:LONGEST_SHOWN] + "..." if len(safe) > LONGEST_SHOWN else safe


def refuse(field: str, value: str | int, reason: str, cure: str) -> InputError:
    """The form of every refusal: field, value, reason, cure."""
    facts = {"value": _brief(value) if isinstance(value, str) else value, "reason": reason, "cure": cure}
    return InputError(f"{field} {shown(value)}: {reason}. {cure}.", field=field, **facts)


def unseen(text: str) -> str:
    """What is wrong with the first character of a text that users would not see as it is; empty for none."""
    for character in text:
        category, code = unicodedata.category(character), f"U+{ord(character):04X}"
        if category in ("Cc", "Zl", "Zp"):
            return f"a line break or another control character ({code})"
        if category in ("Cn", "Co", "Cs"):
            return f"{code}, which is a private-use, unassigned or surrogate character"
        if category == "Cf" or character in _UNSEEN:
            return f"the invisible character {code} ({unicodedata.name(character, 'without a name')})"
    return ""


def between(minimum: int, maximum: int, unit: str) -> Rule:
    """A number in a range, whose ends are in it."""

    def check(field: str, value: Any) -> None:
        if not minimum <= value <= maximum:
            reason = f"it is not between {minimum} and {maximum} {unit}".rstrip()
            raise refuse(field, value, reason, "Give a number in this range")

    return check


def text(field: str, value: Any) -> None:
    """One line of text that can be seen whole; what every option is that says nothing else."""
    if hidden := unseen(value):
        raise refuse(field, value, f"it contains {hidden}", "Remove it")
    if len(value) > LONGEST:
        raise refuse(field, value, f"it has {len(value)} characters, and at most {LONGEST} are allowed", "Shorten it")


def secret(field: str, value: Any) -> None:
    """A text that no message quotes, and that a program reads: it may be long, but has no line break."""
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        raise InputError(
            f"{field}: it contains a line break or another control character. Use the value as it was issued."
        )


def bearer(field: str, value: Any) -> None:
    """A token, which goes into the header of a request."""
    if not _CLEAR.fullmatch(value):
        raise InputError(
            f"{field}: it contains a space, a line break or another character that is not allowed in a token. Give it "
            "as issued, on one line."
        )


def sent_to_proxy(field: str, value: Any) -> None:
    """What becomes a header, as it is or with a login in it."""
    secret(field, value)
    if field.endswith("user_agent") and not value.isascii():
        raise InputError(f"{field}: it contains a character that is not allowed in an HTTP header. Write it in ASCII.")


def label(field: str, value: Any) -> None:
    """The name of a namespace or a Service."""
    _named(field, value, _LABEL, 63, "is not a valid Kubernetes name: a-z, 0-9 and dashes between them")


def subdomain(field: str, value: Any) -> None:
    """The name of most other objects of Kubernetes."""
    _named(field, value, _SUBDOMAIN, 253, "is not a valid Kubernetes name: a-z, 0-9, and dashes or dots between them")


def release_name(field: str, value: Any) -> None:
    """What helm treats as a release."""
    _named(field, value, _SUBDOMAIN, 53, "is not a valid Helm release name: a-z, 0-9, and dashes or dots between them")


def selector(field: str, value: Any) -> None:
    """What a node's label has to be. YAML makes other things of true and 1 than Kubernetes."""
    if not isinstance(value, str):
        raise refuse(field, str(value), "a node label is a string", "Put it in quotes")
    text(field, value)


def _named(field: str, value: Any, form: re.Pattern[str], most: int, reason: str) -> None:
    if len(value) > most:
        raise refuse(field, value, f"it has {len(value)} characters, and at most {most} are allowed", "Shorten it")
    if not form.fullmatch(value):
        raise refuse(field, value, f"it {reason}", "Use the name that `kubectl` or `helm list` shows")


def argument(field: str, value: Any) -> None:
    """What is handed to a program by itself, which would take a leading dash for an option."""
    text(field, value)
    if value != value.strip() or value.startswith("-"):
        raise refuse(
            field, value, "it begins with a dash, or has leading or trailing spaces", "Give only the name or the path"
        )


def version(field: str, value: Any) -> None:
    """One version, and no range of them, of which helm would take the newest."""
    if not _VERSION.fullmatch(value):
        raise refuse(
            field,
            value,
            "it is not a single complete version",
            "Use the version that `helm list` shows, for example 1.25.1",
        )


def login_name(field: str, value: Any) -> None:
    """A user, whom a colon ends where the password follows."""
    text(field, value)
    if ":" in value:
        raise refuse(field, value, "it contains a colon, which a user name cannot have", "Give only the user name")


def header(field: str, value: Any) -> None:
    """A host as the header of a request has it."""
    if not _CLEAR.fullmatch(value) or len(value) > LONGEST or set(value) & set("/@?#\\"):
        raise refuse(field, value, "it is not a host, with or without a port", "Use the form api.nvcf.example.com")


def image(field: str, value: Any) -> None:
    """An image as it stands in a pod or a function, with the registry that it is on."""
    text(field, value)
    if "://" in value:
        reason = "a scheme belongs to Helm charts and web pages, and allowlisting is for container images only"
        raise refuse(field, value, reason, "Give the image as in a function: host/path:tag")
    found = _IMAGE.fullmatch(value)
    if not found:
        raise refuse(field, value, "it is not of the form host/path:tag", "Give it with the registry's host")
    if found["port"] and not 1 <= int(found["port"]) <= LAST_PORT:
        raise refuse(field, value, "its port is not between 1 and 65535", "Give the port of the registry, or none")


def url(field: str, value: Any) -> None:
    """The address of a server, without a login."""
    text(field, value)
    refuse_login(field, value, "Remove it: the server receives a token")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise refuse(field, value, "it is not a URL with a port from 1 to 65535", "Use the form https://host:port")
    if port == 0:
        raise refuse(field, value, "its port is 0", "Give a port from 1 to 65535")
    if parts.query or parts.fragment:
        raise refuse(field, value, "it has a query or a fragment, so no path can be appended", "Remove it")


def server(field: str, value: Any) -> None:
    """The same of an API server, whose scheme may be left out."""
    try:
        url(field, value if "://" in value else f"https://{value}")
    except InputError as error:
        raise refuse(field, value, error.facts["reason"], error.facts["cure"]) from None


def chart(field: str, value: Any) -> None:
    """A path, a name in a repository or a URL, that helm is given."""
    argument(field, value)
    refuse_login(field, value, "Set registry_username and registry_password, or run `helm repo add` first")


def refuse_login(field: str, value: str, cure: str) -> None:
    """Raises InputError for a URL with a login in it: addresses are shown, and handed to programs."""
    if "://" in value and "@" in value.partition("://")[2].partition("/")[0]:
        raise refuse(field, value, "it contains a login, which would be visible to anyone who reads the address", cure)
