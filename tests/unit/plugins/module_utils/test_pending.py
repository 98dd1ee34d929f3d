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
from ansible_collections.fleetops.nvcf.plugins.module_utils._pending import Settled, settle
from ansible_collections.fleetops.nvcf.plugins.module_utils._recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._trail import Trail
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
) -> Settled:
    with serving(kubernetes) as server:
        params = options(OPERATION, host=server.url, registries=[GHCR], **given)
        with connect(params) as cluster:
            return settle(host(params, check_mode=check_mode, say=say), cluster, params, Trail())


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
    found = settled(kubernetes, on_pending=policy)
    assert (found.history.newest.status, found.returned) == ("failed", None)
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
    assert settled(kubernetes, on_pending="wait", say=said.append).history.newest.status == "deployed"
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


@pytest.mark.parametrize(
    "given,least", [({}, 960), ({"timeout": 1800}, 1860), ({"timeout": 1800, "pending_min_age": 120}, 120)]
)
def test_by_default_nothing_is_taken_for_dead_while_a_helm_with_this_timeout_may_be_at_work(
    kubernetes: KubernetesFake, given: dict[str, Any], least: int
) -> None:
    with pytest.raises(ReleaseError, match=rf"too young to be taken for dead \(pending_min_age {least} s\)"):
        settled(kubernetes, on_pending="rollback", **given)
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=int(time.time()) - least - 5)
    assert settled(kubernetes, on_pending="rollback", check_mode=True, **given).returned


def test_check_mode_tells_what_a_rollback_would_leave_and_does_not_do_it(kubernetes: KubernetesFake) -> None:
    found = settled(kubernetes, on_pending="rollback", pending_min_age=0, check_mode=True)
    assert found.returned is not None
    assert (found.returned.revision, found.returned.values) == (3, {})
    assert [(r.number, r.status) for r in found.history.revisions][-1] == (3, "deployed")
    assert found.history.deployed == found.history.newest


def test_check_mode_refuses_a_young_operation_as_the_real_run_does(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="too young to be taken for dead"):
        settled(kubernetes, on_pending="rollback", check_mode=True)


@pytest.mark.parametrize("check_mode", [False, True])
def test_nothing_is_taken_back_on_a_revision_that_was_not_expected(
    kubernetes: KubernetesFake, *, check_mode: bool
) -> None:
    given: dict[str, Any] = {"on_pending": "rollback", "pending_min_age": 0, "expected_revision": 7}
    with pytest.raises(ReleaseError, match="at revision 1, and expected_revision is 7"):
        settled(kubernetes, check_mode=check_mode, **given)
