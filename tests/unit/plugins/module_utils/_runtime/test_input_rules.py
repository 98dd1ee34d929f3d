# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a text may be, over all of Unicode, and how one is quoted that it may not be."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import check
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime import input_rules
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.input_rules import Rule, between, shown
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import logins
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import registry
from hypothesis import given
from hypothesis import strategies as st

HIDDEN = st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
SEEN = st.text(st.characters(categories=["L", "Nd", "Sm", "Sc", "So"]), min_size=1, max_size=40).filter(
    lambda text: not input_rules.unseen(text)
)
RULES: dict[str, Rule] = {
    name: getattr(input_rules, name)
    for name in ("argument", "chart", "header", "image", "label", "login_name", "release_name", "server", "subdomain")
} | {"text": input_rules.text, "url": input_rules.url, "version": input_rules.version}


def refusal(rule: Rule, value: object) -> str:
    with pytest.raises(InputError) as caught:
        rule("option", value)
    return str(caught.value)


@given(SEEN, HIDDEN, SEEN)
def test_a_name_never_holds_what_nobody_sees(before: str, hidden: str, after: str) -> None:
    with pytest.raises(InputError, match=f"U\\+{ord(hidden):04X}"):
        check(registry(name=f"{before}{hidden}{after}"))


@given(SEEN)
def test_a_name_may_hold_whatever_can_be_seen(name: str) -> None:
    assert check(registry(name=name)) == []


@given(st.sampled_from(sorted(RULES)), st.text())
def test_every_refusal_is_one_short_line_that_can_be_seen_whole(name: str, value: str) -> None:
    try:
        RULES[name]("option", value)
    except InputError as error:
        told = str(error)
        assert told.startswith("option ")
        assert told.endswith(".")
        assert len(told) < 500
        assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(sign) for sign in told}


@given(st.text(min_size=400) | st.lists(st.text(), min_size=100) | st.integers())
def test_a_value_is_quoted_short_and_on_one_line(value: object) -> None:
    assert len(shown(value)) < 2100, "ten signs for each of those that cannot be seen"
    assert "\n" not in shown(value)


def test_of_a_long_value_no_more_than_200_characters_are_quoted() -> None:
    assert shown("a" * 201) == f"'{'a' * 200}...'"
    assert shown("a" * 200) == f"'{'a' * 200}'"


@pytest.mark.parametrize("address", ["https://u:canary@host/x", "oci://canary@host/x?a", "http://u:c@nary:canary@host"])
def test_the_login_of_an_address_is_not_quoted(address: str) -> None:
    assert "canary" not in shown(address)
    assert "canary" not in refusal(input_rules.url, address)
    assert "canary" not in refusal(input_rules.chart, address)


def test_logins_are_found_wherever_they_are_given() -> None:
    given_ = {"a": "https://u:p@h/x", "b": [{"c": "oci://v:q@h"}], "d": 1, "e": "https://h/a@b:c", "host": "w:r@h"}
    assert list(logins(given_)) == ["u:p@", "v:q@", "w:r@"]


@given(st.integers(-5, 5), st.integers(0, 5), st.integers())
def test_a_number_is_taken_in_its_range_only(least: int, size: int, value: int) -> None:
    rule = between(least, least + size, "seconds")
    if value in range(least, least + size + 1):
        rule("timeout", value)
    else:
        told = f"option {value}: it is not between {least} and {least + size} seconds. Give a number in this range."
        assert refusal(rule, value) == told


@pytest.mark.parametrize(
    "rule,values",
    [
        ("label", ["nvcf", "a", "1", "a-b", "a" * 63]),
        ("subdomain", ["default", "a.b-c.d", "a" * 253]),
        ("release_name", ["api", "a.b", "a" * 53]),
        ("argument", ["helm", "/opt/my tools/helm", "helm --x"]),
        ("version", ["1.25.1", "v1.2.3", "1.2.3-rc.1+build.5"]),
        ("url", ["https://a", "http://a:1", "https://[::1]:65535", "https://a/prefix", "https://a/b@c:d"]),
        ("server", ["a", "a:6443", "https://a:6443/k8s/c-1"]),
        ("header", ["a", "a.b:80", "10.0.0.5"]),
        ("image", ["a/b", "a.b:5000/c/d:1", f"a/b:1@sha256:{'0' * 64}", "[::1]:5000/a"]),
        ("chart", ["oci://a/b", "repo/name", "./folder", "https://a/b.tgz"]),
        ("login_name", ["jane", "robot$a"]),
        ("text", ["a b", "Größe", "倉庫"]),
    ],
)
def test_what_is_right_is_taken(rule: str, values: list[str]) -> None:
    for value in values:
        RULES[rule]("option", value)


@pytest.mark.parametrize(
    "rule,values",
    [
        ("label", ["NVCF", "a.b", "-a", "a-", "a/b", "a b", "..", "a" * 64, ""]),
        ("subdomain", ["A", "a..b", ".a", "a" * 254]),
        ("release_name", ["API", "a_b", "--help", "a" * 54]),
        ("argument", ["-a", "--help", " a", "a\n"]),
        ("version", ["1", "1.2", ">1.0.0", "^1.2.3", "latest", "--devel", "1.2.3 "]),
        (
            "url",
            ["a", "ftp://a", "https://", "https://a:0", "https://a:65536", "https://a?b", "https://a#b", "https://a b"],
        ),
        ("server", ["a:0", "a:99999", "u:p@a", "tcp://a"]),
        ("header", ["a b", "a\r\nX: y", "ä", "a/b", "u@a"]),
        ("image", ["a", "/a", "a/", "a//b", "oci://a/b", "a:0/b", "a:65536/b", "a/b:", "a b/c", "a/b@sha256:0"]),
        ("chart", ["--help", "-", "https://u:p@a/b.tgz"]),
        ("login_name", ["u:p", "a\u200bb"]),
        ("text", ["a\nb", "a\u202eb", "a" * 65_537]),
    ],
)
def test_what_is_wrong_is_refused_with_the_option_and_the_value(rule: str, values: list[str]) -> None:
    for value in values:
        assert refusal(RULES[rule], value).startswith(f"option {shown(value)}: ")
