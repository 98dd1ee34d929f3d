# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry that the API recognizes from elsewhere than the pairs in `api.env`: seen before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._operations import recognized_registry_audit
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import RolloutError
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, INTERNAL, World
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"])


@pytest.fixture
def elsewhere(world: World) -> World:
    """GHCR comes from a document that holds a password too."""
    ghcr = {"name": "GitHub by other means", "hostname": GHCR["hostname"]}
    document = {"nvcf": {"registries": {"recognized": {"container": {"github": ghcr}}}}, "password": CANARY}
    values = stack_values()
    values["api"]["env"]["SPRING_APPLICATION_JSON"] = json.dumps(document)
    world.install(values)
    world.roll_out()
    return world


def test_adding_it_again_is_refused_before_the_write(elsewhere: World, tmp_path: Path) -> None:
    before = len(elsewhere.history())
    hosts = inventory(tmp_path, {"one": elsewhere}, registry_allowlist_registries=[INTERNAL, GHCR])
    for playbook in ("fleetops.nvcf.add", "fleetops.nvcf.remove"):
        outcome = run_playbook("-i", hosts, playbook)
        assert outcome.status == 2
        told = "the running API recognizes ghcr.io (GitHub by other means), and not from the pairs in api.env"
        assert f"{told}, but from api.env.SPRING_APPLICATION_JSON." in " ".join(outcome.text.split())
        assert "Nothing was written." in outcome.text
        assert CANARY not in outcome.text
    assert len(elsewhere.history()) == before


def test_an_audit_tells_it_and_does_not_send_anybody_to_add(elsewhere: World) -> None:
    result = elsewhere.run(recognized_registry_audit.OPERATION, ask_api=True, fail_on="never")
    [finding] = [found for found in result["findings"] if found["kind"] == "recognized_elsewhere"]
    assert finding["severity"] == "warning"
    assert "from api.env.SPRING_APPLICATION_JSON" in finding["text"]
    assert "fleetops.nvcf.add" not in finding["next_step"]
    assert CANARY not in str(result)


def test_adding_it_all_the_same_would_have_kept_the_api_from_starting(elsewhere: World) -> None:
    elsewhere.registries(GHCR)
    with pytest.raises(RolloutError, match=r"share 'ghcr\.io' as name or hostname"):
        elsewhere.roll_out()
