# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Hosts on which the API refuses images after a change, and did not before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.result import gone_hosts
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import RegistryPlan
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair


def gone(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return gone_hosts(RegistryPlan(env_before=before, env_after=after))


def test_the_host_of_what_is_removed_is_gone() -> None:
    assert gone(env_of(GHCR, QUAY), env_of(QUAY)) == ["ghcr.io"]


def test_a_host_that_another_entry_has_now_is_not_gone() -> None:
    assert gone(env_of(GHCR), env_of(GHCR | {"key": "GITHUB"})) == []


@pytest.mark.parametrize(
    "hostname", ["https://ghcr.io", "ghcr.io:443", "my_registry.example", "acme.azurecr.io", "10.0.0.5:5000", "*.io"]
)
def test_what_never_decided_about_an_image_decides_about_none_by_going(hostname: str) -> None:
    assert gone(pair("OLD", "Old", hostname), {}) == []


def test_half_a_pair_and_a_key_that_is_dropped_were_never_there() -> None:
    assert gone(pair("OLD", None, "ghcr.io"), {}) == []
    assert gone(pair("MY_REG", "Mine", "ghcr.io"), {}) == []
