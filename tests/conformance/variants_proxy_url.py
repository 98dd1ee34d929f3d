# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The proxy-url of a cluster."""

from __future__ import annotations

from ansible_collections.fleetops.nvcf.tests.conformance.variant import EAST, End, Group, case
from ansible_collections.fleetops.nvcf.tests.conformance.variants_proxies import HTTP, LOGIN, NAME, proxied

ENTRY = [
    proxied("proxy-url", "The cluster has a proxy-url.", extra={"proxy-url": HTTP}),
    proxied(
        "proxy-url-wins",
        "HTTPS_PROXY names another proxy.",
        {"HTTPS_PROXY": "http://@proxy:http-login@"},
        {"proxy-url": HTTP},
    ),
    proxied(
        "proxy-url-no-proxy",
        "NO_PROXY has the server's name. It is for variables only.",
        {"NO_PROXY": "*"},
        {"proxy-url": HTTP},
    ),
    case(
        "proxy-url-loopback",
        "The server is on 127.0.0.1. It is reached by the proxy anyway.",
        {**EAST, "proxy-url": HTTP},
        reached=frozenset({"east", "proxy:http"}),
    ),
    proxied(
        "proxy-url-empty",
        "The proxy-url is empty, so that HTTPS_PROXY counts.",
        {"HTTPS_PROXY": HTTP},
        {"proxy-url": ""},
    ),
    proxied(
        "proxy-url-login",
        "The proxy-url has a login.",
        extra={"proxy-url": f"http://{LOGIN}@@proxy:http-login@"},
        through="http-login",
    ),
    proxied(
        "proxy-url-login-wrong",
        "The login is wrong.",
        extra={"proxy-url": "http://user:secret@@proxy:http-login@"},
        through="http-login",
        end=End.REFUSED,
        names=["407"],
    ),
    proxied("proxy-url-tls", "The proxy speaks TLS.", extra={"proxy-url": "https://@proxy:https@"}, through="https"),
    proxied(
        "proxy-url-tls-login",
        "The proxy speaks TLS, and wants a login.",
        extra={"proxy-url": f"https://{LOGIN}@@proxy:https-login@"},
        through="https-login",
    ),
    proxied(
        "proxy-url-tls-other",
        "The proxy's certificate is not of the cluster's authority.",
        extra={
            "proxy-url": "https://@proxy:https@",
            "server": f"https://{NAME}:@tls:chain.port@",
            "certificate-authority": "@tls:chain.ca@",
        },
        through="https",
        end=End.REFUSED,
        names=["certificate"],
    ),
    proxied(
        "proxy-url-tls-insecure",
        "The same, and insecure-skip-tls-verify is true.",
        extra={
            "proxy-url": "https://@proxy:https@",
            "server": f"https://{NAME}:@tls:chain.port@",
            "certificate-authority": None,
            "insecure-skip-tls-verify": True,
        },
        reached=frozenset({"tls:chain", "proxy:https"}),
    ),
    proxied(
        "proxy-url-socks", "The proxy speaks SOCKS5.", extra={"proxy-url": "socks5://@proxy:socks5@"}, through="socks5"
    ),
    proxied(
        "proxy-url-socks-login",
        "It wants a login.",
        extra={"proxy-url": f"socks5://{LOGIN}@@proxy:socks5-login@"},
        through="socks5-login",
    ),
    proxied(
        "proxy-url-socks-wrong",
        "The login is wrong.",
        extra={"proxy-url": "socks5://user:secret@@proxy:socks5-login@"},
        through="socks5-login",
        end=End.REFUSED,
        names=["proxy"],
    ),
    proxied(
        "proxy-url-socks-name",
        "The scheme is socks5h.",
        extra={"proxy-url": "socks5h://@proxy:socks5@"},
        through="socks5",
        end=End.ONLY_OURS,
        differs="Other programs write so that the proxy resolves names. It always does.",
    ),
    proxied(
        "proxy-url-ftp",
        "The scheme is none that there is.",
        extra={"proxy-url": "ftp://@proxy:http@"},
        end=End.REFUSED,
        names=["proxy-url", "ftp"],
    ),
    proxied(
        "proxy-url-bare",
        "The proxy-url has no scheme.",
        extra={"proxy-url": "@proxy:http@"},
        end=End.REFUSED,
        names=["proxy-url"],
    ),
    proxied(
        "proxy-url-server-name",
        "There is a tls-server-name too. It is for the proxy's certificate as well.",
        extra={"proxy-url": "https://@proxy:https@", "tls-server-name": "api.west.example"},
        through="https",
    ),
]

GROUPS = [Group(title="proxy-url", variants=ENTRY)]
