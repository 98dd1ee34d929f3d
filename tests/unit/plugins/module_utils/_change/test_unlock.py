# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A release with an operation of Helm under way, or left so by one that was killed."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change import unlock
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.release_handle import open_release
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.unlock import (
    POLL_SECONDS,
    Settled,
    refuse_young,
    settle,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import PENDING as PENDING_STATUSES
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import History, Revision
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import HelmOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, env_of, host, options_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import SECRETS, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import revision_secret, stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import (
    Answer,
    KubernetesFake,
    Request,
    Response,
    serving,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import StoredHistory, revision

PENDING = f"{SECRETS}/sh.helm.release.v1.api.v2"


def second(status: str, *, stamp: int | None = None, created: float | None = None) -> dict[str, Any]:
    secret = revision_secret(stored_release({}, revision=2, info={"status": status}), stamp=stamp)
    if created is not None:
        secret["metadata"]["creationTimestamp"] = datetime.fromtimestamp(created, tz=UTC).isoformat(timespec="seconds")
    return secret


def settled(
    kubernetes: Answer,
    *,
    contended: bool = False,
    check_mode: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    warn: Callable[[str], None] = lambda _text: None,
    **given: Any,
) -> Settled:
    with serving(kubernetes) as server:
        options = options_of(OPERATION, host=server.url, registries=[GHCR], **given)
        with open_release(host(), options.connection, options.release, options.helm) as handle:
            runner = host(check_mode=check_mode, say=say, warn=warn)
            return settle(runner, handle, options.pending, options.expected_revision, contended=contended)


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
    begun = int(time.time()) - 3600
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=begun)
    since = datetime.fromtimestamp(begun, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    with pytest.raises(ReleaseError, match=rf"is pending-upgrade since {since} UTC \(revision 2, 60 min\)") as caught:
        settled(kubernetes)
    assert "Set on_pending to wait, or to rollback" in str(caught.value)
    assert "release_rollback can return to revision 1 (option revision)." in str(caught.value)
    assert [line["status"] for line in caught.value.facts["history"]] == ["pending-upgrade", "deployed"]


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
    with pytest.raises(ReleaseError, match="still is after 60 s of waiting"):
        settled(kubernetes, on_pending="wait", pending_timeout=60)
    assert pauses


def test_a_young_operation_is_not_taken_for_dead(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        settled(kubernetes, on_pending="rollback", pending_min_age=900)


def test_a_helm_in_its_hooks_is_as_young_as_its_secret(kubernetes: KubernetesFake) -> None:
    """Its label gives the time of the revision before by then."""
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=int(time.time()) - 9000, created=time.time() - 6)
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        settled(kubernetes, on_pending="rollback", pending_min_age=900)


@pytest.mark.parametrize("ahead", [-7200, 7200])
def test_a_pending_revision_ages_by_the_api_servers_clock(kubernetes: KubernetesFake, ahead: int) -> None:
    def by_its_clock(request: Request) -> Response:
        answer = kubernetes(request)
        return dataclasses.replace(answer, headers={**answer.headers, "Date": formatdate(now, usegmt=True)})

    now = time.time() + ahead
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=int(now) - 1000)
    given: dict[str, Any] = {"on_pending": "rollback", "check_mode": True}
    with pytest.raises(ReleaseError, match=r"17 min.*so its helm process may still be running"):
        settled(by_its_clock, pending_min_age=1100, **given)
    assert settled(by_its_clock, pending_min_age=900, **given).returned


def test_a_label_of_a_clock_that_is_ahead_makes_a_revision_new(kubernetes: KubernetesFake) -> None:
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=int(time.time()) + 3600)
    with pytest.raises(ReleaseError, match=r"0 min\)\. That is less than"):
        settled(kubernetes, on_pending="rollback", pending_min_age=1)


def test_a_run_that_has_met_another_one_waits_for_it_while_it_is_young(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _s: kubernetes.objects.update({PENDING: second("deployed")}))
    assert settled(kubernetes, contended=True).history.newest.status == "deployed"


def test_a_run_that_has_met_what_may_be_dead_does_not_wait_for_it(
    kubernetes: KubernetesFake, pauses: list[float]
) -> None:
    with pytest.raises(ReleaseError, match="Set on_pending to wait, or to rollback"):
        settled(kubernetes, contended=True, pending_min_age=30)
    assert pauses == []


@pytest.mark.parametrize(
    "given,least", [({}, 960), ({"timeout": 1800}, 1860), ({"timeout": 1800, "pending_min_age": 120}, 120)]
)
def test_by_default_nothing_is_taken_for_dead_while_a_helm_with_this_timeout_may_be_at_work(
    kubernetes: KubernetesFake, given: dict[str, Any], least: int
) -> None:
    with pytest.raises(ReleaseError, match=rf"That is less than pending_min_age \({least} s\)"):
        settled(kubernetes, on_pending="rollback", **given)
    kubernetes.objects[PENDING] = second("pending-upgrade", stamp=int(time.time()) - least - 5)
    assert settled(kubernetes, on_pending="rollback", check_mode=True, **given).returned


def test_check_mode_tells_what_a_rollback_would_leave_and_does_not_do_it(kubernetes: KubernetesFake) -> None:
    warnings: list[str] = []
    found = settled(kubernetes, on_pending="rollback", pending_min_age=0, check_mode=True, warn=warnings.append)
    assert found.returned is not None
    assert (found.returned.revision, found.returned.status, found.returned.values) == (3, "deployed", {})
    [warning] = warnings
    assert warning.startswith("release nvcf/api is pending-upgrade since")
    assert [(r.number, r.status) for r in found.history.revisions] == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "deployed"),
    ]
    assert found.history.deployed == found.history.newest


def test_check_mode_refuses_a_young_operation_as_the_real_run_does(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="so its helm process may still be running"):
        settled(kubernetes, on_pending="rollback", check_mode=True)


@pytest.mark.parametrize("check_mode", [False, True])
def test_nothing_is_taken_back_on_a_revision_that_was_not_expected(
    kubernetes: KubernetesFake, *, check_mode: bool
) -> None:
    given: dict[str, Any] = {"on_pending": "rollback", "pending_min_age": 0, "expected_revision": 7}
    with pytest.raises(ReleaseError, match="release nvcf/api is at revision 1, and expected_revision is 7"):
        settled(kubernetes, check_mode=check_mode, **given)


def test_waiting_looks_again_and_again_and_says_so_once(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(["pending-upgrade", "pending-rollback", "superseded"])
    said: list[str] = []
    monkeypatch.setattr(time, "sleep", lambda _s: kubernetes.objects.update({PENDING: second(next(looks))}))
    assert settled(kubernetes, on_pending="wait", say=said.append).history.newest.status == "superseded"
    assert next(looks, None) is None
    [line] = said
    assert "release nvcf/api is pending-upgrade since" in line


def test_no_pause_is_longer_than_what_is_left_of_the_time(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock of this file only: what else asks for the time would take from it.
    clock, pauses = iter([0.0, 0.0, 1.0, 3.0, 3.5, 3.9, 4.5, 9.0]), list[float]()
    monkeypatch.setattr(unlock, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=pauses.append))
    with pytest.raises(ReleaseError, match="still is after 4 s of waiting"):
        settled(kubernetes, on_pending="wait", pending_timeout=4)
    assert pauses == [POLL_SECONDS, 0.5, 0.0]


def test_without_any_time_to_wait_a_pending_release_is_refused_with_the_other_way(
    kubernetes: KubernetesFake, pauses: list[float]
) -> None:
    with pytest.raises(
        ReleaseError, match=r"set on_pending to rollback\. The module release_rollback can return to revision 1 "
    ) as caught:
        settled(kubernetes, on_pending="wait", pending_timeout=0)
    assert pauses == []
    assert [line["status"] for line in caught.value.facts["history"]] == ["pending-upgrade", "deployed"]


def test_what_was_waited_for_may_have_changed_what_the_run_was_decided_on(
    kubernetes: KubernetesFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _s: kubernetes.objects.update({PENDING: second("deployed")}))
    with pytest.raises(ReleaseError, match="at revision 2, and expected_revision is 1") as caught:
        settled(kubernetes, on_pending="wait", expected_revision=1)
    assert "Read it again" in str(caught.value)
    assert caught.value.facts["history"][0]["status"] == "deployed"


def test_a_release_at_the_expected_revision_is_only_pending(kubernetes: KubernetesFake) -> None:
    with pytest.raises(ReleaseError, match="is pending-upgrade since"):
        settled(kubernetes, expected_revision=1)


def test_a_release_without_a_deployed_revision_is_not_at_the_one_that_was_expected(kubernetes: KubernetesFake) -> None:
    kubernetes.objects = {PENDING: second("failed")}
    with pytest.raises(ReleaseError, match="at revision None, and expected_revision is 1"):
        settled(kubernetes, expected_revision=1)


def test_a_first_installation_that_was_killed_leaves_nothing_to_return_to(kubernetes: KubernetesFake) -> None:
    kubernetes.objects = {PENDING: second("pending-install")}
    with pytest.raises(ReleaseError, match="has no deployed revision to build on") as caught:
        settled(kubernetes, on_pending="rollback", pending_min_age=0)
    assert "No revision is left that release_rollback can return to" in str(caught.value)


@pytest.mark.parametrize("status", sorted(PENDING_STATUSES))
def test_every_status_in_which_helm_may_be_at_work_is_pending(kubernetes: KubernetesFake, status: str) -> None:
    kubernetes.objects[PENDING] = second(status)
    with pytest.raises(ReleaseError, match=f"is {status} since"):
        settled(kubernetes)


def revision_of_age(seconds: float | None) -> Revision:
    modified = None if seconds is None else datetime.now(tz=UTC) - timedelta(seconds=seconds)
    return Revision(number=2, status="pending-upgrade", modified=modified)


def test_a_revision_of_which_no_time_is_known_is_as_young_as_can_be() -> None:
    history = History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=(revision_of_age(None),))
    assert history.age_seconds(history.newest) == 0.0
    with pytest.raises(ReleaseError, match=r"since an unknown time \(revision 2, 0 min\)\. That is less than"):
        refuse_young(history, HelmOptions(pending_min_age=1))


@pytest.mark.parametrize("age,least,refused", [(119, 120, True), (121, 120, False), (0, 0, False)])
def test_an_operation_is_taken_for_dead_from_the_age_that_was_given_on(age: int, least: int, *, refused: bool) -> None:
    history = History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=(revision_of_age(age),))
    helm = HelmOptions(pending_min_age=least)
    if refused:
        with pytest.raises(ReleaseError, match="so its helm process may still be running") as caught:
            refuse_young(history, helm)
        assert str(caught.value).endswith("lower pending_min_age.")
        assert caught.value.facts == {"history": history.facts()}
    else:
        refuse_young(history, helm)


def test_what_is_finished_may_be_as_young_as_it_likes() -> None:
    young = Revision(number=2, status="failed", modified=datetime.now(tz=UTC))
    refuse_young(History(service=FUNCTIONS, name="api", namespace="nvcf", revisions=(young,)), HelmOptions())


def test_what_was_pending_is_taken_back_and_told(tmp_path: Path) -> None:
    found = StoredHistory(tmp_path, revision(1, "deployed"), revision(2, "pending-upgrade", env_of(GHCR)))
    found.behave(leaves=revision(3, "deployed"))
    trail, warnings = WriteRecord(), list[str]()
    given = {"on_pending": "rollback", "pending_min_age": 0, "registries": [GHCR]}
    with found.connected(OPERATION, written=trail, **given) as (handle, options):
        result = settle(host(warn=warnings.append), handle, options.pending, None)
    assert result.returned is not None
    assert (result.returned.revision, result.history.newest.number) == (3, 3)
    assert found.written[0][:3] == ["rollback", "api", "1"]
    [warning] = warnings
    assert (
        "it was considered abandoned, and the release was returned to revision 1 (stored as new revision 3)." in warning
    )
    assert warning.endswith("Helm's history keeps revision 2 as pending-upgrade, which has no effect.")
    assert trail.facts() == {
        "changed": True,
        "previous_revision": 1,
        "last_good_revision": 1,
        "newest_revision": 3,
        "mark": trail.mark,
    }
