# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What another program wrote, without the values of a release."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.redaction import (
    MASK,
    Redactor,
    without_credentials,
)
from hypothesis import given
from hypothesis import strategies as st

CANARY = "pa55word-canary"


def redact(values: Any, text: str, *public: str) -> str:
    return Redactor(values, public=public)(text)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"a": CANARY}, id="in a map"),
        pytest.param({"a": {"b": [{"c": CANARY}]}}, id="deep"),
        pytest.param([CANARY], id="in a list"),
        pytest.param({"a": f"  {CANARY}\n"}, id="with spaces around it"),
        pytest.param({"a": f"first line\n{CANARY}\nlast line"}, id="a line of many"),
    ],
)
def test_a_value_is_hidden_wherever_it_stands(values: Any) -> None:
    shown = redact(values, f"Error: cannot use {CANARY}: try again")
    assert shown == f"Error: cannot use {MASK}: try again"


@pytest.mark.parametrize(
    "value,told",
    [
        pytest.param(CANARY, base64.b64encode(CANARY.encode()).decode(), id="base64, as in a Secret"),
        pytest.param(f"{CANARY}\n{CANARY[::-1]}", f"{CANARY}\\n{CANARY[::-1]}", id="escaped line break"),
        pytest.param(f"{CANARY}\\{CANARY}", f"{CANARY}\\\\{CANARY}", id="escaped backslash"),
        pytest.param(f"it's {CANARY}", f"it''s {CANARY}", id="single quotes of YAML"),
        pytest.param(12345678, "12345678", id="number"),
    ],
)
def test_a_value_is_hidden_in_the_forms_in_which_programs_print_it(value: object, told: str) -> None:
    assert redact({"secret": value}, f"near {told} here") == f"near {MASK} here"


@pytest.mark.parametrize("value", ['quoted"pass"word', "angle<pass>word&more", 'a"b' + CANARY])
def test_a_value_is_hidden_when_it_is_quoted_as_json(value: str) -> None:
    escaped = json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    assert redact({"secret": value}, f"near {escaped} here") == f'near "{MASK}" here'


def test_each_line_of_a_private_key_is_hidden() -> None:
    key = "-----BEGIN KEY-----\nMIIabcdefgh\nijklmnopqr\n-----END KEY-----\n"
    shown = redact({"key": key}, f"yaml:\n{key.replace(chr(10), chr(10) + '    ')}")
    assert not any(line in shown for line in key.splitlines())


def test_the_longest_value_is_hidden_whole() -> None:
    assert redact([CANARY, f"{CANARY}-longer"], f"{CANARY}-longer") == MASK


def test_public_texts_stay_readable() -> None:
    values = {"name": "helm-nvcf-api", "password": CANARY}
    assert redact(values, f"helm-nvcf-api: {CANARY}", "helm-nvcf-api") == f"helm-nvcf-api: {MASK}"


@pytest.mark.parametrize("value", ["1.2", "true", True, None, 42, "", "short"])
def test_short_words_stay_readable(value: object) -> None:
    text = f"Error: {value} is not allowed in line 42"
    assert redact({"a": value}, text) == text


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"password": "a4!z"}, id="key of its own"),
        pytest.param({"api": {"env": {"DB_PASSWD": "a4!z"}}}, id="variable"),
        pytest.param({"registryCredentials": [{"username": "a4!z"}]}, id="anywhere below"),
        pytest.param({"apiKey": "a4!z"}, id="key"),
    ],
)
def test_a_short_value_under_the_key_of_a_secret_is_hidden(values: Any) -> None:
    shown = redact(values, "'a4!z' is wrong, and so is x:a4!z.")
    assert shown == f"'{MASK}' is wrong, and so is x:{MASK}."


def test_a_short_secret_is_hidden_as_a_word_and_not_within_others() -> None:
    values = {"token": "port", "passwords": [1234, "ab"], "keyspace": "main", "author": "Jane", "secretMounted": True}
    text = "transport of port 1234, not 12345, ab main Jane True"
    assert redact(values, text) == f"transport of {MASK} {MASK}, not 12345, ab main Jane True"
    assert redact(values, "port", "port") == "port"


def test_a_release_without_values_hides_nothing() -> None:
    assert redact({}, "Error: no such chart") == "Error: no such chart"


def test_a_value_with_signs_of_a_pattern_is_taken_as_text() -> None:
    assert redact(["a.*[b](c)"], "x a.*[b](c) y aXXb") == f"x {MASK} y aXXb"


@given(st.text(min_size=6), st.text(), st.text())
def test_no_value_of_six_characters_ever_comes_through(value: str, before: str, after: str) -> None:
    shown = redact({"secret": value}, f"{before}{value}{after}")
    assert not any(value in part for part in shown.split(MASK))


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text,shown",
    [
        pytest.param(f"token {JWT} is old", f"token {MASK} is old", id="JWT"),
        pytest.param("db.password=hunter2 more", f"db.password={MASK} more", id="property"),
        pytest.param("DB_PASSWORD: hunter2", f"DB_PASSWORD: {MASK}", id="YAML"),
        pytest.param('{"password": "hun ter", "a": 1}', f'{{"password": {MASK}, "a": 1}}', id="JSON"),
        pytest.param("jdbc:x?user=a&password=hunter2&ssl=1", f"jdbc:x?user=a&password={MASK}&ssl=1", id="query"),
        pytest.param("https://jane:hunter2@host/x", f"https://{MASK}@host/x", id="URL"),
        pytest.param("Authorization: Bearer abc.def", f"Authorization: {MASK}", id="header"),
        pytest.param("'authorization': 'Basic eDp5'", f"'authorization': {MASK}", id="quoted header"),
        pytest.param("sent Bearer abcdefgh12345678 twice", f"sent Bearer {MASK} twice", id="bearer"),
        pytest.param("CLIENT_SECRET=abc", f"CLIENT_SECRET={MASK}", id="secret"),
        pytest.param("api-key: abcdefgh12345678", f"api-key: {MASK}", id="long key"),
        pytest.param("token: 'abc'", f"token: {MASK}", id="quoted token"),
        pytest.param("key nvapi-abcdefgh12345678 used", f"key {MASK} used", id="NGC key"),
        pytest.param(
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
            f"a\n{MASK}\nb",
            id="private key",
        ),
        pytest.param("-----BEGIN PRIVATE KEY-----\nMIIE", MASK, id="private key that is cut off"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Property: nvcf.registries.recognized.container.ghcr.hostname",
        'Value: "null"',
        "Caused by: java.lang.IllegalStateException: Duplicate key ghcr.io (attempted merging values A and B)",
        "InvalidTokenException: the token has expired",
        "BadCredentialsException: Bad credentials",
        'secret "registry" not found',
        "password: null",
        "spring.datasource.password=",
        "https://ghcr.io/v2/ answered 401",
        "Failed to read the secret: connection refused",
    ],
)
def test_what_tells_the_cause_stays_readable(text: str) -> None:
    assert without_credentials(text) == text


@pytest.mark.parametrize(
    "unit, before",
    [
        pytest.param("-eyJ", "", id="what a token begins with"),
        pytest.param(":", "a://", id="what parts a user from a password"),
        pytest.param("x", "", id="a word"),
        pytest.param('"token: ', "", id="names of secrets"),
    ],
)
def test_a_line_of_megabytes_is_read_once_and_not_once_for_each_place_in_it(unit: str, before: str) -> None:
    """Reading it anew from each place would take hours."""
    line = before + unit * (1_000_000 // len(unit))
    assert without_credentials(line).startswith(before)


PIECES = ("eyJ", "-", ".", "abcdef", "x://", ":", "@", " ", "\n")


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_tokens_and_passwords_of_addresses_are_found_as_by_the_plain_patterns(text: str) -> None:
    plain = re.sub(r"\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?", MASK, text)
    plain = re.sub(r"(\w://)[^\s/@\"']*:[^\s/@\"']+@", rf"\1{MASK}@", plain)
    assert without_credentials(text) == plain


def test_a_key_whose_beginning_is_cut_off_is_hidden() -> None:
    assert without_credentials("c2VjcmV0\n-----END RSA PRIVATE KEY-----\nafter").endswith("-----\nafter")
    assert "c2VjcmV0" not in without_credentials("c2VjcmV0\n-----END RSA PRIVATE KEY-----\nafter")


def test_of_many_values_the_longest_that_stands_there_is_hidden() -> None:
    values = [f"https://{number}" for number in range(5000)]
    assert redact(values, "at https://4999, https://499 and https://x") == f"at {MASK}, {MASK} and https://x"
