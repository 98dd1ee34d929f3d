# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody's change that begins and ends between our last look and helm's own: built upon, or given back."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.fleetops.nvcf.plugins.module_utils._change.upgrade import Prediction, Upgrade
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import HelmError, PlanError, ReleaseError
from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.interrupts import Interrupted
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import finish, set_pair, start_helm, upgrade
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, INTERNAL, World, pair

Eventually = Callable[[Callable[[], bool], str], None]


def nothing() -> None:
    """What mostly follows."""


def slip_in(
    world: World,
    registry: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    then: Callable[[], object] = nothing,
) -> None:
    """Let somebody's change begin and end between our last look and helm's own: helm does not notice."""
    apply = Upgrade.apply
    slipped: list[bool] = []

    def apply_after_another(upgrade: Upgrade, values: Mapping[str, Any]) -> None:
        if not slipped:
            slipped.append(True)
            theirs = world.values()
            theirs["api"]["env"] |= pair(registry)
            world.install(theirs)
            then()
        apply(upgrade, values)

    monkeypatch.setattr(Upgrade, "apply", apply_after_another)


def test_a_change_that_slipped_in_unseen_is_built_upon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slip_in(world, INTERNAL, monkeypatch)
    world.registries(GHCR)
    assert world.env().items() >= (pair(GHCR) | pair(INTERNAL)).items()
    assert any("revision 2 was created after this run read the release; planning again" in line for line in world.said)


def test_a_change_that_slipped_in_unseen_and_can_not_be_built_upon_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = GHCR | {"hostname": "ghcr.example"}
    slip_in(world, theirs, monkeypatch)
    with pytest.raises(PlanError, match="the release already has GHCR with hostname"):
        world.registries(GHCR)
    assert world.env().items() >= pair(theirs).items()
    assert world.rendered().items() >= pair(theirs).items()


@pytest.mark.nightly
def test_what_slipped_in_is_given_back_when_it_was_not_expected(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slip_in(world, INTERNAL, monkeypatch)
    with pytest.raises(ReleaseError, match="at revision 2, and expected_revision is 1") as caught:
        world.registries(GHCR, expected_revision=1)
    assert world.rendered().items() >= pair(INTERNAL).items()
    assert not pair(GHCR).keys() & world.rendered().keys()
    facts = caught.value.facts
    assert (facts["changed"], facts["last_good_revision"], facts["newest_revision"]) == (True, 2, 4)
    assert not world.roll_back(revision=2, expected_revision=4)["changed"], "what was given back is not rolled back"


def test_what_slipped_in_is_where_to_return_to_when_the_upgrade_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        slip_in(world, INTERNAL, monkeypatch, then=lambda: stack.enter_context(world.cluster.behaving(job_exit_code=1)))
        with pytest.raises(HelmError, match="failed") as caught:
            world.registries(GHCR)
    facts = caught.value.facts
    assert (facts["changed"], facts["last_good_revision"], facts["newest_revision"]) == (True, 2, 3)
    world.roll_back(revision=2, expected_revision=3)
    assert world.rendered().items() >= pair(INTERNAL).items()


# Without a comma, at which plain helm would cut the value.
THEIRS = {"key": "THEIRS", "name": "Their registry", "hostname": "registry.theirs.example"}


@pytest.mark.nightly
def test_a_change_that_begins_meanwhile_is_waited_for_and_built_upon(
    world: World, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    """Of two runs that begin together both get in, also where nothing was said of what is pending."""
    predict = Upgrade.predict
    begun: list[subprocess.Popen[str]] = []

    def predict_while_another_begins(upgrade: Upgrade) -> Prediction:
        if not begun:
            begun.append(start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(THEIRS)))
            eventually(lambda: world.newest_status == "pending-upgrade", "the other one waits for its hook")
        return predict(upgrade)

    monkeypatch.setattr(Upgrade, "predict", predict_while_another_begins)
    with world.cluster.behaving(job_seconds=10):
        world.registries(GHCR)
    assert finish(begun[0]).status == 0
    assert world.env().items() >= (pair(GHCR) | pair(THEIRS)).items()


def at_second_attempt(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Act when the change is planned anew and about to be rendered."""
    predict = Upgrade.predict
    begun: list[Upgrade] = []

    def predict_after(upgrade: Upgrade) -> Prediction:
        begun.append(upgrade)
        if len(begun) == 2:
            act()
        return predict(upgrade)

    monkeypatch.setattr(Upgrade, "predict", predict_after)


@pytest.mark.nightly
def test_what_slipped_in_is_given_back_when_the_second_attempt_is_interrupted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise Interrupted(signal.SIGTERM)

    slip_in(world, INTERNAL, monkeypatch)
    at_second_attempt(monkeypatch, interrupt)
    with pytest.raises(Interrupted):
        world.registries(GHCR)
    assert world.rendered().items() >= pair(INTERNAL).items()
    assert not pair(GHCR).keys() & world.rendered().keys()


@pytest.mark.nightly
def test_what_slipped_in_is_given_back_when_the_second_upgrade_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip_in(world, INTERNAL, monkeypatch)
    with ExitStack() as stack:
        at_second_attempt(monkeypatch, lambda: stack.enter_context(world.cluster.behaving(job_exit_code=1)))
        with pytest.raises(HelmError, match="failed") as caught:
            world.registries(GHCR)
    assert world.rendered().items() >= pair(INTERNAL).items()
    assert [r["status"] for r in world.history()][-2:] == ["failed", "deployed"]
    facts = caught.value.facts
    assert (facts["changed"], facts["last_good_revision"], facts["newest_revision"]) == (True, 2, 5)


@pytest.mark.nightly
def test_what_slipped_in_is_built_upon_though_another_attempt_meets_a_failed_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        with world.cluster.behaving(job_exit_code=1):
            assert upgrade(world, "--reuse-values").status != 0

    slip_in(world, INTERNAL, monkeypatch)
    at_second_attempt(monkeypatch, fail)
    world.registries(GHCR)
    assert world.env().items() >= (pair(GHCR) | pair(INTERNAL)).items()


def built_on(world: World) -> None:
    """Somebody else's upgrade, whole."""
    assert upgrade(world, "--reuse-values").status == 0


@pytest.mark.nightly
def test_what_slipped_in_is_named_when_somebody_else_has_built_on_the_revision_without_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip_in(world, INTERNAL, monkeypatch)
    at_second_attempt(monkeypatch, lambda: built_on(world))
    told = (
        r"revision 4 was created on top of this run's 3 before .* Revision 2 of another user or tool was replaced by "
        r"this run's revision 3 .* could not be restored: the newest revision, 4 \(deployed\), was created by another "
        r"user or tool"
    )
    with pytest.raises(ReleaseError, match=told):
        world.registries(GHCR)
    assert [r["status"] for r in world.history()] == ["superseded", "superseded", "superseded", "deployed"]
