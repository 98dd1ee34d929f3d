# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to a good revision, by hand and by the role."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World


def test_a_rollback_returns_to_the_last_finished_revision_and_does_so_once(world: World) -> None:
    before = world.values()
    with world.cluster.behaving(job_exit_code=1):
        for registry in (GHCR, INTERNAL):
            with pytest.raises(HelmError):
                world.registries(registry)
    assert world.roll_back(check_mode=True)["target_revision"] == 1
    result = world.roll_back()
    assert (result["changed"], result["target_revision"]) == (True, 1)
    assert result["from_revision"]["status"] == "failed"
    assert world.values() == before
    assert world.try_image(expect="rejected")["outcome"] == "not_recognized"
    revisions = len(world.history())
    assert not world.roll_back()["changed"]
    assert not world.roll_back(revision=1)["changed"], "the content is that of revision 1 already"
    assert len(world.history()) == revisions


def test_a_deployed_revision_whose_pods_do_not_run_is_passed_over(world: World) -> None:
    values = world.values()
    values["api"]["env"]["NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME"] = "half a pair"
    world.install(values, wait=False)
    with pytest.raises(Exception, match="key GHCR has no HOSTNAME"):
        world.roll_out()
    assert world.history()[-1]["status"] == "deployed", "to Helm all is well"
    assert world.info()["last_good_revision"] == 1
    assert world.roll_back()["target_revision"] == 1


@pytest.mark.parametrize(
    "revision, told", [(2, "has status failed, so it was never fully applied"), (9, "has no revision 9")]
)
def test_a_revision_that_is_none_to_return_to_is_refused(world: World, revision: int, told: str) -> None:
    with world.cluster.behaving(job_exit_code=1), pytest.raises(HelmError):
        world.registries(GHCR)
    with pytest.raises(ReleaseError, match=f"{told}.* release_rollback can return to revision 1 "):
        world.roll_back(revision=revision)
    assert len(world.history()) == 2


def test_a_refusal_before_the_write_touches_nothing(world: World, tmp_path: Path) -> None:
    hosts = inventory(tmp_path, {"one": world}, registry_allowlist_registries=[GHCR | {"key": "MY_REG"}])
    outcome = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert outcome.status == 2
    assert "with an underscore or a dot the API drops the registry silently" in outcome.text
    assert "Nothing was written." in outcome.text
    assert len(world.history()) == 1


def test_without_restore_the_cluster_is_left_for_a_look(world: World, tmp_path: Path) -> None:
    options = {"registry_allowlist_registries": [GHCR], "registry_allowlist_restore": False}
    hosts = inventory(tmp_path, {"one": world}, **options)
    with world.cluster.behaving(job_exit_code=1):
        outcome = run_playbook("-i", hosts, "fleetops.nvcf.add")
    assert outcome.status == 2
    assert "The release was not rolled back." in outcome.text
    assert [r["status"] for r in world.history()] == ["deployed", "failed"]
