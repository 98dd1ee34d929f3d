# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others do meanwhile, and what happens to processes."""

from __future__ import annotations

import signal
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.rows import Effect
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.faults.treatments import RESET, Treated
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import finish, set_pair, start_helm
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR
from ansible_collections.fleetops.nvcf.tests.sandbox.rest import MERGE_PATCH

COLLEAGUE = "COLLEAGUES_SETTING"


def _upgrade(scene: Scene) -> None:
    world = scene.world
    flags = ["--reuse-values", f"--set-string=api.env.{COLLEAGUE}=theirs", "--no-hooks"]
    if finish(start_helm(world, "upgrade", world.release, str(world.chart), *flags)).status == 0:
        scene.foreign[COLLEAGUE] = "theirs"


def colleague(*, applied: bool = False, then: Treated | None = None) -> Effect:
    """Somebody's plain `helm upgrade` of another variable, from its beginning to its end."""
    return Effect(name="a colleague's helm upgrade", act=_upgrade, applied=applied, then=then)


def _same_key(scene: Scene) -> None:
    world = scene.world
    finish(start_helm(world, "upgrade", world.release, str(world.chart), *set_pair(GHCR), "--no-hooks"))


SAME_KEY = Effect(name="another controller adds the same registry", act=_same_key)


def _begin_upgrade(scene: Scene) -> None:
    world = scene.world
    flags = ["--reuse-values", f"--set-string=api.env.{COLLEAGUE}=theirs"]
    scene.started.append(start_helm(world, "upgrade", world.release, str(world.chart), *flags))


BEGINS = Effect(name="a colleague's helm upgrade begins", act=_begin_upgrade)


def kills_helm(*, applied: bool = False) -> Effect:
    """SIGKILL for helm; its request is lost, or was applied already."""
    name = f"helm is killed, request {'applied' if applied else 'lost'}"
    return Effect(name=name, act=Scene.kill_helm, applied=applied, then=RESET)


def signals_play(number: signal.Signals, *, group: bool = False, applied: bool = False) -> Effect:
    """A signal for ansible-playbook, or for it and all its workers."""
    who = "ansible-playbook and its workers" if group else "ansible-playbook"

    def act(scene: Scene) -> None:
        (scene.signal_group if group else scene.signal_play)(number)

    return Effect(name=f"{number.name} for {who}", act=act, applied=applied)


def behaves(name: str, *, applied: bool = False, **changes: Any) -> Effect:
    """From this moment on the NVCF API, its node or its hook behaves differently."""

    def act(scene: Scene) -> None:
        scene.world.cluster.behave(**changes)

    return Effect(name=name, act=act, applied=applied)


def _edit_map(scene: Scene) -> None:
    path = f"/api/v1/namespaces/{scene.world.namespace}/configmaps/nvcf-api-env"
    scene.world.cluster.api.patch(path, {"data": {"NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "by hand"}}, MERGE_PATCH)


EDITS_MAP = Effect(name="a hand edits the registry in the ConfigMap", act=_edit_map)
