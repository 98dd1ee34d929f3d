# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""How the server's address is written, and servers that are overloaded, broken or no API servers."""

from __future__ import annotations

from typing import Any

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    ANONYMOUS,
    EAST,
    End,
    Group,
    Variant,
    case,
)

_EAST = frozenset({"east"})
_PORT = "@east.port@"
_CA = {"certificate-authority": "@ca@"}
_GOOD = {"certificate-authority": "@tls:good.ca@"}


def written(name: str, what: str, server: str, **more: Any) -> Variant:
    """The API server, with its address written so."""
    return case(name, what, {**EAST, "server": server}, **more)


def standing(name: str, what: str, kind: str, **more: Any) -> Variant:
    """Something that stands before the API server."""
    where = frozenset({f"hostile:{kind}"})
    place = {"touched": where} if more.get("end") in (End.REFUSED, End.ONLY_KUBECTL) else {"reached": where}
    return case(name, what, {"server": f"@hostile:{kind}@", **_GOOD}, **{**place, **more})


ADDRESSES = [
    written("localhost", "The server is named localhost.", f"https://localhost:{_PORT}"),
    written(
        "no-scheme",
        "The address has no scheme. kubectl takes it for http, whatever else the cluster's entry says.",
        f"127.0.0.1:{_PORT}",
        end=End.REFUSED,
        touched=_EAST,
        names=["server"],
    ),
    written(
        "no-scheme-name",
        "The same with a name.",
        f"localhost:{_PORT}",
        end=End.REFUSED,
        touched=_EAST,
        names=["server"],
    ),
    case(
        "no-scheme-no-ca",
        "The address has no scheme, and no authority is given.",
        {"server": f"127.0.0.1:{_PORT}"},
        end=End.REFUSED,
        touched=_EAST,
        names=["server"],
    ),
    written("upper-case", "The scheme and the name are in capitals.", f"HTTPS://LOCALHOST:{_PORT}"),
    written("slash", "The address ends with a slash.", "@east@/"),
    written("slashes", "The address ends with two slashes.", "@east@//"),
    case(
        "prefix",
        "The API server is below a path.",
        {"server": "@hostile:below@/clusters/east", **_GOOD},
        reached=frozenset({"hostile:below"}),
    ),
    case(
        "prefix-slash",
        "The path ends with a slash.",
        {"server": "@hostile:below@/clusters/east/", **_GOOD},
        reached=frozenset({"hostile:below"}),
    ),
    case(
        "prefix-query",
        "The path is followed by a query, which is left out.",
        {"server": "@hostile:below@/clusters/east?page=1", **_GOOD},
        reached=frozenset({"hostile:below"}),
    ),
    written("query", "The address has a query and no path.", "@east@?page=1"),
    written("fragment", "The address has a fragment.", "@east@#top"),
    case("ipv6", "The address is of IPv6.", {"server": "@ipv6@", **_GOOD}, reached=frozenset({"ipv6"})),
    case(
        "http",
        "The address begins with http. Nothing secret is sent then, so the API server sees no one.",
        {"server": "@http@"},
        reached=frozenset({"http"}),
        identity=ANONYMOUS,
    ),
    case(
        "http-certificate",
        "The same, with a client certificate.",
        {"server": "@http@"},
        {"client-certificate": "@cert@", "client-key": "@key@"},
        reached=frozenset({"http"}),
        identity=ANONYMOUS,
    ),
    case(
        "http-ca",
        "The address begins with http, and an authority is given.",
        {"server": "@http@", **_CA},
        reached=frozenset({"http"}),
        identity=ANONYMOUS,
    ),
    written(
        "login",
        "The address has a login in it, which takes the token's place.",
        f"https://me:secret@127.0.0.1:{_PORT}",
        end=End.ONLY_KUBECTL,
        identity=ANONYMOUS,
        names=["server"],
        differs="A login in an address is visible to anyone who reads the address, and takes the place of the user's "
        "own credential.",
    ),
    written(
        "ftp", "The address begins with ftp.", f"ftp://127.0.0.1:{_PORT}", end=End.REFUSED, names=["server", "ftp"]
    ),
    written("blank-at-end", "The address ends with a space.", "@east@ ", end=End.REFUSED, names=["server"]),
    written(
        "port-too-large", "The port is none that there is.", "https://127.0.0.1:99999", end=End.REFUSED, names=["99999"]
    ),
    written("port-word", "The port is a word.", "https://127.0.0.1:https", end=End.REFUSED, names=["server"]),
    case("server-absent", "The cluster has no server.", _CA, end=End.REFUSED, names=["server"]),
    case("server-empty", "The server is empty.", {**EAST, "server": ""}, end=End.REFUSED, names=["server"]),
    written("nobody-there", "Nothing listens there.", "https://127.0.0.1:9", end=End.REFUSED, names=["127.0.0.1:9"]),
    written(
        "no-such-name",
        "Nothing resolves the name.",
        "https://api.east.example:6443",
        end=End.REFUSED,
        names=["api.east.example"],
    ),
    case("disable-compression", "disable-compression is true.", {**EAST, "disable-compression": True}),
]

BROKEN = [
    standing(
        "429-once",
        "The API server is overloaded: 429 with Retry-After, then it answers.",
        "429-once",
        forward_too=False,
    ),
    standing("503-once", "It is not ready: 503 with Retry-After, then it answers.", "503-once", forward_too=False),
    standing("503", "It stays at 503.", "503", seconds=2, end=End.REFUSED, names=["503"]),
    standing("reset", "Connections are broken off at once.", "reset", end=End.REFUSED, names=["@hostile:reset.port@"]),
    standing(
        "truncated",
        "The answer ends in its middle.",
        "truncated",
        end=End.REFUSED,
        forward_too=False,
        names=["@hostile:truncated.port@"],
    ),
    standing("stalled", "No answer comes.", "stalled", seconds=1, end=End.REFUSED, names=["timed out"]),
    standing("page", "A gateway answers with its login page, and 200.", "page", end=End.REFUSED, names=["answer"]),
    standing(
        "redirect",
        "It sends everyone to another server, which the same authority vouches for.",
        "redirect",
        end=End.ONLY_KUBECTL,
        kubectl_reached=frozenset({"hostile:redirect", "tls:elsewhere"}),
        helm_too=False,
        names=["302"],
        differs="The token would go to a server that the kubeconfig does not name.",
    ),
]

GROUPS = [
    Group(title="The server's address", variants=ADDRESSES),
    Group(title="API servers that are overloaded or none", variants=BROKEN),
]
