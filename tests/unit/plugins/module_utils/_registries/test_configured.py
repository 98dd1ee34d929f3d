# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What an environment map holds, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held, problems, variables
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.rules import NATIVE_HOSTS, NATIVE_NAMES
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import BindingFailure, bind
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, held_registry, pair
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

PREFIX = FUNCTIONS.variable_prefix


def problem_texts(env: dict[str, Any], *, fatal: bool) -> dict[str, str]:
    return {problem.key: problem.text for problem in problems(held(env, FUNCTIONS)) if problem.fatal is fatal}


def test_whole_registries_are_found_by_key_in_order() -> None:
    assert [registry.facts() for registry in held(env_of(QUAY, GHCR), FUNCTIONS)] == [GHCR, QUAY]


@pytest.mark.parametrize(
    "variable",
    [
        "LOG_LEVEL",
        f"{PREFIX}NAME",
        f"{PREFIX}GHCR_PASSWORD",
        f"{PREFIX}GHCR_NAME_",
        f"X{PREFIX}GHCR_NAME",
        "NVCF_REGISTRIES_RECOGNIZED_HELM_GHCR_NAME",
    ],
)
def test_a_variable_of_another_meaning_is_no_registry(variable: str) -> None:
    assert held({variable: "x"}, FUNCTIONS) == ()
    assert variables(env_of(GHCR) | {variable: "x"}, FUNCTIONS) == list(env_of(GHCR))


def test_a_null_counts_as_absent() -> None:
    assert held({f"{PREFIX}GHCR_NAME": None, f"{PREFIX}GHCR_HOSTNAME": "ghcr.io"}, FUNCTIONS) == (
        held_registry(name=None),
    )


def test_a_key_of_nulls_is_held_because_the_chart_renders_blanks_for_it() -> None:
    env = {f"{PREFIX}GHCR_NAME": None, f"{PREFIX}GHCR_HOSTNAME": None}
    assert held(env, FUNCTIONS) == (held_registry(name=None, hostname=None),)
    assert "does not start" in problem_texts(env, fatal=True)["GHCR"]


@pytest.mark.parametrize(
    "registry,shown", [({}, "GHCR=ghcr.io"), ({"hostname": None}, "GHCR"), ({"hostname": " "}, "GHCR")]
)
def test_a_registry_is_shown_with_its_host_where_it_has_one(registry: dict[str, Any], shown: str) -> None:
    assert str(held_registry(**registry)) == shown


@pytest.mark.parametrize(
    "found,rendered",
    [
        pytest.param(7, "7", id="int"),
        pytest.param("yes", "yes", id="text"),
        pytest.param(True, "true", id="boolean"),
    ],
)
def test_a_value_reads_as_the_chart_renders_it(found: object, rendered: str) -> None:
    [registry] = held({f"{PREFIX}GHCR_NAME": found}, FUNCTIONS)
    assert registry.name == rendered


@pytest.mark.parametrize("key", ["GHCR", "ghcr", "MY-REG", "2"])
def test_letters_digits_and_dashes_are_bound(key: str) -> None:
    assert held_registry(key=key).bound


@pytest.mark.parametrize("key", ["REG_EU", "reg.eu", "GHÇR"])
def test_any_other_key_is_not(key: str) -> None:
    assert not held_registry(key=key).bound


@pytest.mark.parametrize("half", [None, "", "  "])
def test_a_registry_with_a_missing_or_blank_half_is_not_whole(half: str | None) -> None:
    assert held_registry(name=half).whole is None
    assert held_registry(hostname=half).whole is None
    assert held_registry().whole == (GHCR["name"], GHCR["hostname"])


def test_what_an_error_may_quote_are_the_texts_that_are_there() -> None:
    assert held_registry(name="").public == ("ghcr.io",)


def test_nothing_is_wrong_with_whole_registries_that_share_nothing() -> None:
    assert problems(held(env_of(GHCR, QUAY), FUNCTIONS)) == []


@pytest.mark.parametrize(
    "env,said",
    [
        pytest.param(pair("GHCR", "GitHub", None), "HOSTNAME is missing", id="no hostname"),
        pytest.param(pair("GHCR", None, "ghcr.io"), "NAME is missing", id="no name"),
        pytest.param(pair("GHCR", " ", "ghcr.io"), "NAME is missing or empty", id="empty name"),
        pytest.param(pair("GHCR", "", ""), "NAME and HOSTNAME is missing or empty", id="both empty"),
        pytest.param(pair("HARBOR", None, "harbor.example.com"), "NAME is missing", id="half of a self-hosted kind"),
        pytest.param(pair("NGC", None, ""), "HOSTNAME is missing or empty", id="empty half of a built-in key"),
    ],
)
def test_half_a_pair_is_fatal(env: dict[str, str], said: str) -> None:
    [told] = problem_texts(env, fatal=True).values()
    assert said in told
    assert "does not start" in told


def test_halves_that_are_missing_are_not_the_same_text() -> None:
    told = problems(held(pair("ONE", None, "one.example.com") | pair("TWO", None, "two.example.com"), FUNCTIONS))
    assert [(problem.key, problem.text.partition(":")[0]) for problem in told] == [
        ("ONE", "NAME is missing or empty"),
        ("TWO", "NAME is missing or empty"),
    ]


@pytest.mark.parametrize("key", ["NGC", "ngc", "DOCKER", "ECR", "ECR-PUBLIC", "VOLCENGINE", "ACR"])
def test_half_of_a_built_in_pair_is_completed_by_the_api(key: str) -> None:
    assert problem_texts(pair(key, "Another name", None), fatal=True) == {}
    assert problem_texts(pair(key, None, "mirror.example.com"), fatal=True) == {}


def test_a_built_in_host_that_is_replaced_for_everybody_is_told() -> None:
    env = pair("NGC", None, "mirror.example.com")
    assert "replaces the built-in host nvcr.io" in problem_texts(env, fatal=False)["NGC"]
    assert problems(held(pair("NGC", "Another name", None), FUNCTIONS)) == []
    assert problems(held(pair("NGC", "NGC Private Registry", "nvcr.io"), FUNCTIONS)) == []


@pytest.mark.parametrize("key,hostname", [("HARBOR", "harbor.example.com"), ("ARTIFACTORY", "acme.jfrog.io")])
def test_nothing_is_wrong_with_a_self_hosted_kind_whatever_its_name(key: str, hostname: str) -> None:
    assert problems(held(pair(key, "Our own", hostname), FUNCTIONS)) == []
    told = problem_texts(pair(key, "Our own", f"{hostname}:443"), fatal=False)[key]
    assert "with a port it would never match" in told


def test_what_a_built_in_key_is_listed_as_can_be_there_twice() -> None:
    told = problem_texts(env_of(GHCR) | pair("NGC", None, GHCR["hostname"]), fatal=True)
    assert "also that of GHCR" in told["NGC"]
    told = problem_texts(env_of(GHCR) | pair("HARBOR", "Ours", GHCR["hostname"]), fatal=True)
    assert "also that of GHCR" in told["HARBOR"]


def test_a_name_that_a_self_hosted_kind_ignores_is_there_once() -> None:
    assert problems(held(env_of(GHCR) | pair("HARBOR", GHCR["name"], "harbor.example.com"), FUNCTIONS)) == []


PARTS: dict[str, list[str | None]] = {
    "key": [
        "GHCR",
        "ghcr",
        "QUAY",
        "REG_EU",
        "MY-REG",
        "NGC",
        "ACR",
        "ECRPUBLIC",
        "ECR-PUBLIC",
        "HARBOR",
        "ARTIFACTORY",
    ],
    "name": [None, "", " ", "One", "Two", *NATIVE_NAMES],
    "hostname": [None, "", "ghcr.io", "quay.io", *NATIVE_HOSTS],
}


@settings(max_examples=10 * settings().max_examples)
@given(rows=st.lists(st.tuples(*(st.sampled_from(texts) for texts in PARTS.values())), max_size=4))
@example(rows=[("NGC", None, "ghcr.io"), ("GHCR", "One", "nvcr.io")])
@example(rows=[("HARBOR", "One", "ghcr.io"), ("GHCR", "One", "quay.io")])
def test_what_is_called_fatal_is_that_on_which_the_api_does_not_start(rows: list[tuple[Any, Any, Any]]) -> None:
    env = {variable: value for row in rows for variable, value in pair(*row).items()}
    spellings = [registry for registry in held(env, FUNCTIONS) if registry.key.lower() == "ghcr"]
    # Of one key in two spellings it reads all variables together, half pairs included.
    assume(len(spellings) < 2 or all(registry.whole for registry in spellings))
    try:
        bind(env)
    except BindingFailure:
        starts = False
    else:
        starts = True
    assert starts is not any(problem.fatal for problem in problems(held(env, FUNCTIONS)))


@pytest.mark.parametrize("key", ["ECRPUBLIC", "ecrpublic"])
def test_shadowing_the_public_ecr_is_fatal(key: str) -> None:
    told = problem_texts(pair(key, "Mine", "mine.example.com"), fatal=True)
    assert told == {key: "it shadows the built-in ECR_PUBLIC: the API does not start"}


@pytest.mark.parametrize("hostname", NATIVE_HOSTS)
def test_the_host_of_a_built_in_registry_is_fatal(hostname: str) -> None:
    told = problem_texts(pair("MINE", "Mine", hostname), fatal=True)
    assert "is also that of a built-in registry: the API does not start" in told["MINE"]


@pytest.mark.parametrize("name", NATIVE_NAMES)
def test_the_name_of_a_built_in_registry_is_fatal(name: str) -> None:
    [told] = problems(held(pair("MINE", name, "mine.example.com"), FUNCTIONS))
    assert (told.key, told.fatal) == ("MINE", True)
    assert told.text == f"NAME {name!r} is also that of a built-in registry: the API does not start"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"key": "SECOND", "name": GHCR["name"], "hostname": "second.example.com"}, id="name"),
        pytest.param({"key": "SECOND", "name": "Second", "hostname": GHCR["hostname"]}, id="hostname"),
    ],
)
def test_two_registries_with_the_same_text_are_fatal_and_the_second_is_blamed(second: dict[str, str]) -> None:
    told = problem_texts(env_of(GHCR, second), fatal=True)
    assert list(told) == ["SECOND"]
    assert "also that of GHCR" in told["SECOND"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"name": "github container registry", "hostname": "other.example.com"}, id="name in lower case"),
        pytest.param({"name": "Other", "hostname": "GHCR.io"}, id="host in upper case"),
    ],
)
def test_texts_that_differ_in_case_only_are_different_to_the_api(other: dict[str, str]) -> None:
    assert problem_texts(env_of(GHCR, {"key": "OTHER", **other}), fatal=True) == {}


def test_a_key_in_two_spellings_is_one_entry_and_not_fatal() -> None:
    env = env_of(GHCR, GHCR | {"key": "ghcr"})
    assert problem_texts(env, fatal=True) == {}
    assert "only one of them" in problem_texts(env, fatal=False)["ghcr"]
    third = {"key": "zz", "name": "Third", "hostname": GHCR["hostname"]}
    assert "also that of GHCR" in problem_texts(env | env_of(third), fatal=True)["zz"]


def test_half_a_pair_under_a_key_that_is_not_bound_harms_nobody() -> None:
    env = pair("REG_EU", "Europe", None)
    assert problem_texts(env, fatal=True) == {}
    told = problem_texts(env, fatal=False)["REG_EU"]
    assert told == "the API drops a key with an underscore or a dot silently, and keeps rejecting the host"


def test_a_registry_that_is_not_bound_duplicates_nothing() -> None:
    assert problem_texts(env_of(GHCR, GHCR | {"key": "REG_EU"}), fatal=True) == {}


def test_a_host_that_never_matches_is_told_and_not_fatal() -> None:
    env = pair("MINE", "Mine", "mine.example.com:5000")
    assert problem_texts(env, fatal=True) == {}
    assert "never match" in problem_texts(env, fatal=False)["MINE"]


def test_the_fatal_problems_come_first() -> None:
    found = problems(held(pair("AAA", "A", "a.example.com:1") | pair("ZZZ", "Z", None), FUNCTIONS))
    assert [problem.fatal for problem in found] == [True, False]
    assert found[0].facts() == {"key": "ZZZ", "fatal": True, "problem": found[0].text}
