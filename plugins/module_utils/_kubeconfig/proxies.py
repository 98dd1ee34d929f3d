# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy lies between this machine and a server, decided as client-go decides it. Pure.

A proxy that is named for the cluster is used whatever the environment says. Without one the environment's variables
count, with Go's rules for NO_PROXY: other programs have other rules, and helm would go another way than what is read
here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union
from urllib.parse import quote, unquote, urlsplit

from .._runtime.errors import ConnectionOptionsError

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 - pylint takes the other form for a sum
PORTS = {"http": 80, "https": 443, "socks5": 1080}
"""Of each kind of proxy the port of one that names none."""


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy and the login for it."""

    scheme: str
    """`http`, `https` or `socks5`; names are always resolved by the proxy."""
    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def url(self) -> str:
        """Its URL with the login in it."""
        if self.username is None:
            return str(self)
        scheme, _separator, address = str(self).partition("://")
        return f"{scheme}://{quote(self.username, safe='')}:{quote(self.password or '', safe='')}@{address}"


def parse_proxy(text: str) -> Proxy:
    """The proxy at a URL. Raises ValueError, whose text quotes nothing of it."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    scheme = {"socks5h": "socks5"}.get(url.scheme, url.scheme)
    if "://" in text and scheme not in PORTS:
        raise ValueError(f"its scheme is {scheme}, not http, https or socks5")
    if scheme not in PORTS or not url.hostname:
        raise ValueError("it is not a URL of the form http://host:port, https://host:port or socks5://host:port")
    if port == 0:
        raise ValueError("its port is 0")
    username, password = (None if part is None else unquote(part) for part in (url.username, url.password))
    return Proxy(scheme=scheme, host=url.hostname, port=port or PORTS[scheme], username=username, password=password)


def of_environment(server: str, environ: Mapping[str, str], *, no_proxy: str | None = None) -> tuple[str, str] | None:
    """The variable that names a proxy for the server, and its value; None to go there directly.

    `no_proxy` counts beside the variable NO_PROXY.
    """
    url = urlsplit(server)
    names = ("HTTPS_PROXY", "https_proxy") if url.scheme == "https" else ("HTTP_PROXY", "http_proxy")
    found = _first(environ, names)
    if found is None or _local(url.hostname or ""):
        return None
    excepted = (_first(environ, ("NO_PROXY", "no_proxy")) or ("", ""))[1]
    if bypassed(server, excepted) or bypassed(server, no_proxy or ""):
        return None
    name, value = found
    return name, value if "://" in value else f"http://{value}"


def proxy_of_environment(server: str, environ: Mapping[str, str], *, no_proxy: str | None = None) -> Proxy | None:
    """The proxy that the environment names for the server. Raises ConnectionOptionsError for an unusable one."""
    named = of_environment(server, environ, no_proxy=no_proxy)
    if named is None:
        return None
    try:
        return parse_proxy(named[1])
    except ValueError as error:
        raise ConnectionOptionsError(f"the variable {named[0]} is not a usable proxy: {error}.") from None


def bypassed(server: str, no_proxy: str) -> bool:
    """Whether a list like that of the variable NO_PROXY has the server in it."""
    try:
        url = urlsplit(server)
        host, port = (url.hostname or "").lower(), url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return False
    address = _address(host)
    for entry in filter(None, (part.strip().lower() for part in no_proxy.split(","))):
        if entry == "*":
            return True
        if "/" in entry:
            # An IPv6 network has colons, which are not ports.
            if _within(address, entry):
                return True
            continue
        name, wanted = _split_port(entry)
        if wanted in (None, str(port)) and _names(name, host, address):
            return True
    return False


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((name, environ[name]) for name in names if environ.get(name)), None)


def _local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _within(address: Address | None, network: str) -> bool:
    try:
        return address is not None and address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, str | None]:
    if _address(entry) is not None:
        return entry, None
    name, colon, port = entry.rpartition(":")
    return (name.strip("[]"), port) if colon else (entry.strip("[]"), None)


def _names(name: str, host: str, address: Address | None) -> bool:
    if not name:
        return False
    if address is not None:
        return _address(name) == address
    suffix = name[1:] if name.startswith("*.") else name
    return host.endswith(suffix) if suffix.startswith(".") else host == suffix or host.endswith(f".{suffix}")


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
