# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A release with an operation of Helm under way, or left so by one that was killed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._cluster import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._pending import settle
from ansible_collections.fleetops.nvcf.plugins.module_utils._recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._release import History
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, host, options
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import SECRETS, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import KubernetesFake, serving

PENDING = f"{SECRETS}/sh.helm.release.v1.api.v2"


def second(status: str, *, stamp: int | None = None) -> dict[str, Any]:
    return revision_secret(stored_release({}, revision=2, info={"status": status}), stamp=stamp)


def settled(
    kubernetes: KubernetesFake,
    *,
    check_mode: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    **given: Any,
) -> History:
    with serving(kubernetes) as server:
        params = options(OPERATION, host=server.url, registries=[GHCR], **given)
        with connect(params) as cluster:
            return settle(host(params, check_mode=check_mode, say=say), cluster, params)


@pytest.fixture
def kubernetes() -> KubernetesFake:
    """A release whose second revision has been pending for a minute."""
    now = int(time.time())
    return KubernetesFake(stored(stored_release({})) | {PENDING: second("pending-upgrade", stamp=now - 60)})


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@pytest.mark.parametrize("policy", ["fail", "wait", "rollback"])
def test_a_release_at_rest_is_taken_as_it_is(kubernetes: KubernetesFake, pauses: list[float], policy: str) -> None:
    kubernetes.objects[PENDING] = second("failed")
    assert settled(kubernetes, on_pending=policy).newest.status == "failed"
    assert pauses == []


def test_a_pending_release_is_refused_by_default_with_what_can_be_done(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match=r"is pending-upgrade since .* \(revision 2, 1 min\)") as caught:
        settled(kubernetes)
    assert "Set on_pending to wait, or to rollback" in str(caught.value)
    assert "Revisions to return to: 1." in str(caught.value)


def test_waiting_ends_when_the_other_operation_does(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(time, "sleep", lambda _s: kubernetes.objects.update({PENDING: second("deployed")}))
    assert settled(kubernetes, on_pending="wait", say=said.append).newest.status == "deployed"
    assert len(said) == 1
    assert said[0].endswith("waiting")


def test_waiting_ends_after_the_time_that_was_given(
    kubernetes: KubernetesFake, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=20.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with pytest.raises(ReleaseError, match="still so after 60 s of waiting"):
        settled(kubernetes, on_pending="wait", pending_timeout=60)
    assert pauses


def test_a_young_operation_is_not_taken_for_dead(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="too young to be taken for dead"):
        settled(kubernetes, on_pending="rollback", pending_min_age=900)


def test_check_mode_never_rolls_back(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="pending-upgrade"):
        settled(kubernetes, on_pending="rollback", pending_min_age=0, check_mode=True)
