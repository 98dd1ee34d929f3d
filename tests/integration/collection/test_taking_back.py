# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change that does not hold is taken back, and with it nothing that anybody else has done meanwhile."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, ReleaseError
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import (
    helms,
    set_pair,
    statuses,
    upgrade,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import (
    ANSIBLE_PLAYBOOK,
    Outcome,
    environment,
    inventory,
    run_playbook,
)
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox import tools
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.tokens import mint

Eventually = Callable[[Callable[[], bool], str], None]
ADD, REMOVE = "fleetops.nvcf.add", "fleetops.nvcf.remove"


# Without a comma, at which helm would cut the value.
THEIRS = {"key": "THEIRS", "name": "Their registry", "hostname": "registry.theirs.example"}


def theirs(world: World) -> str:
    """A shell command by which somebody else adds THEIRS."""
    argv = [str(tools.helm(world.helm)), "upgrade", world.release, str(world.chart), *set_pair(THEIRS), "--no-hooks"]
    where = [f"--namespace={world.namespace}", f"--kubeconfig={world.cluster.kubeconfig}"]
    return f"{shlex.join([*argv, *where])} </dev/null >/dev/null"


def program(path: Path, *lines: str) -> Path:
    """A shell script."""
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def helm_that(world: World, folder: Path, *lines: str) -> Path:
    """The release's helm, which does something else first."""
    return program(folder / "helm", *lines, f'exec {shlex.quote(str(tools.helm(world.helm)))} "$@"')


def play(world: World, folder: Path, playbook: str = ADD, **options: Any) -> Outcome:
    given = {f"registry_allowlist_{name}": value for name, value in options.items()}
    hosts = inventory(folder, {"one": world}, registry_allowlist_registries=[GHCR], **given)
    return run_playbook("-i", hosts, playbook)


@pytest.mark.nightly
def test_what_somebody_deployed_since_the_first_look_stays_when_the_change_is_taken_back(
    world: World, tmp_path: Path
) -> None:
    once = shlex.quote(str(tmp_path / "once"))
    helm = helm_that(world, tmp_path, f'[ "$1" = upgrade ] && mkdir {once} 2>/dev/null && {theirs(world)}')
    with world.cluster.behaving(job_exit_code=1):
        outcome = play(world, tmp_path, helm_binary=str(helm))
    assert outcome.status == 2
    assert "The release was returned to revision 2 (stored as new revision " in outcome.text, outcome.text
    assert world.rendered().items() >= pair(THEIRS).items()
    assert not pair(GHCR).keys() & world.rendered().keys()
    assert statuses(world) == ["superseded", "superseded", "failed", "deployed"]


@pytest.mark.nightly
def test_what_somebody_has_built_on_the_change_is_not_taken_back_with_it(world: World, tmp_path: Path) -> None:
    smoke = program(tmp_path / "nvcf-cli", theirs(world), "echo no answer >&2", "exit 1")
    outcome = play(world, tmp_path, smoke_test_client="nvcf_cli", smoke_test_cli=str(smoke))
    assert outcome.status == 2
    last = outcome.text.split("Fail with the original cause")[1]
    assert "no answer" in last, outcome.text
    assert "its newest is 3 (deployed since" in last
    assert "expected_revision is 2" in last
    assert world.rendered().items() >= (pair(GHCR) | pair(THEIRS)).items()
    assert statuses(world) == ["superseded", "superseded", "deployed"]


@pytest.mark.nightly
def test_a_change_that_can_not_be_verified_is_taken_back(world: World, tmp_path: Path) -> None:
    token, expired = tmp_path / "token", tmp_path / "expired"
    token.write_text(mint(world.cluster.nvcf_folder), encoding="utf-8")
    expired.write_text(mint(world.cluster.nvcf_folder, lifetime=timedelta(hours=-1)), encoding="utf-8")
    swap = f'[ "$1" = upgrade ] && cp {shlex.quote(str(expired))} {shlex.quote(str(token))}'
    outcome = play(world, tmp_path, helm_binary=str(helm_that(world, tmp_path, swap)), token_file=str(token))
    assert outcome.status == 2
    last = outcome.text.split("Fail with the original cause")[1]
    assert "the token was rejected" in last, outcome.text
    assert "The release was returned to revision 1 (stored as new revision " in last
    assert not pair(GHCR).keys() & world.rendered().keys()


@pytest.mark.nightly
def test_a_removal_that_does_not_hold_is_taken_back(world: World, tmp_path: Path) -> None:
    world.registries(GHCR)
    world.roll_out()
    with world.cluster.behaving(job_exit_code=1):
        outcome = play(world, tmp_path, REMOVE)
    assert outcome.status == 2
    assert "The release was returned to revision 2 (stored as new revision " in outcome.text, outcome.text
    assert world.rendered().items() >= pair(GHCR).items()
    assert world.try_image()["outcome"] == "accepted"
    assert play(world, tmp_path, REMOVE).status == 0


def test_what_this_runs_own_helm_has_left_pending_is_taken_back_at_once(world: World, tmp_path: Path) -> None:
    # It is killed in the middle, as the kernel does it when memory runs out.
    kill = f'exec 3<&0; {shlex.quote(str(tools.helm(world.helm)))} "$@" <&3 & sleep 3; kill -9 $!; exit 137'
    once = shlex.quote(str(tmp_path / "once"))
    real = '[ "$1" = upgrade ] && [ "${*%--dry-run=server}" = "$*" ]'
    helm = helm_that(world, tmp_path, f"if {real} && mkdir {once} 2>/dev/null; then {kill}; fi")
    with world.cluster.behaving(job_seconds=600):
        outcome = play(world, tmp_path, helm_binary=str(helm))
    assert outcome.status == 2
    assert statuses(world)[1:] == ["pending-upgrade", "deployed"], outcome.text
    assert "The release was returned to revision 1 (stored as new revision " in outcome.text
    assert not pair(GHCR).keys() & world.rendered().keys()


@pytest.mark.nightly
def test_a_play_that_is_interrupted_on_its_way_back_is_finished_by_the_next_run(
    world: World, tmp_path: Path, eventually: Eventually
) -> None:
    begun = tmp_path / "begun"
    slow = f'if [ "$1" = rollback ]; then echo > {shlex.quote(str(begun))}; exec sleep 600; fi'
    options = {
        "registry_allowlist_registries": [GHCR],
        "registry_allowlist_helm_binary": str(helm_that(world, tmp_path, slow)),
    }
    hosts = inventory(tmp_path, {"one": world}, **options)
    argv = ["env", "--default-signal=INT", str(ANSIBLE_PLAYBOOK), "-i", str(hosts), ADD]
    with (
        world.cluster.behaving(job_exit_code=1),
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(argv, env=environment(), stdout=log, stderr=log, start_new_session=True) as running,
    ):

        def returning() -> bool:
            assert running.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            return begun.exists()

        eventually(returning, "the rollback has begun")
        running.send_signal(signal.SIGINT)
    assert running.returncode != 0
    eventually(lambda: not helms(world.namespace), "helm ended")
    assert statuses(world) == ["deployed", "failed"]
    again = play(world, tmp_path)
    assert again.status == 0, again.text
    assert world.rendered().items() >= pair(GHCR).items()


def test_a_rollback_that_was_decided_on_another_revision_is_refused_with_what_is_known_of_the_newest(
    world: World,
) -> None:
    mine = world.registries(GHCR)
    assert (mine["last_good_revision"], mine["newest_revision"]) == (1, 2)
    world.registries(INTERNAL)
    told = r"its newest is 3 \(deployed since .*, 'add INTERNAL=registry.corp.example'\), and expected_revision is 2"
    for check_mode in (True, False):
        with pytest.raises(ReleaseError, match=told) as caught:
            world.roll_back(revision=1, expected_revision=2, check_mode=check_mode)
        assert "changed" not in caught.value.facts
    assert statuses(world) == ["superseded", "superseded", "deployed"]
    assert world.roll_back(revision=2, expected_revision=3)["changed"]


def test_a_failed_change_tells_what_to_take_it_back_with(world: World) -> None:
    with world.cluster.behaving(job_exit_code=1), pytest.raises(HelmError) as caught:
        world.registries(GHCR)
    facts = caught.value.facts
    assert (facts["changed"], facts["last_good_revision"], facts["newest_revision"]) == (True, 1, 2)
    back = world.roll_back(revision=facts["last_good_revision"], expected_revision=facts["newest_revision"])
    assert back["changed"]


def test_a_revision_that_helm_has_pruned_is_no_place_to_return_to(world: World) -> None:
    for registry in (GHCR, INTERNAL):
        assert upgrade(world, *set_pair(registry), "--history-max=2").status == 0
    assert [r["revision"] for r in world.history()] == [2, 3]
    with pytest.raises(
        ReleaseError,
        match=r"has no revision 1: .* Helm has deleted it \(history limit\)\. .* can return to revision 2 or 3 ",
    ):
        world.roll_back(revision=1)
    assert len(world.history()) == 2
