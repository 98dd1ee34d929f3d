# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several clusters in one run: waves, and the audit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.tests.integration.collection.conftest import NewWorld
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values

ADD, AUDIT = "fleetops.nvcf.add", "fleetops.nvcf.audit"
WANTED = {"registry_allowlist_registries": [GHCR]}

pytestmark = pytest.mark.parametrize("helm", [4], ids=["helm4"], indirect=True)


def with_host(path: Path, host: str, **variables: Any) -> Path:
    """The inventory with more variables for one host."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document["nvcf_control_planes"]["hosts"][host] |= variables
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def artifacts(text: str) -> Mapping[str, Any]:
    """What set_stats leaves for a workflow."""
    [line] = re.findall(r"^\tRUN: (.*)$", text, re.MULTILINE)
    found: Mapping[str, Any] = json.loads(line)
    return found


def flat(text: str) -> str:
    """Without the line breaks that Ansible puts into a warning."""
    return " ".join(text.split())


def has_ghcr(world: World) -> bool:
    return world.env().items() >= pair(GHCR).items()


@pytest.mark.nightly
def test_a_canary_that_fails_keeps_the_others_untouched(new_world: NewWorld, tmp_path: Path) -> None:
    canary, second, third = new_world(), new_world(), new_world()
    second.install()
    third.install()
    hosts = inventory(tmp_path, {"canary": canary, "second": second, "third": third}, **WANTED)
    outcome = run_playbook("-i", hosts, ADD)
    assert outcome.status != 0
    assert f"cluster east-1: no Helm release 'api' is stored in namespace '{canary.namespace}'" in outcome.text
    assert [len(world.history()) for world in (second, third)] == [1, 1]

    # Ansible itself stops after a wave of which nothing is left, so the whole goes in one.
    settled = run_playbook("-i", hosts, ADD, "-e", "nvcf_max_fail_percentage=100", "-e", "nvcf_waves=100%")
    assert settled.status == 2, "the host that failed is still one"
    assert has_ghcr(second)
    assert has_ghcr(third)


@pytest.mark.parametrize("waves", ["1", "100%"], ids=["one-by-one", "at-once"])
def test_two_hosts_that_lead_to_one_release_are_told_once(new_world: NewWorld, tmp_path: Path, waves: str) -> None:
    world = new_world()
    world.install()
    hosts = inventory(tmp_path, {"east": world, "west": world}, **WANTED)
    outcome = run_playbook("-i", hosts, ADD, "-e", f"nvcf_waves={waves}")
    assert outcome.status == 0, outcome.text
    assert len(world.history()) == 2, "the second one finds the work done"
    told = re.findall(r"host '(\w+)' is release (\S+) on (\S+), and so is host '(\w+)'", flat(outcome.text))
    [(second, release, server, first)] = told
    assert {first, second} == {"east", "west"}
    assert (release, server) == (f"{world.namespace}/{world.release}", world.cluster.server)


@pytest.mark.nightly
def test_a_failure_in_a_wave_lets_the_wave_end_and_stops_the_next(new_world: NewWorld, tmp_path: Path) -> None:
    """Hosts of the same wave have been written to already: each is verified, or taken back, before the run stops."""
    worlds = {name: new_world() for name in ("bad", "good", "later")}
    for world in worlds.values():
        world.install()
    hosts = with_host(
        inventory(tmp_path, worlds, **WANTED), "bad", registry_allowlist_smoke_test_image="this is not an image"
    )
    outcome = run_playbook("-i", hosts, ADD, "-e", '{"nvcf_waves": [2, "100%"]}')
    assert outcome.status != 0
    assert "The release was returned to revision 1 (stored as new revision " in outcome.text, outcome.text
    assert not has_ghcr(worlds["bad"])
    assert has_ghcr(worlds["good"])
    assert worlds["good"].try_image()["outcome"] == "accepted"
    assert len(worlds["later"].history()) == 1


def test_an_audit_tells_about_every_cluster_and_changes_none(new_world: NewWorld, tmp_path: Path) -> None:
    worlds = {name: new_world() for name in ("fine", "lacking", "edited", "gone")}
    for name in ("fine", "lacking", "edited"):
        worlds[name].install()
    for name in ("fine", "edited"):
        worlds[name].registries(GHCR)
        worlds[name].roll_out()
    edited = worlds["edited"]
    path = f"/api/v1/namespaces/{edited.namespace}/configmaps/nvcf-api-env"
    edited.cluster.api.patch(path, {"data": dict.fromkeys(pair(INTERNAL), "by hand")})
    hosts = with_host(inventory(tmp_path, worlds, **WANTED), "gone", registry_allowlist_context="nowhere")
    revisions = {name: worlds[name].history() for name in ("fine", "lacking", "edited")}

    outcome = run_playbook("-i", hosts, AUDIT, "-vvv")
    assert outcome.status == 2
    text = outcome.text
    assert "GHCR (ghcr.io) is not stored" in text
    assert "_INTERNAL_NAME was added by hand in configmap/nvcf-api-env" in text
    assert "has no context 'nowhere'" in text
    assert "GHCR (ghcr.io) is not in the stack values (revision 1)" in text
    assert CANARY not in text
    assert re.findall(r"^(\w+) +: ok=\d+ +changed=0 .* failed=(\d)", text, re.MULTILINE) == [
        ("edited", "1"),
        ("fine", "0"),
        ("gone", "1"),
        ("lacking", "1"),
    ]
    assert {name: worlds[name].history() for name in revisions} == revisions


def test_the_audit_need_not_fail_and_names_the_clusters_to_the_next_step(new_world: NewWorld, tmp_path: Path) -> None:
    worlds = {name: new_world() for name in ("lacking", "gone")}
    worlds["lacking"].install()
    hosts = with_host(inventory(tmp_path, worlds, **WANTED), "gone", registry_allowlist_context="nowhere")
    never = ["-e", "registry_allowlist_audit_fail_on=never"]
    outcome = run_playbook("-i", hosts, AUDIT, *never, settings={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert outcome.status == 0, outcome.text
    assert artifacts(outcome.text) == {"nvcf_drifted": ["lacking"], "nvcf_unreachable": ["gone"]}


UNREAD: Mapping[str, Mapping[str, Any]] = {
    "undefined": {"registry_allowlist_registries": "{{ nowhere }}"},
    "misspelled": {"registry_allowlist_regsitries": []},
    "refused": {"registry_allowlist_registries": [{**GHCR, "key": "lower case"}]},
    "unknown": {"registry_allowlist_services": ["function"]},
    "rejected": {"registry_allowlist_token": "of another issuer", "registry_allowlist_verify_api": True},
    "denied": {"registry_allowlist_impersonate_user": "nobody"},
    "absent": {"registry_allowlist_release": "other"},
}
UNREACHED: Mapping[str, Mapping[str, Any]] = {
    "closed": {"registry_allowlist_host": "https://127.0.0.1:9"},
    "bastion": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9},
}


@pytest.mark.parametrize("fail_on", ["error", "never"])
def test_a_cluster_is_in_one_list_for_the_next_step_and_drifted_only_if_it_was_read(
    new_world: NewWorld, tmp_path: Path, fail_on: str
) -> None:
    world = new_world()
    world.install()
    more: Mapping[str, Mapping[str, Any]] = {"lacking": {}, **UNREAD, **UNREACHED}
    hosts = inventory(tmp_path, dict.fromkeys(more, world), **WANTED)
    for host, variables in more.items():
        with_host(hosts, host, **variables)
    told = ["-e", f"registry_allowlist_audit_fail_on={fail_on}"]
    outcome = run_playbook("-i", hosts, AUDIT, *told, settings={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert {name: sorted(listed) for name, listed in artifacts(outcome.text).items()} == {
        "nvcf_drifted": ["lacking"],
        "nvcf_unreadable": sorted(UNREAD),
        "nvcf_unreachable": sorted(UNREACHED),
    }
    assert "Audit of 10 clusters: 1 drifted (lacking), 7 unreadable (" in outcome.text
    if fail_on == "error":
        [shown] = re.findall(r"^fatal: \[lacking\].*", outcome.text, re.MULTILINE)
        assert "GHCR (ghcr.io) is not stored" in shown
        assert len(shown) < 1000, "a failure is no dump of all that was read"


def test_all_hosts_of_a_failed_look_are_in_a_list(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world()
    world.install()
    hosts = inventory(tmp_path, {"one": world, "other": world}, **WANTED)
    no_time = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "ANSIBLE_TASK_TIMEOUT": "5"}
    with world.cluster.behaving(hold_requests={"GET /v2/nvcf/recognized-registries": 60}):
        outcome = run_playbook("-i", hosts, AUDIT, settings=no_time)
    assert artifacts(outcome.text) == {"nvcf_unreadable": ["one", "other"]}


@pytest.mark.nightly
def test_a_run_names_the_clusters_that_it_has_changed_to_the_next_step(new_world: NewWorld, tmp_path: Path) -> None:
    worlds = {name: new_world() for name in ("new", "settled", "gone")}
    for name in ("new", "settled"):
        worlds[name].install()
    worlds["settled"].registries(GHCR)
    worlds["settled"].roll_out()
    hosts = with_host(inventory(tmp_path, worlds, **WANTED), "gone", registry_allowlist_context="nowhere")
    whole = ["-e", "nvcf_waves=100%", "-e", "nvcf_max_fail_percentage=100"]
    stats = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    outcome = run_playbook("-i", hosts, ADD, *whole, settings=stats)
    assert outcome.status == 2, "one is gone"
    assert artifacts(outcome.text)["nvcf_changed"] == ["new"]
    again = run_playbook("-i", hosts, ADD, *whole, settings=stats)
    assert not re.search(r"nvcf_changed", again.text), "nothing is left to change"
    assert has_ghcr(worlds["new"])


def test_the_stacks_own_values_tell_what_its_next_sync_drops(new_world: NewWorld, tmp_path: Path) -> None:
    world = new_world()
    world.install()
    world.registries(GHCR, INTERNAL)
    world.roll_out()
    values = stack_values()
    values["api"]["env"] |= pair(INTERNAL)
    stack = tmp_path / "stack.yaml"
    stack.write_text(json.dumps(values), encoding="utf-8")
    found = world.info(stack_values=str(stack))["on_top"]
    assert found == {"basis": str(stack), "registries": [GHCR]}
    world.install(values | {"api": values["api"] | {"env": values["api"]["env"] | pair(GHCR)}})
    assert world.info()["on_top"]["registries"] == []


@pytest.mark.nightly
def test_functions_that_a_removal_has_left_behind_are_named_by_every_later_audit(
    new_world: NewWorld, tmp_path: Path
) -> None:
    world = new_world()
    world.install()
    world.registries(GHCR)
    world.roll_out()
    left = world.create_function("left-over")
    hosts = inventory(tmp_path, {"one": world})
    before = run_playbook("-i", hosts, AUDIT, "-e", "registry_allowlist_audit_fail_on=warning", "-v")
    assert left["id"] not in before.text

    world.registries(GHCR, state="absent")
    world.roll_out()
    absent = json.dumps({"registry_allowlist_registries": [{"key": "GHCR"}], "registry_allowlist_state": "absent"})
    for wanted in ("{}", absent):
        after = run_playbook("-i", hosts, AUDIT, "-e", "registry_allowlist_audit_fail_on=warning", "-e", wanted)
        assert after.status == 2
        told = f"function left-over ({left['id']}) uses {left['containerImage']}, which is not recognized"
        assert told in after.text, after.text
