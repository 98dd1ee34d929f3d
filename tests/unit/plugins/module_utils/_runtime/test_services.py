# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""The services that a role works on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import InputError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import SERVICES, named, optional


@pytest.mark.parametrize(
    "given, found",
    [
        (["functions"], ["functions"]),
        (["tasks", "functions", "tasks"], ["functions", "tasks"]),
        ("tasks, functions", ["functions", "tasks"]),
        ("auto", ["functions", "tasks"]),
        (["tasks", "auto"], ["functions", "tasks"]),
    ],
)
def test_services_come_once_and_in_the_order_of_a_change(given: Any, found: list[str]) -> None:
    assert named(given) == found


@pytest.mark.parametrize(
    "given, said",
    [
        ([], "registry_allowlist_services is empty"),
        ("", "registry_allowlist_services is empty"),
        (" , ", "registry_allowlist_services is empty"),
        (["task"], "there is no service 'task'"),
        ("functions tasks", "there is no service 'functions tasks'"),
        ([None], "there is no service 'None'"),
    ],
)
def test_what_would_leave_one_out_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        named(given)


def test_what_two_services_share_would_be_read_as_that_of_both() -> None:
    for part in ("release", "chart", "root", "variable_prefix", "env"):
        assert len({getattr(service, part) for service in SERVICES.values()}) == len(SERVICES), part


@pytest.mark.parametrize(
    "given, found", [("auto", ["tasks"]), (["functions", "auto"], ["tasks"]), (["functions", "tasks"], [])]
)
def test_only_who_names_no_service_means_those_that_there_are(given: Any, found: list[str]) -> None:
    assert optional(given) == found
