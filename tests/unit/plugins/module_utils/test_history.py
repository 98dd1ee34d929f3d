# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Which revision to build on, and which one to return to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._cluster import Cluster, connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._history import (
    choices,
    last_good,
    read_base,
    require,
    starts,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._release import History, read_history
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, pair
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

WHOLE = env_of(GHCR)
HALF = pair("GHCR", "GitHub", None)


@contextmanager
def history_of(*revisions: tuple[str, dict[str, str]]) -> Iterator[tuple[Cluster, History]]:
    """A release whose revisions have these statuses and environments, from 1 on."""
    documents: list[dict[str, Any]] = [
        stored_release({"api": {"env": env}}, revision=number, info={"status": status})
        for number, (status, env) in enumerate(revisions, 1)
    ]
    with serving(KubernetesFake(stored(*documents))) as server, connect({"host": server.url}) as cluster:
        yield cluster, read_history(cluster, release="api", namespace="nvcf")


@pytest.mark.parametrize(
    "revisions,healthy,number",
    [
        pytest.param([("superseded", {}), ("deployed", WHOLE)], True, 2, id="deployed and healthy"),
        pytest.param([("superseded", {}), ("deployed", WHOLE)], False, 1, id="deployed and not healthy"),
        pytest.param([("superseded", {}), ("deployed", HALF)], True, 1, id="deployed with half a pair"),
        pytest.param(
            [("superseded", WHOLE), ("superseded", HALF), ("deployed", {})], False, 1, id="half a pair before"
        ),
        pytest.param([("deployed", {}), ("failed", WHOLE), ("failed", {})], True, 1, id="failed ones after it"),
        pytest.param([("deployed", {}), ("pending-upgrade", WHOLE)], True, 1, id="pending one after it"),
        pytest.param([("deployed", {})], False, None, id="nothing before it"),
        pytest.param([("failed", {})], True, None, id="nothing ever deployed"),
    ],
)
def test_the_last_good_revision_is_the_newest_with_which_the_api_ran(
    revisions: list[tuple[str, dict[str, str]]], number: int | None, *, healthy: bool
) -> None:
    with history_of(*revisions) as (cluster, history):
        good = last_good(cluster, history, healthy=healthy)
    assert (good.revision if good else None) == number


def test_the_base_for_new_values_is_the_last_deployed_revision() -> None:
    with history_of(("superseded", {}), ("deployed", WHOLE), ("failed", {})) as (cluster, history):
        base = read_base(cluster, history)
    assert (base.revision, base.values) == (2, {"api": {"env": WHOLE}})


def test_without_a_deployed_revision_the_choices_are_named() -> None:
    with (
        history_of(("superseded", {}), ("superseded", {}), ("failed", {})) as (cluster, history),
        pytest.raises(ReleaseError, match=r"its newest is 3 \(failed\)\. Revisions to return to: 1, 2\."),
    ):
        read_base(cluster, history)


@pytest.mark.parametrize("number", [1, 2])
def test_a_revision_that_helm_once_finished_can_be_returned_to(number: int) -> None:
    with history_of(("superseded", {}), ("deployed", {})) as (_cluster, history):
        assert require(history, number).number == number


@pytest.mark.parametrize(
    "number,told",
    [
        pytest.param(7, "has no revision 7: it was never there, or Helm has pruned it", id="pruned"),
        pytest.param(2, "revision 2 is failed, so the cluster never had it whole", id="failed"),
        pytest.param(3, "revision 3 is pending-upgrade", id="pending"),
    ],
)
def test_a_revision_that_is_no_place_to_return_to_is_refused_with_those_that_are(number: int, told: str) -> None:
    with (
        history_of(("deployed", {}), ("failed", {}), ("pending-upgrade", {})) as (_cluster, history),
        pytest.raises(ReleaseError, match=told) as caught,
    ):
        require(history, number)
    assert "Revisions to return to: 1." in str(caught.value)
    assert len(caught.value.facts["history"]) == 3


def test_a_history_without_a_way_back_says_so() -> None:
    with history_of(("failed", {})) as (_cluster, history):
        assert choices(history) == "No revision is left to return to."


@pytest.mark.parametrize("env,able", [(WHOLE, True), ({}, True), (HALF, False)])
def test_a_revision_with_half_a_pair_is_not_one_to_start_with(env: dict[str, str], *, able: bool) -> None:
    with history_of(("deployed", env)) as (cluster, history):
        assert starts(read_base(cluster, history)) is able


def test_what_never_was_deployed_is_never_the_base() -> None:
    with (
        history_of(("failed", {}), ("pending-upgrade", WHOLE)) as (cluster, history),
        pytest.raises(ReleaseError, match=r"No revision is left to return to\. See release_rollback") as caught,
    ):
        read_base(cluster, history)
    assert [row["revision"] for row in caught.value.facts["history"]] == [2, 1]
