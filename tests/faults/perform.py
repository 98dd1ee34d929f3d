# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row from its beginning to its end: the run with the fault, the run that heals, and one that has nothing to do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.module_utils._runtime.errors import NvcfError
from ansible_collections.fleetops.nvcf.tests.faults.rows import Armed, End, Operation, Row
from ansible_collections.fleetops.nvcf.tests.faults.scene import Ran, Scene, command_line
from ansible_collections.fleetops.nvcf.tests.faults.state import State, read_state
from ansible_collections.fleetops.nvcf.tests.faults.truth import end_of, false_sentences
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import create_function, set_pair
from ansible_collections.fleetops.nvcf.tests.integration.collection.by_hand import upgrade as upgrade_by_hand
from ansible_collections.fleetops.nvcf.tests.integration.collection.world import CANARY, GHCR, World, pair
from ansible_collections.fleetops.nvcf.tests.sandbox.install import stack_values
from ansible_collections.fleetops.nvcf.tests.sandbox.nvcf_api.store import Store

SECRET = re.compile(rf"{CANARY}|eyJ[\w-]{{10,}}\.eyJ[\w-]{{10,}}\.[\w-]{{10,}}")
"""The canary of the release's values, and any token: Kubernetes' and the NVCF API's are both JWTs."""
PATIENCE = 30.0


@dataclass(kw_only=True)
class Outcome:
    """What was found about a row."""

    end: End = End.ENDED
    told: str = ""
    seconds_to_heal: float = 0.0
    """Of the second run, and of a third where a plain one was refused."""
    healed_with: dict[str, Any] = field(default_factory=dict)
    """Options that it took; empty where a plain run healed."""
    lost: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    unhealed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """The fault did not happen, or the run did not end as the row says."""

    @property
    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        named = ("lost", "false", "unhealed", "left", "leaked", "wrong")
        return [f"{name}: {found}" for name in named for found in getattr(self, name)]


def set_up(world: World, operation: Operation) -> None:
    """The release before the first run, with a colleague's setting in it."""
    values = stack_values()
    if operation is Operation.REMOVE:
        values["api"]["env"] |= pair(GHCR)
    world.install(values)
    if operation is Operation.RETURN:
        with world.cluster.behaving(job_exit_code=1):
            assert upgrade_by_hand(world, *set_pair(GHCR)).status != 0


def perform(row: Row, scene: Scene) -> Outcome:
    """Run it all. What is not as promised is in the outcome."""
    return _Performance(row, scene).outcome


class _Performance:
    def __init__(self, row: Row, scene: Scene) -> None:
        self._row, self._scene, self._world = row, scene, scene.world
        self.outcome = Outcome()
        before = read_state(self._world)
        self._base = before.revisions[0]
        if row.prepare:
            row.prepare(scene)
            before = read_state(self._world)
        self._others = before.others
        faulted = self._with_fault()
        after = read_state(self._world)
        self.outcome.end, self.outcome.told = end_of(faulted, row.operation), faulted.told
        self.outcome.false += false_sentences(
            faulted, before, after, row.operation, others=scene.same_registry, forbidden=row.forbids
        )
        if self.outcome.end not in row.ends or not re.search(row.says, faulted.told):
            self.outcome.wrong.append(
                f"it ended with status {faulted.status}, {self.outcome.end!r}: {faulted.told} {after.history}"
            )
        self._look_for_loss(after, "after the fault")
        self._look_for_rest(named=faulted.told, killed=row.keeps_files)
        self._heal(after)

    def _with_fault(self) -> Ran:
        row, scene, cluster = self._row, self._scene, self._world.cluster
        armed = Armed(scene, row.faults)
        scene.plan, scene.away = armed.plan, armed.away
        normal = cluster.behavior
        try:
            cluster.behave(**row.behavior)
            ran = self._run(row.options, row.settings, killed=row.keeps_files)
        finally:
            normal.save(cluster.behavior_file)
            armed.disarm()
            scene.armed.unlink(missing_ok=True)
            scene.options, scene.prefix = {}, ()
            for finish in scene.unfinished:
                finish()
        if not armed.all_came:
            self.outcome.wrong.append("the moment of the fault never came")
        return ran

    def _run(
        self, options: Mapping[str, Any], settings: Mapping[str, str] | None = None, *, killed: bool = False
    ) -> Ran:
        given = {"registries": [GHCR], **options}
        match self._row.operation:
            case Operation.ADD:
                ran = self._scene.run("fleetops.nvcf.add", given, settings)
            case Operation.REMOVE:
                ran = self._scene.run("fleetops.nvcf.remove", given, settings)
            case Operation.RETURN:
                ran = self._scene.run(self._return_play(), given, settings)
        self._wait_for_processes()
        self.outcome.leaked += self._leaks(ran, killed=killed)
        return ran

    def _return_play(self) -> Path:
        options = {
            "kubeconfig": "{{ registry_allowlist_kubeconfig }}",
            "context": "{{ registry_allowlist_context }}",
            "namespace": "{{ registry_allowlist_namespace }}",
            "helm_binary": "{{ registry_allowlist_helm_binary }}",
            "request_timeout": 5,
            "timeout": 60,
            "rollout_timeout": 30,
            "outage_timeout": "{{ registry_allowlist_outage_timeout | default(omit) }}",
            "pending_min_age": "{{ registry_allowlist_pending_min_age | default(omit) }}",
            "revision": "{{ registry_allowlist_revision | default(omit) }}",
        }
        play = {"hosts": "all", "gather_facts": False, "tasks": [{"fleetops.nvcf.release_rollback": options}]}
        path = self._scene.folder / "return.json"
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path

    def _heal(self, after: State) -> None:
        row, outcome = self._row, self.outcome
        wanted = row.operation is Operation.ADD
        if outcome.end is not End.DONE:
            begin = time.monotonic()
            ran = self._run({})
            if ran.status and row.heals_with:
                outcome.healed_with = dict(row.heals_with)
                ran = self._run(row.heals_with)
            outcome.seconds_to_heal = round(time.monotonic() - begin, 1)
            if ran.status:
                outcome.unhealed.append(f"the second run failed: {ran.told}")
            after = read_state(self._world)
        if wrong := after.holds(wanted):
            outcome.unhealed.append(f"{wrong} (was: {after.history})")
        self._look_for_loss(after, "in the end")
        if any(after.newest.env.get(key) != value for key, value in self._scene.foreign.items()):
            outcome.lost.append(f"a colleague's setting: {self._scene.foreign}")
        if (status := create_function(self._world)) != (200 if wanted else 400):
            outcome.unhealed.append(f"the API answers a create with {status}")
        outcome.unhealed += self._idle()
        if (now := read_state(self._world)).history != after.history:
            outcome.unhealed.append(f"a further run made a revision: {now.history}")
        self._look_for_rest()

    def _idle(self) -> Iterator[str]:
        """Once more, with nothing to do: the play where there was none but the first, else what its steps do, alone."""
        world = self._world
        if self.outcome.end is End.DONE:
            ran = self._run({})
            if ran.status or ran.changed:
                yield f"a further run is not idempotent: {ran.status}, {ran.told}"
            return
        try:
            match self._row.operation:
                case Operation.RETURN:
                    result = world.roll_back()
                case Operation.ADD:
                    result = world.registries(GHCR)
                case Operation.REMOVE:
                    result = world.registries(GHCR, state="absent")
        except NvcfError as error:
            yield f"a further run fails: {error}"
        else:
            if result["changed"]:
                yield f"a further run changes something: {result.get('summary')}"

    def _look_for_loss(self, state: State, when: str) -> None:
        """Values of others: of each revision, of the live ConfigMap, of other objects."""
        for one in state.revisions:
            kept = {**self._base.others, "api": {**self._base.others["api"]}}
            env = {key: value for key, value in one.others["api"]["env"].items() if key not in self._scene.foreign}
            if {**one.others, "api": {**one.others["api"], "env": env}} != kept:
                self.outcome.lost.append(f"{when} revision {one.number} has other values")
        lost = {key for key, value in self._base.others["api"]["env"].items() if state.config_map.get(key) != value}
        if lost:
            self.outcome.lost.append(f"{when} the ConfigMap has not {sorted(lost)}")
        if state.others != self._others:
            names = {*self._others, *state.others}
            changed = [name for name in names if self._others.get(name) != state.others.get(name)]
            self.outcome.lost.append(f"{when} changed: {changed}")

    def _wait_for_processes(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while (left := self._scene.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.outcome.left += [f"process {command_line(pid)[:150]}" for pid in left]

    def _look_for_rest(self, *, named: str = "", killed: bool = False) -> None:
        """What is left; a function that cannot be deleted as long as the fault lasts has to be named."""
        if not killed:
            # Ansible does not remove its own folder when a signal ends it; that this holds no secret is seen elsewhere.
            places = ("tmp",) if self.outcome.end is End.ENDED else ("tmp", "local")
            self.outcome.left += [f"file {path}" for path in self._scene.files(*places)]
        functions = Store(self._world.cluster.nvcf_folder).functions()
        if not self._row.keeps_function:
            self.outcome.left += [f"function {it['name']}" for it in functions if it["name"] not in named]
        phases = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in self._world.objects("pods")}
        self.outcome.left += [f"pod {name}" for name in phases if not name.startswith("nvcf-api-")]

    def _leaks(self, ran: Ran, *, killed: bool) -> Iterator[str]:
        """Secrets that are seen. What a killed process had for helm, the next run removes."""
        files = [
            path
            for path in self._scene.files("tmp", "local", "home")
            if not (killed and path.name == "kubeconfig.json" and path.stat().st_mode & 0o077 == 0)
        ]
        places = {"the output": ran.text, "the results": json.dumps(ran.results), "a command line": "\n".join(ran.argv)}
        places |= {f"file {path}": path.read_text(encoding="utf-8", errors="replace") for path in files}
        for place, text in places.items():
            if found := SECRET.search(text):
                yield f"{found[0][:12]}... in {place}: ...{text[max(0, found.start() - 60) : found.start()]}"
