# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The key at fault, from the end of a log."""

from __future__ import annotations

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._rollout.pod_logs import LOG_BYTES, explain, whole_lines
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.binding import BindingFailure, bind

PREFIX = "NVCF_REGISTRIES_RECOGNIZED_CONTAINER_"


def log_of(env: dict[str, str]) -> list[str]:
    """What the stand-in API writes when it cannot start with `env`."""
    with pytest.raises(BindingFailure) as caught:
        bind(env)
    return list(caught.value.report)


@pytest.mark.parametrize(
    "part,missing", [pytest.param("NAME", "HOSTNAME", id="no-hostname"), pytest.param("HOSTNAME", "NAME", id="no-name")]
)
def test_the_missing_half_is_named_with_its_key(part: str, missing: str) -> None:
    told = explain(log_of({f"{PREFIX}GHCR_{part}": "ghcr.io"}))
    assert f"The registry with key GHCR has no {missing}" in told
    assert "remove GHCR with state absent" in told


def test_what_two_registries_share_is_named() -> None:
    pairs = {f"{PREFIX}{key}_{part}": value for key in "AB" for part, value in (("NAME", key), ("HOSTNAME", "ghcr.io"))}
    assert "share 'ghcr.io' as name or hostname" in explain(log_of(pairs))


def test_a_log_of_another_failure_is_left_to_the_reader() -> None:
    assert explain(["java.lang.OutOfMemoryError: Java heap space"]) == ""


@pytest.mark.parametrize("key, told", [("ghcr", "GHCR"), ("my-reg", "MY-REG"), ("a1", "A1")])
def test_the_key_is_told_as_its_variable_spells_it(key: str, told: str) -> None:
    line = f"    Property: nvcf.registries.recognized.container.{key}.hostname"
    assert explain(["*****", line, "    Value: null"]).startswith(f"The registry with key {told} has no HOSTNAME, ")


def test_of_several_causes_the_first_is_told_and_half_a_pair_before_a_duplicate() -> None:
    duplicate = "Duplicate key ghcr.io (attempted merging values A and B)"
    halves = [f"Property: nvcf.registries.recognized.container.{key}.name" for key in "ab"]
    assert "key A has no NAME" in explain([duplicate, *halves])
    assert "share 'ghcr.io'" in explain([duplicate, "Duplicate key quay.io (attempted merging values C and D)"])


@pytest.mark.parametrize(
    "line",
    [
        "Property: nvcf.registries.recognized.helm.ghcr.name",
        "Property: nvcf.registries.recognized.container.ghcr.tags",
        "Duplicate key ghcr.io",
        "",
    ],
)
def test_what_only_looks_alike_is_no_cause(line: str) -> None:
    assert explain([line]) == ""


def test_an_empty_log_holds_no_cause() -> None:
    assert explain([]) == ""


def test_a_line_that_the_limit_cuts_through_is_not_shown() -> None:
    log = (b"first\n" + b"x" * LOG_BYTES)[:LOG_BYTES]
    assert whole_lines(log) == "first\n"
    assert whole_lines(b"first\nlast without a line break") == "first\nlast without a line break"
