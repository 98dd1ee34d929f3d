# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a change that fails has written, and who is told to have written what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import (
    HelmError,
    KubernetesError,
    ReleaseError,
)
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of
from ansible_collections.fleetops.nvcf.tests.unit.plugins.changed_cluster import FOREIGN, Cluster
from ansible_collections.fleetops.nvcf.tests.unit.plugins.cluster_fake import CONFIG_MAP, SECRETS, config_map, stored
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import stored_release
from ansible_collections.fleetops.nvcf.tests.unit.plugins.servers import Request, Response

HOOK = "UPGRADE FAILED: pre-upgrade hooks failed: job failed"
WRITTEN = {"changed": True, "written": True, "previous_revision": 1, "last_good_revision": 1, "newest_revision": 2}

NOT_WRITTEN = {"written": False}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def told(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in WRITTEN}


def mark_of(cluster: Cluster) -> str:
    """The mark under which helm was told to upgrade."""
    *_others, upgrade = (call for call in cluster.calls if call[0] == "upgrade")
    return upgrade[upgrade.index("--labels") + 1].removeprefix("fleetops.nvcf/run=")


def upgrades(cluster: Cluster) -> int:
    return len([call for call in cluster.calls if call[0] == "upgrade" and "--dry-run=server" not in call])


def breaking(cluster: Cluster, broken: Callable[[Request], bool]) -> None:
    """The API server gives no sensible answer to these requests once helm has written."""
    answer = cluster.answer

    def instead(request: Request) -> Response:
        written = (cluster.folder / "applied.json").exists()
        down = Response(status=503, body={"reason": "ServiceUnavailable", "message": "etcd is away"})
        return down if written and broken(request) else answer(request)

    cluster.answer = instead  # type: ignore[method-assign]


def beaten(cluster: Cluster, theirs: dict[str, Any]) -> None:
    """Somebody else has stored this by the time at which helm was run."""
    answer = cluster.answer

    def instead(request: Request) -> Response:
        if upgrades(cluster):
            cluster.kubernetes.objects |= stored(theirs)
        return answer(request)

    cluster.answer = instead  # type: ignore[method-assign]


def test_a_failed_upgrade_tells_its_own_revision_and_the_one_to_return_to(cluster: Cluster) -> None:
    cluster.behave(error=HOOK, stores="failed")
    error = cluster.refused(GHCR)
    assert isinstance(error, HelmError)
    assert told(error.facts) == WRITTEN
    assert error.facts["history"][0]["status"] == "failed"


def test_an_upgrade_that_failed_before_it_was_stored_has_changed_nothing(cluster: Cluster) -> None:
    cluster.behave(error="UPGRADE FAILED: no chart")
    assert told(cluster.refused(GHCR).facts) == NOT_WRITTEN


def test_an_api_server_that_is_gone_after_a_failed_upgrade_leaves_a_written_release_and_helms_own_cause(
    cluster: Cluster,
) -> None:
    cluster.behave(error="UPGRADE FAILED: connection refused", stores="pending-upgrade")
    breaking(cluster, lambda _request: True)
    error = cluster.refused(GHCR)
    assert isinstance(error, HelmError)
    assert "connection refused" in str(error)
    assert told(error.facts) == {name: value for name, value in WRITTEN.items() if name != "newest_revision"}
    assert error.facts["mark"] == mark_of(cluster), "with it the revision is found once it can be looked for"


@pytest.mark.parametrize("path,known", [(SECRETS, False), (f"{SECRETS}/sh.helm.release.v1.api.v2", True)])
def test_whatever_fails_after_the_upgrade_has_changed_the_release(cluster: Cluster, path: str, *, known: bool) -> None:
    breaking(cluster, lambda request: request.path == path)
    error = cluster.refused(GHCR)
    assert isinstance(error, KubernetesError)
    assert error.facts["changed"] is True
    assert error.facts.get("newest_revision") == (2 if known else None)
    assert error.facts["mark"] == mark_of(cluster)


def test_what_was_removed_before_helm_failed_has_changed_the_release(cluster: Cluster) -> None:
    cluster.kubernetes.objects[CONFIG_MAP] = config_map(FOREIGN | env_of(QUAY))
    cluster.behave(error="UPGRADE FAILED: no chart")
    error = cluster.refused(GHCR)
    assert [path for path, _body in cluster.kubernetes.patches] == [CONFIG_MAP]
    assert told(error.facts) == WRITTEN | {"newest_revision": 1}


@pytest.mark.parametrize(
    "words", ['hooks failed: jobs.batch "bootstrap" already exists', "cannot patch: the object has been modified"]
)
def test_a_failure_of_this_run_is_not_taken_for_somebody_elses_upgrade(cluster: Cluster, words: str) -> None:
    cluster.behave(error=f"UPGRADE FAILED: {words}", stores="failed")
    error = cluster.refused(GHCR)
    assert isinstance(error, HelmError)
    assert told(error.facts) == WRITTEN
    assert upgrades(cluster) == 1


def test_a_revision_of_somebody_else_is_not_taken_for_what_a_failed_upgrade_has_left(cluster: Cluster) -> None:
    theirs = stored_release({"api": {"env": env_of(QUAY)}}, revision=2)
    cluster.behave(error="UPGRADE FAILED: no chart")
    beaten(cluster, theirs)
    error = cluster.refused(GHCR)
    assert isinstance(error, HelmError)
    assert told(error.facts) == NOT_WRITTEN


def test_an_upgrade_that_met_another_one_says_so_and_has_changed_nothing(cluster: Cluster) -> None:
    cluster.behave(error="UPGRADE FAILED: release: already exists")
    beaten(cluster, stored_release({}, revision=2, info={"status": "pending-upgrade"}))
    error = cluster.refused(GHCR)
    assert isinstance(error, ReleaseError)
    assert "Another operation may be running" in str(error)
    assert told(error.facts) == NOT_WRITTEN


def test_a_change_tells_where_it_can_be_taken_back_to(cluster: Cluster) -> None:
    assert told(cluster.run(GHCR)) | {"written": True} == WRITTEN


def test_what_does_not_run_is_built_upon_and_not_returned_to(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, {}, revision=2)
    cluster.kubernetes.objects |= stored(stored_release({}, info={"status": "superseded"}))
    cluster.crash()
    result = cluster.run(GHCR, check_mode=True, history_max=2)
    assert (result["previous_revision"], result["last_good_revision"]) == (2, 1)
    assert "--history-max 3" in result["command"], "the one to return to outlives the change"
