# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""One definition of an option, for Ansible and for the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.options import argument_spec, group, option, parse


@dataclass(frozen=True, kw_only=True)
class Login:
    user: str = option(default="jane")
    password: str | None = option(no_log=True)


@dataclass(frozen=True, kw_only=True)
class Options:
    login: Login = group(Login)
    image: str = option(required=True)
    names: tuple[str, ...] = option(type="list", elements="str", default=[])
    size: int | None = option(type="int", convert=lambda megabytes: megabytes * 1024)


GIVEN: Mapping[str, Any] = {"user": "jane", "password": None, "image": "a/b:1", "names": [], "size": None}


def test_ansible_is_told_of_the_options_of_all_groups_as_of_the_modules_own() -> None:
    assert argument_spec(Options) == {
        "user": {"default": "jane"},
        "password": {"no_log": True},
        "image": {"required": True},
        "names": {"type": "list", "elements": "str", "default": []},
        "size": {"type": "int"},
    }


def test_what_was_given_is_parsed_into_the_groups() -> None:
    found = parse(Options, {**GIVEN, "password": "secret", "names": ["a", "b"], "size": 2})
    assert found == Options(login=Login(user="jane", password="secret"), image="a/b:1", names=("a", "b"), size=2048)


def test_an_option_that_was_not_given_is_none_and_is_not_converted() -> None:
    found = parse(Options, GIVEN)
    assert (found.login.password, found.size) == (None, None)


def test_a_zero_and_an_empty_text_are_given() -> None:
    found = parse(Options, {**GIVEN, "user": "", "size": 0})
    assert (found.login.user, found.size) == ("", 0)


def test_an_option_that_ansible_has_not_checked_is_a_bug() -> None:
    with pytest.raises(KeyError):
        parse(Options, {"image": "a/b:1"})


def test_without_a_required_option_there_are_no_options() -> None:
    with pytest.raises(TypeError, match="image"):
        Options()


def test_a_secret_is_in_no_repr() -> None:
    assert "canary" not in repr(parse(Options, {**GIVEN, "password": "canary"}))


def test_parsed_options_can_not_be_changed() -> None:
    options = parse(Options, GIVEN)
    with pytest.raises(FrozenInstanceError):
        options.image = "other"  # type: ignore[misc] # which is the point
