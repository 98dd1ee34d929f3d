# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Applying an upgrade while others are at the same release."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.apply import (
    Contended,
    Overtaken,
    apply_change,
    give_back,
)
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.drift import live_drift
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.upgrade import Upgrade, prepare
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.write_record import WriteRecord
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.manifest import ENV_WRITTEN
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations.recognized_registry import OPERATION
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import make_plan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import read_env
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins import documents
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, wanted
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import CHART_REF, FOREIGN
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import CONFIG_MAP, config_map, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.stored_history import StoredHistory, revision

LOCKED = "UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"
FAILED = "UPGRADE FAILED: job failed"
MODIFIED = "2026-11-23T12:30:00+00:00"
"""Of all revisions of the fake."""
MARK = "a.1"
OWN = {"fleetops.nvcf/run": MARK}
GHCR_ENV, QUAY_ENV = env_of(GHCR), env_of(QUAY)


@pytest.fixture
def history(tmp_path: Path) -> StoredHistory:
    """One deployed revision without a registry."""
    return StoredHistory(tmp_path, revision(1, "deployed"))


def told(trail: WriteRecord) -> dict[str, Any]:
    """What a run with a revision of its own tells, without the mark that it bears."""
    facts = trail.facts()
    assert facts.pop("mark") == trail.mark
    return facts


def add_ghcr(
    found: StoredHistory, trail: WriteRecord | None = None, *, between: Callable[[], Any] = lambda: None
) -> Release:
    """Adds GHCR to the first revision; `between` happens after everything was planned."""
    with found.connected(OPERATION, written=trail, chart_ref=CHART_REF, registries=[GHCR]) as (handle, options):
        seen = handle.history()
        base = handle.revision(seen, 1)
        plan = make_plan(FUNCTIONS, read_env(base.values, FUNCTIONS), [wanted()], state="present", on_existing="fail")
        settings: dict[str, Any] = {"chart": options.chart, "upgrade": options.upgrade, "keep": 2}
        upgrade = prepare(handle, base, plan, plan.summary, mark=MARK, **settings)
        prediction = upgrade.predict()
        drift = live_drift(handle.cluster, base)
        between()
        return apply_change(handle, seen, upgrade, prediction, drift)


def test_what_helm_has_stored_is_returned_and_is_this_runs_newest_revision(history: StoredHistory) -> None:
    trail = WriteRecord()
    release = add_ghcr(history, trail)
    assert (release.revision, release.status) == (2, "deployed")
    assert read_env(release.values, FUNCTIONS) == FOREIGN | GHCR_ENV
    assert told(trail) == {"changed": True, "newest_revision": 2}


@pytest.mark.parametrize("status,env", [("superseded", GHCR_ENV), ("deployed", QUAY_ENV)])
def test_what_helm_has_stored_is_compared_with_what_was_sent(
    history: StoredHistory, monkeypatch: pytest.MonkeyPatch, status: str, env: dict[str, str]
) -> None:
    def apply(_upgrade: Upgrade, _values: Any) -> None:
        history.kubernetes.objects |= stored(revision(2, status, env, labels=OWN))

    monkeypatch.setattr(Upgrade, "apply", apply)
    told = rf"revision 2 of nvcf/api is {status} or does not contain what was sent\.$"
    with pytest.raises(ReleaseError, match=told) as caught:
        add_ghcr(history)
    assert [line["revision"] for line in caught.value.facts["history"]] == [2, 1]


@pytest.mark.parametrize("status", ["deployed", "pending-upgrade", "failed"])
def test_a_revision_that_was_begun_since_the_plan_was_made_asks_for_another_plan(
    history: StoredHistory, status: str
) -> None:
    trail = WriteRecord()
    with pytest.raises(Contended, match=f"^revision 2 is {status}$") as caught:
        add_ghcr(history, trail, between=lambda: history.kubernetes.objects.update(stored(revision(2, status))))
    assert caught.value.overtaken is None
    assert history.written == []
    assert trail.facts() == {"changed": False}


def test_a_revision_that_has_become_another_thing_since_asks_for_another_plan(history: StoredHistory) -> None:
    with pytest.raises(Contended, match="revision 1 is failed"):
        add_ghcr(history, between=lambda: history.kubernetes.objects.update(stored(revision(1, "failed"))))
    assert history.written == []


def test_a_registry_that_was_added_by_hand_is_removed_before_helm_starts_a_pod(history: StoredHistory) -> None:
    history.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | QUAY_ENV)
    add_ghcr(history)
    [(path, patch)] = history.kubernetes.patches
    assert (path, patch["data"]) == (CONFIG_MAP, dict.fromkeys(QUAY_ENV))


def test_a_registry_that_was_removed_before_helm_failed_counts_as_written(history: StoredHistory) -> None:
    history.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | QUAY_ENV)
    history.behave(error="UPGRADE FAILED: no chart")
    trail = WriteRecord()
    with pytest.raises(HelmError):
        add_ghcr(history, trail)
    assert trail.facts() == {"changed": True, "newest_revision": 1}


def test_an_upgrade_that_was_interrupted_is_known_by_what_it_has_left(
    history: StoredHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_upgrade: Upgrade, _values: Any) -> None:
        history.kubernetes.objects |= stored(revision(2, "failed", GHCR_ENV, labels=OWN))
        raise KeyboardInterrupt

    monkeypatch.setattr(Upgrade, "apply", interrupted)
    trail = WriteRecord(base=1, good=1)
    with pytest.raises(KeyboardInterrupt):
        add_ghcr(history, trail)
    assert told(trail) == {
        "changed": True,
        "previous_revision": 1,
        "last_good_revision": 1,
        "newest_revision": 2,
    }


def test_what_an_interrupted_helm_has_not_begun_is_not_this_runs_although_it_holds_the_same(
    history: StoredHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_upgrade: Upgrade, _values: Any) -> None:
        history.kubernetes.objects |= stored(revision(2, "deployed", GHCR_ENV))
        raise KeyboardInterrupt

    monkeypatch.setattr(Upgrade, "apply", killed)
    trail = WriteRecord()
    with pytest.raises(KeyboardInterrupt):
        add_ghcr(history, trail)
    assert trail.facts() == {"changed": False}


def test_a_revision_that_has_inherited_the_mark_and_replaced_this_runs_own_asks_for_another_plan(
    history: StoredHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built_on(_upgrade: Upgrade, _values: Any) -> None:
        theirs = revision(3, "deployed", GHCR_ENV | QUAY_ENV, labels=OWN)
        history.kubernetes.objects |= stored(revision(2, env=GHCR_ENV, labels=OWN), theirs)

    monkeypatch.setattr(Upgrade, "apply", built_on)
    trail = WriteRecord()
    with pytest.raises(Contended, match=r"^revision 3 has replaced this run's 2 already$") as caught:
        add_ghcr(history, trail)
    assert caught.value.overtaken is None
    assert trail.newest == 2


def test_a_wrapper_that_runs_no_helm_is_told(history: StoredHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upgrade, "apply", lambda _upgrade, _values: None)
    trail = WriteRecord()
    with pytest.raises(
        ReleaseError, match=r"reported success, but no revision .* mark, --labels fleetops.nvcf/run=a.1"
    ):
        add_ghcr(history, trail)
    assert trail.facts() == {"changed": False}


def test_what_is_stored_is_compared_with_what_was_predicted(
    history: StoredHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(upgrade: Upgrade, _values: Any) -> None:
        rendered = documents.manifest(upgrade.plan.env_after, EDITED="1")
        history.kubernetes.objects |= stored(revision(2, "deployed", GHCR_ENV, labels=OWN, manifest=rendered))

    monkeypatch.setattr(Upgrade, "apply", apply)
    trail = WriteRecord()
    with pytest.raises(ReleaseError, match=r"the checked dry run: ConfigMap nvcf/nvcf-api-env data\.EDITED added"):
        add_ghcr(history, trail)
    assert told(trail) == {"changed": True, "newest_revision": 2}


def test_of_a_variable_that_the_change_brings_only_the_time_of_its_repair_is_kept(history: StoredHistory) -> None:
    history.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | GHCR_ENV)
    add_ghcr(history)
    [(path, body)] = history.kubernetes.patches
    assert (path, body["data"], list(body["metadata"]["annotations"])) == (CONFIG_MAP, {}, [ENV_WRITTEN])


def test_an_edit_of_somebody_elses_variable_is_none_of_this_runs_business(history: StoredHistory) -> None:
    history.kubernetes.objects[CONFIG_MAP] = config_map({"LOG_LEVEL": "debug", "OTHER": "1"})
    history.behave(error="UPGRADE FAILED: no chart")
    trail = WriteRecord()
    with pytest.raises(HelmError):
        add_ghcr(history, trail)
    assert history.kubernetes.patches == []
    assert trail.changed is False


@pytest.mark.parametrize("status", ["deployed", "superseded"])
def test_a_change_that_was_finished_in_between_is_told_with_both_revisions(history: StoredHistory, status: str) -> None:
    history.theirs = [revision(2, status, QUAY_ENV)]
    history.behave(revision=3)
    trail = WriteRecord()
    with pytest.raises(Contended, match=r"^revision 2 was created after this run read the release$") as caught:
        add_ghcr(history, trail)
    assert caught.value.overtaken == Overtaken(theirs=2, ours=3)
    assert told(trail) == {"changed": True, "newest_revision": 3}


def test_of_several_changes_in_between_the_last_one_is_what_was_replaced(history: StoredHistory) -> None:
    history.theirs = [revision(2), revision(3, "superseded", QUAY_ENV), revision(4, "failed")]
    history.behave(revision=5)
    with pytest.raises(Contended) as caught:
        add_ghcr(history)
    assert caught.value.overtaken == Overtaken(theirs=3, ours=5)


@pytest.mark.parametrize("status", ["failed", "pending-upgrade"])
def test_what_was_only_tried_in_between_has_lost_nothing(history: StoredHistory, status: str) -> None:
    history.theirs = [revision(2, status, QUAY_ENV)]
    history.behave(revision=3)
    assert add_ghcr(history).revision == 3


def test_a_helm_that_met_another_ones_lock_asks_for_another_plan_and_has_written_nothing(
    history: StoredHistory,
) -> None:
    # The other one wants the same, so that the values do not tell whose it is.
    history.theirs = [revision(2, "pending-upgrade", GHCR_ENV)]
    history.behave(error=LOCKED)
    trail = WriteRecord()
    with pytest.raises(Contended, match=r"^revision 2 was started by another user or tool$"):
        add_ghcr(history, trail)
    assert trail.facts() == {"changed": False}


def test_a_lock_without_another_revision_is_helms_own_failure(history: StoredHistory) -> None:
    history.behave(error=LOCKED)
    with pytest.raises(HelmError, match="is in progress") as caught:
        add_ghcr(history)
    assert [line["revision"] for line in caught.value.facts["history"]] == [1]
    assert LOCKED in caught.value.facts["helm"]["stderr"]


def test_a_lock_whose_owner_can_not_be_seen_has_written_nothing(history: StoredHistory) -> None:
    history.behave(error=LOCKED)
    history.closed = True
    trail = WriteRecord()
    with pytest.raises(HelmError) as caught:
        add_ghcr(history, trail)
    assert trail.facts() == {"changed": False}
    assert caught.value.facts["history"] == [{"revision": 1, "status": "deployed", "modified": MODIFIED}]


def test_a_failed_upgrade_whose_traces_can_not_be_seen_counts_as_written(history: StoredHistory) -> None:
    history.behave(error=FAILED)
    history.closed = True
    trail = WriteRecord(base=1, good=1)
    with pytest.raises(HelmError):
        add_ghcr(history, trail)
    assert (trail.changed, trail.newest, trail.mark) == (True, None, MARK)


def test_a_failed_upgrade_on_top_of_an_unseen_one_leaves_theirs_deployed_and_says_so(history: StoredHistory) -> None:
    history.theirs = [revision(2, "deployed", QUAY_ENV)]
    history.behave(error=FAILED, stores="failed", revision=3)
    trail = WriteRecord(base=1, good=1)
    with pytest.raises(HelmError):
        add_ghcr(history, trail)
    assert told(trail) == {
        "changed": True,
        "previous_revision": 2,
        "last_good_revision": 2,
        "newest_revision": 3,
    }


def test_a_failed_upgrade_returns_to_what_it_was_built_on_where_nobody_else_was_there(history: StoredHistory) -> None:
    history.behave(error=FAILED, stores="failed")
    trail = WriteRecord(base=1, good=1)
    with pytest.raises(HelmError) as caught:
        add_ghcr(history, trail)
    assert told(trail) == {
        "changed": True,
        "previous_revision": 1,
        "last_good_revision": 1,
        "newest_revision": 2,
    }
    assert [line["status"] for line in caught.value.facts["history"]] == ["failed", "deployed"]


def given_back(found: StoredHistory, trail: WriteRecord) -> None:
    """Theirs was revision 2, and this run has replaced it by 3."""
    with found.connected(OPERATION, written=trail, chart_ref=CHART_REF, registries=[GHCR]) as (handle, _options):
        give_back(handle, Overtaken(theirs=2, ours=3))


@pytest.fixture
def replaced(tmp_path: Path) -> StoredHistory:
    """This run's third revision has replaced somebody else's second one."""
    found = StoredHistory(tmp_path, revision(1), revision(2, env=QUAY_ENV), revision(3, "deployed", GHCR_ENV))
    found.behave(leaves=revision(4, "deployed", QUAY_ENV))
    return found


def test_what_was_replaced_unseen_is_deployed_again(replaced: StoredHistory) -> None:
    trail = WriteRecord(changed=True, base=1, good=1, newest=3)
    given_back(replaced, trail)
    [call] = replaced.written
    assert call[:3] == ["rollback", "api", "2"]
    assert told(trail) == {
        "changed": True,
        "previous_revision": 2,
        "last_good_revision": 2,
        "newest_revision": 4,
    }


def test_nothing_is_given_back_once_somebody_else_has_built_on_it(replaced: StoredHistory) -> None:
    replaced.kubernetes.objects |= stored(revision(4, "pending-upgrade"))
    trail = WriteRecord(changed=True, base=1, good=1, newest=3)
    with pytest.raises(
        ReleaseError, match=r"the newest revision, 4 \(pending-upgrade\), was created by another user or tool\."
    ):
        given_back(replaced, trail)
    assert replaced.written == []
    assert (trail.newest, trail.mark) == (3, "")
