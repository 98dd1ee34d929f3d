# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which proxy lies before a server."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubeconfig.proxies import (
    bypassed,
    of_environment,
    parse_proxy,
)

SERVER = "https://api.east.example:6443"


@pytest.mark.parametrize(
    "text,shown,url",
    [
        ("http://proxy", "http://proxy:80", "http://proxy:80"),
        ("https://proxy", "https://proxy:443", "https://proxy:443"),
        ("socks5://proxy", "socks5://proxy:1080", "socks5://proxy:1080"),
        ("socks5h://[::1]:9", "socks5://[::1]:9", "socks5://[::1]:9"),
        ("http://j%40ne:p%3Aw@proxy:3128", "http://proxy:3128", "http://j%40ne:p%3Aw@proxy:3128"),
        ("http://jane@proxy:3128", "http://proxy:3128", "http://jane:@proxy:3128"),
    ],
)
def test_a_proxy_is_shown_without_its_login_and_told_with_it(text: str, shown: str, url: str) -> None:
    proxy = parse_proxy(text)
    assert (str(proxy), proxy.url) == (shown, url)


def test_the_login_is_decoded_and_in_no_repr() -> None:
    proxy = parse_proxy("http://j%40ne:can%3Aary@proxy:3128")
    assert (proxy.username, proxy.password) == ("j@ne", "can:ary")
    assert "can:ary" not in repr(proxy)


@pytest.mark.parametrize("text", ["proxy:3128", "ftp://canary@proxy", "http://", "http://proxy:canary", "http://[", ""])
def test_what_is_no_proxy_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^it(s| is) ") as caught:
        parse_proxy(text)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "server,environ,found",
    [
        (SERVER, {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, ("HTTPS_PROXY", "http://p:1")),
        (SERVER, {"https_proxy": "q:1"}, ("https_proxy", "http://q:1")),
        (SERVER, {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, None),
        ("http://api.east.example", {"HTTP_PROXY": "http://p:1"}, ("HTTP_PROXY", "http://p:1")),
        (SERVER, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "east.example"}, None),
        (SERVER, {"HTTPS_PROXY": "http://p:1", "no_proxy": "east.example"}, None),
        ("https://localhost:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://127.8.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://[::1]:6443", {"HTTPS_PROXY": "http://p:1"}, None),
        (SERVER, {}, None),
    ],
)
def test_the_environment_is_read_as_go_reads_it(
    server: str, environ: dict[str, str], found: tuple[str, str] | None
) -> None:
    assert of_environment(server, environ) == found


def test_the_option_no_proxy_counts_beside_the_variable() -> None:
    assert of_environment(SERVER, {"HTTPS_PROXY": "http://p:1"}, no_proxy="api.east.example") is None


@pytest.mark.parametrize(
    "server,entry,direct",
    [
        (SERVER, "*", True),
        (SERVER, "east.example", True),
        (SERVER, ".east.example", True),
        (SERVER, "*.east.example", True),
        (SERVER, "*east.example", False),
        ("https://east:no-port", "east", False),
        (SERVER, "API.EAST.EXAMPLE", True),
        (SERVER, " west.example , api.east.example ", True),
        (SERVER, "api.east.example:6443", True),
        (SERVER, "api.east.example:443", False),
        (SERVER, "st.example", False),
        (SERVER, ".api.east.example", False),
        (SERVER, "10.0.0.0/8", False),
        (SERVER, ":6443", False),
        (SERVER, "", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3:443", True),
        ("https://10.1.2.3", "10.1.2.3:6443", False),
        ("https://10.1.2.3", "2.3", False),
        ("https://10.1.2.3", "10.0.0.0/nonsense", False),
        ("https://[fd00::1]:6443", "fd00::/16", True),
        ("https://[fd00::1]:6443", "fd00::1", True),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", True),
    ],
)
def test_a_list_of_exceptions_is_read_as_go_reads_it(server: str, entry: str, *, direct: bool) -> None:
    assert bypassed(server, entry) is direct
