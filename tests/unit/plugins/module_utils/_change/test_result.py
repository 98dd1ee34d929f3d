# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""What a change tells about itself, and which hosts the API refuses images on after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.drift import Drift
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.result import artifacts, change_facts, gone_hosts
from ansible_collections.fleetops.nvcf.plugins.module_utils._helm.storage import Release
from ansible_collections.fleetops.nvcf.plugins.module_utils._kubernetes.api_client import connect
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.configured import held
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.plan import RegistryPlan
from ansible_collections.fleetops.nvcf.plugins.module_utils._registries.values import fragment
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.option_groups import ConnectionOptions
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.services import FUNCTIONS
from ansible_collections.fleetops.nvcf.tests.unit.plugins.builders import GHCR, QUAY, env_of, pair, revisions
from ansible_collections.fleetops.nvcf.tests.unit.plugins.documents import CHART

CANARY = {"PASSWORD": "pa55word-canary"}
HALF = pair("BAD", "Bad", None)
KEPT = {"key": "MINE", "name": "Mine", "hostname": "mine.example.com"}


def facts() -> dict[str, Any]:
    """Of a change in which something of every kind happens, on top of a revision that failed."""
    before, after = CANARY | env_of(QUAY) | HALF, CANARY | env_of(GHCR) | HALF
    values = {"api": {"env": before}}
    base = Release(
        service=FUNCTIONS,
        name="api",
        namespace="nvcf",
        revision=1,
        status="deployed",
        values=values,
        chart=CHART,
        manifest="",
    )
    plan = RegistryPlan(service=FUNCTIONS, env_before=before, env_after=after, kept=held(env_of(KEPT), FUNCTIONS))
    drift = [
        Drift(
            service=FUNCTIONS, object="configmap", name="configmap/nvcf-api-env", variable="LOG_LEVEL", change="added"
        )
    ]
    with connect(ConnectionOptions(host="http://127.0.0.1:1")) as cluster:
        return change_facts(cluster, revisions("deployed", "failed"), base, plan, drift)


def test_a_change_tells_what_is_there_what_comes_what_goes_and_what_is_kept() -> None:
    told = facts()
    half = {"key": "BAD", "name": "Bad", "hostname": None}
    assert (told["changed"], told["summary"]) == (True, "add GHCR=ghcr.io, remove QUAY=quay.io")
    assert told["registries"] == [half, GHCR]
    assert (told["added"], told["removed"], told["kept"]) == ([GHCR], [QUAY], [KEPT])
    assert told["gone_hosts"] == ["quay.io"]
    assert [(problem["key"], problem["fatal"]) for problem in told["problems"]] == [("BAD", True)]
    assert told["values_fragment"] == fragment(held(env_of(GHCR), FUNCTIONS))


def test_a_change_tells_what_it_is_built_on_and_what_is_newer_or_was_edited_by_hand() -> None:
    told = facts()
    assert (told["release"]["name"], told["previous_revision"], told["newest_revision"]) == ("api", 1, 2)
    assert [row["revision"] for row in told["newer_revisions"]] == [2]
    assert [item["variable"] for item in told["drift"]] == ["LOG_LEVEL"]


def test_the_diff_of_a_change_shows_the_variables_of_registries_and_no_other_value() -> None:
    told = facts()
    where = f"{told['cluster']}: nvcf/api api.env"
    assert told["diff"] == {
        "before_header": f"{where} (revision 1)",
        "after_header": where,
        "before": "".join(f"{name}: {value}\n" for name, value in (HALF | env_of(QUAY)).items()),
        "after": "".join(f"{name}: {value}\n" for name, value in (HALF | env_of(GHCR)).items()),
    }
    assert "canary" not in str(told)


def test_a_workflow_learns_of_clusters_by_a_list_that_grows_over_the_whole_play() -> None:
    assert artifacts("nvcf_changed", "east-1") == {
        "ansible_stats": {"data": {"nvcf_changed": ["east-1"]}, "per_host": False, "aggregate": True}
    }


def gone(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return gone_hosts(RegistryPlan(service=FUNCTIONS, env_before=before, env_after=after))


def test_the_host_of_what_is_removed_is_gone() -> None:
    assert gone(env_of(GHCR, QUAY), env_of(QUAY)) == ["ghcr.io"]
    unvalidated = GHCR | {"hostname": "index.docker.io"}
    assert gone(env_of(unvalidated), {}) == ["index.docker.io"]


def test_a_host_that_another_entry_has_now_is_not_gone() -> None:
    assert gone(env_of(GHCR), env_of(GHCR | {"key": "GITHUB"})) == []


@pytest.mark.parametrize(
    "hostname", ["https://ghcr.io", "ghcr.io:443", "my_registry.example", "acme.azurecr.io", "10.0.0.5:5000", "*.io"]
)
def test_what_never_decided_about_an_image_decides_about_none_by_going(hostname: str) -> None:
    assert gone(pair("OLD", "Old", hostname), {}) == []


def test_half_a_pair_and_a_key_that_is_dropped_were_never_there() -> None:
    assert gone(pair("OLD", None, "ghcr.io"), {}) == []
    assert gone(pair("MY_REG", "Mine", "ghcr.io"), {}) == []
