# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Proxies. The server's name resolves to nothing, so it is reached by a proxy or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fleetops.nvcf.tests.conformance.variant import (
    ANONYMOUS,
    CERTIFICATE,
    CONFIG,
    EAST,
    POWERLESS,
    End,
    Group,
    Variant,
    case,
)

NAME = "api.east.example"
LOGIN = "user:p%40ss%3Aw"
_PORT = "@tls:good.port@"
BEHIND = {"server": f"https://{NAME}:{_PORT}", "certificate-authority": "@tls:good.ca@"}
_FILE = {"KUBECONFIG": f"@folder@/{CONFIG}"}
HTTP = "http://@proxy:http@"
_BOTH = "Which of the two counts is a question of the Go that a kubectl is made with."


def by(*proxies: str) -> frozenset[str]:
    """The server, and the proxies before it."""
    return frozenset({"tls:good", *(f"proxy:{one}" for one in proxies)})


def proxied(
    name: str,
    what: str,
    environ: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
    through: str = "http",
    **more: Any,
) -> Variant:
    """A server that is reached by a proxy; `extra` changes the cluster's entry."""
    cluster = {k: v for k, v in {**BEHIND, **(extra or {})}.items() if v is not None}
    where = (
        {"touched": frozenset({f"proxy:{through}"})}
        if more.get("end", End.ONLY_OURS) != End.ONLY_OURS
        else {"reached": by(through)}
    )
    return case(name, what, cluster, environ={**_FILE, **(environ or {})}, **{**where, **more})


def direct(name: str, what: str, no_proxy: str) -> Variant:
    """No proxy is asked, so that nothing resolves the name."""
    environ = {"HTTPS_PROXY": HTTP, "NO_PROXY": no_proxy}
    return proxied(name, what, environ, end=End.REFUSED, touched=frozenset(), names=[NAME])


def still(name: str, what: str, no_proxy: str) -> Variant:
    """The proxy is asked in spite of NO_PROXY."""
    return proxied(name, what, {"HTTPS_PROXY": HTTP, "NO_PROXY": no_proxy})


VARIABLES = [
    proxied("https-proxy", "HTTPS_PROXY names a proxy.", {"HTTPS_PROXY": HTTP}),
    proxied("https-proxy-lower", "https_proxy names a proxy.", {"https_proxy": HTTP}),
    proxied(
        "https-proxy-both",
        "https_proxy and HTTPS_PROXY name two. The capitals are taken.",
        {"https_proxy": "http://@proxy:http-login@", "HTTPS_PROXY": HTTP},
        kubectl_varies=_BOTH,
    ),
    proxied("https-proxy-bare", "HTTPS_PROXY is `host:port`.", {"HTTPS_PROXY": "@proxy:http@"}),
    proxied(
        "https-proxy-empty",
        "https_proxy is empty, HTTPS_PROXY names a proxy.",
        {"https_proxy": "", "HTTPS_PROXY": HTTP},
    ),
    proxied(
        "http-proxy-only",
        "Only HTTP_PROXY names a proxy, and the server's address begins with https.",
        {"HTTP_PROXY": HTTP},
        end=End.REFUSED,
        touched=frozenset(),
        names=[NAME],
    ),
    proxied(
        "all-proxy",
        "Only ALL_PROXY names a proxy.",
        {"ALL_PROXY": HTTP, "all_proxy": HTTP},
        end=End.REFUSED,
        touched=frozenset(),
        names=[NAME],
    ),
    proxied(
        "http-proxy",
        "HTTP_PROXY names a proxy, and the server's address begins with http.",
        {"HTTP_PROXY": HTTP},
        {"server": f"http://{NAME}:@http.port@", "certificate-authority": None},
        reached=frozenset({"http", "proxy:http"}),
        identity=ANONYMOUS,
    ),
    case(
        "https-proxy-loopback",
        "HTTPS_PROXY names a proxy, and the server is on 127.0.0.1: no proxy is asked.",
        EAST,
        environ={**_FILE, "HTTPS_PROXY": HTTP},
    ),
    case(
        "https-proxy-localhost",
        "The same with localhost.",
        {**EAST, "server": "https://localhost:@east.port@"},
        environ={**_FILE, "HTTPS_PROXY": HTTP},
    ),
    proxied(
        "https-proxy-login",
        "The proxy wants a login, with characters that are written with a percent sign.",
        {"HTTPS_PROXY": f"http://{LOGIN}@@proxy:http-login@"},
        through="http-login",
    ),
    proxied(
        "https-proxy-login-wrong",
        "The login is wrong.",
        {"HTTPS_PROXY": "http://user:secret@@proxy:http-login@"},
        through="http-login",
        end=End.REFUSED,
        names=["407"],
    ),
    proxied(
        "https-proxy-login-none",
        "The proxy wants a login, and there is none.",
        {"HTTPS_PROXY": "http://@proxy:http-login@"},
        through="http-login",
        end=End.REFUSED,
        names=["407"],
    ),
    proxied(
        "https-proxy-tls",
        "The proxy speaks TLS. Its certificate is of the cluster's authority.",
        {"HTTPS_PROXY": "https://@proxy:https@"},
        through="https",
    ),
    proxied(
        "https-proxy-socks", "The proxy speaks SOCKS5.", {"HTTPS_PROXY": "socks5://@proxy:socks5@"}, through="socks5"
    ),
    proxied(
        "https-proxy-socks-name",
        "The scheme is socks5h.",
        {"HTTPS_PROXY": "socks5h://@proxy:socks5@"},
        through="socks5",
    ),
    case(
        "https-proxy-certificate",
        "A proxy is passed with a client certificate, and tls-server-name has the server's other name.",
        {**EAST, "server": f"https://{NAME}:@east.port@", "tls-server-name": "localhost"},
        CERTIFICATE,
        environ={**_FILE, "HTTPS_PROXY": HTTP},
        reached=frozenset({"east", "proxy:http"}),
        identity=POWERLESS,
    ),
    proxied(
        "https-proxy-dead",
        "Nothing listens where the proxy should be.",
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        end=End.REFUSED,
        names=["127.0.0.1:9"],
    ),
    proxied(
        "https-proxy-ftp",
        "The proxy's scheme is none that there is.",
        {"HTTPS_PROXY": "ftp://@proxy:http@"},
        end=End.ONLY_KUBECTL,
        kubectl_reached=by("http"),
        touched=frozenset(),
        names=["HTTPS_PROXY", "ftp"],
        differs="Such a scheme is a slip. kubectl takes it for http.",
    ),
]

NO_PROXY = [
    direct("no-proxy-all", "NO_PROXY is `*`.", "*"),
    direct("no-proxy-name", "NO_PROXY has the server's name.", f"other.example,{NAME}"),
    direct("no-proxy-domain", "NO_PROXY has the domain above.", "east.example"),
    direct("no-proxy-dot", "NO_PROXY has the domain with a dot before it.", ".east.example"),
    direct("no-proxy-star-dot", "NO_PROXY has the domain with `*.` before it.", "*.east.example"),
    direct("no-proxy-blanks", "NO_PROXY has spaces around its parts, and capitals.", " other.example , East.Example "),
    direct("no-proxy-port", "NO_PROXY has the name with the server's port.", f"{NAME}:{_PORT}"),
    still("no-proxy-other-port", "NO_PROXY has the name with another port.", f"{NAME}:1"),
    still("no-proxy-dot-name", "NO_PROXY has the whole name with a dot before it: only names below.", f".{NAME}"),
    still("no-proxy-part", "NO_PROXY ends as the name does, in the middle of a word.", "ast.example"),
    still("no-proxy-other", "NO_PROXY has other names.", "east.other,api"),
    still(
        "no-proxy-blank-separated", "NO_PROXY is separated by spaces, which is one name then.", f"other.example {NAME}"
    ),
    proxied(
        "no-proxy-lower",
        "no_proxy and NO_PROXY differ. The capitals are taken.",
        {"HTTPS_PROXY": HTTP, "no_proxy": "*", "NO_PROXY": "other.example"},
        kubectl_varies=_BOTH,
    ),
    proxied(
        "ip-proxied",
        "The server is an IP address that is not loopback.",
        {"HTTPS_PROXY": HTTP},
        {"server": f"https://0.0.0.0:{_PORT}"},
    ),
    proxied(
        "no-proxy-ip",
        "NO_PROXY has the IP address.",
        {"HTTPS_PROXY": HTTP, "NO_PROXY": "0.0.0.0"},
        {"server": f"https://0.0.0.0:{_PORT}"},
        reached=by(),
    ),
    proxied(
        "no-proxy-cidr",
        "NO_PROXY has the network of the IP address.",
        {"HTTPS_PROXY": HTTP, "NO_PROXY": "10.0.0.0/8,0.0.0.0/8"},
        {"server": f"https://0.0.0.0:{_PORT}"},
        reached=by(),
    ),
    proxied(
        "no-proxy-ip-part",
        "NO_PROXY has the beginning of the IP address, which is a name then.",
        {"HTTPS_PROXY": HTTP, "NO_PROXY": "0.0.0"},
        {"server": f"https://0.0.0.0:{_PORT}"},
    ),
]

_NOTE = "Nothing resolves the server's name: where no proxy is asked, there is no connection."
GROUPS = [
    Group(title="Proxies by variables", note=_NOTE, variants=VARIABLES),
    Group(title="NO_PROXY", note=_NOTE, variants=NO_PROXY),
]
