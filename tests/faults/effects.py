# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others do meanwhile, and what happens to processes."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.fleetops.nvcf.tests.faults.rows import Effect
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene
from ansible_collections.fleetops.nvcf.tests.faults.treatments import RESET, Treated
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import finish, set_pair, start_helm
from ansible_collections.fleetops.nvcf.tests.integration.collection.playbook import inventory, run_playbook
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import GHCR, pair
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import INTERNAL as OTHER
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
    scene.same_registry = True


def same_registry(*, then: Treated | None = None) -> Effect:
    """Another controller adds the registry that this run is about to add."""
    return Effect(name="another controller adds the same registry", act=_same_key, then=then)


def _same_and_kill(scene: Scene) -> None:
    _same_key(scene)
    scene.kill_helm()


SAME_AND_KILL = Effect(
    name="another controller adds the same registry, and helm is killed before its first write",
    act=_same_and_kill,
    then=RESET,
)


def _second_add(scene: Scene) -> None:
    """Another run of the role, with another registry, on its own way to the API server."""
    world = scene.world
    folder = scene.folder / "second"
    folder.mkdir()
    hosts = inventory(folder, {"one": world}, registry_allowlist_registries=[OTHER])
    pool = ThreadPoolExecutor(max_workers=1)
    running = pool.submit(run_playbook, "-i", hosts, "fleetops.nvcf.add", "-e", "registry_allowlist_on_pending=wait")

    def end() -> None:
        if running.result().status == 0:
            scene.foreign.update(pair(OTHER))
        pool.shutdown()

    scene.unfinished.append(end)


SECOND_ADD = Effect(name="another add begins, of another registry", act=_second_add)


def _begin_upgrade(scene: Scene) -> None:
    world = scene.world
    flags = ["--reuse-values", f"--set-string=api.env.{COLLEAGUE}=theirs"]
    helm = start_helm(world, "upgrade", world.release, str(world.chart), *flags)

    def end() -> None:
        if finish(helm).status == 0:
            scene.foreign[COLLEAGUE] = "theirs"

    scene.unfinished.append(end)


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
    scene.world.cluster.api.patch(
        path, {"data": {"NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME": "by hand"}}, MERGE_PATCH
    )


EDITS_MAP = Effect(name="a hand edits the registry in the ConfigMap", act=_edit_map)


def delete_pods(scene: Scene) -> None:
    """Somebody restarts the API the hard way."""
    world = scene.world
    world.cluster.api.delete(f"/api/v1/namespaces/{world.namespace}/pods?labelSelector=app.kubernetes.io/instance=api")


def _edit_and_restart(scene: Scene) -> None:
    _edit_map(scene)
    delete_pods(scene)


EDITS_AND_RESTARTS = Effect(
    name="a hand edits the registry in the ConfigMap and deletes the pods", act=_edit_and_restart
)
RESTARTS = Effect(name="another user deletes the API's pods", act=delete_pods)


def _restart_api_server(scene: Scene) -> None:
    cluster = scene.world.cluster
    cluster.restart_api_server()
    # Controllers look for a lost API server less and less often: the next row would pay for this one.
    scene.unfinished += [cluster.wait_for_api_server, cluster.restart_controllers]


def restarts_api_server(*, applied: bool = False) -> Effect:
    """SIGKILL for the real API server, which is started again at once; its answer is lost with it."""
    name = f"the API server is killed and started again, request {'applied' if applied else 'lost'}"
    return Effect(name=name, act=_restart_api_server, applied=applied, then=RESET)
