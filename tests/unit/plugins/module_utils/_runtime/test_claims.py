# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Two hosts of one run that lead to one release are told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import (
    api_rollout,
    recognized_registry,
    recognized_registry_audit,
    recognized_registry_info,
    release_rollback,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.claims import claim
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.operation import Operation
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ReleaseOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.run_cache import run_folder, sharing
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, host, params_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

EAST = "https://east:6443"
API = ReleaseOptions()
WEST_TOO = (
    "host 'west' is release nvcf/api on https://east:6443, and so is host 'east' of this run: both are the "
    "same release. Remove one of them from the inventory, or give it its own context."
)

Told = Callable[..., list[str]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """One task of one host; returns its warnings."""

    def claims(name: str | None, server: str = EAST, release: ReleaseOptions = API) -> list[str]:
        warned: list[str] = []
        with sharing(str(tmp_path)):
            claim(host(warn=warned.append, name=name), server, release)
        return warned

    return claims


def test_the_second_host_that_leads_to_a_release_is_told_once(told: Told) -> None:
    assert told("east") == []
    assert told("west") == [WEST_TOO]
    assert told("west") == told("east") == []


def test_each_further_host_is_told(told: Told) -> None:
    told("east")
    told("west")
    [warning] = told("north")
    assert warning.startswith("host 'north' is release nvcf/api on https://east:6443, and so is host 'east' of")


def test_one_host_in_many_tasks_is_no_matter(told: Told) -> None:
    assert [told("east") for _task in range(3)] == [[], [], []]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"server": "https://west:6443"}, id="server"),
        pytest.param({"release": ReleaseOptions(release="b")}, id="release"),
        pytest.param({"release": ReleaseOptions(namespace="b")}, id="namespace"),
    ],
)
def test_another_release_is_another_hosts(told: Told, other: dict[str, Any]) -> None:
    told("east")
    assert told("west", **other) == []


def test_what_belongs_to_no_host_claims_nothing(told: Told) -> None:
    assert told(None) == []
    assert told("east") == []
    assert told(None) == []


def test_another_run_knows_nothing_of_it(told: Told, tmp_path: Path) -> None:
    told("east")
    warned: list[str] = []
    (tmp_path / "other").mkdir()
    with sharing(str(tmp_path / "other")):
        claim(host(warn=warned.append, name="west"), EAST, API)
    claim(host(warn=warned.append, name="north"), EAST, API)
    assert warned == []


def test_of_hosts_that_come_at_the_same_time_all_but_one_are_told(tmp_path: Path) -> None:
    warned: list[str] = []
    with sharing(str(tmp_path)), ThreadPoolExecutor() as pool:
        assert run_folder() is not None
        hosts = [host(warn=warned.append, name=f"h{number}") for number in range(20)]
        waiting = [pool.submit(copy_context().run, claim, one, EAST, API) for one in hosts]
    assert [job.result() for job in waiting] == [None] * 20
    assert len(warned) == 19
    assert len({warning.rpartition("and so is host")[2] for warning in warned}) == 1


@pytest.mark.parametrize(
    "operation,given",
    [
        pytest.param(recognized_registry.OPERATION, {"registries": [GHCR]}, id="recognized_registry"),
        pytest.param(recognized_registry_info.OPERATION, {}, id="recognized_registry_info"),
        pytest.param(recognized_registry_audit.OPERATION, {"fail_on": "never"}, id="recognized_registry_audit"),
        pytest.param(release_rollback.OPERATION, {}, id="release_rollback"),
        pytest.param(api_rollout.OPERATION, {}, id="api_rollout"),
    ],
)
def test_whatever_works_on_a_release_tells_it(tmp_path: Path, operation: Operation[Any], given: dict[str, Any]) -> None:
    warned: list[str] = []
    with serving(KubernetesFake()) as server, sharing(str(tmp_path)):
        for name in ("east", "west"):
            # There is no release, which is found after the claim.
            with contextlib.suppress(NvcfError):
                operation.start(host(warn=warned.append, name=name), params_of(operation, host=server.url, **given))
    assert [warning.partition(" on ")[0] for warning in warned] == ["host 'west' is release nvcf/api"]
