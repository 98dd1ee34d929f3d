# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Reports to render, and events to gather, with nothing in them that a test does not ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.model import (
    Ending,
    Facts,
    Fragment,
    Registry,
    Report,
    Row,
    State,
    Wave,
)
from ansible_collections.fleetops.nvcf.plugins.plugin_utils._fleet_report.run_tracker import (
    Batch,
    RunTracker,
    Task,
    TaskStatus,
)

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
GHCR = Registry(key="GHCR", name="GitHub Container Registry", hostname="ghcr.io", levels=(True, True, True, True, True))
HALF = Registry(
    key="INTERNAL", name="Our registry", hostname="registry.corp.example", levels=(True, True, False, None, None)
)
VALUES = (
    "api:\n  env:\n    NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_NAME: GitHub Container Registry\n"
    "    NVCF_REGISTRIES_RECOGNIZED_CONTAINER_GHCR_HOSTNAME: ghcr.io\n"
)
PHASES = (("preflight", 0.4), ("apply", 2.25), ("rollout", 31.5), ("verify", 0.6), ("smoke test", 0.2))


def report(*rows: Row, **fields: Any) -> Report:
    """A report of these rows."""
    given: dict[str, Any] = {
        "title": "Add registries to the NVCF allowlist",
        "playbook": "add.yml",
        "ending": "finished",
        "check_mode": False,
        "started": START,
        "seconds": 75.0,
    }
    return Report(rows=rows, **(given | fields))


def changed(host: str, **fields: Any) -> Row:
    """A cluster on which all went well."""
    facts = Facts(
        cluster=host,
        release="nvcf/api",
        before=3,
        after=4,
        status="deployed",
        chart="helm-nvcf-api 1.25.1",
        app_version="1.14.1",
        registries=(GHCR,),
        change="add GHCR=ghcr.io",
        written=True,
        tried=("ghcr.io/fleetops-nvcf/smoke-test:none: accepted",),
        fragment=VALUES,
    )
    given: dict[str, Any] = {"state": State.CHANGED, "wave": 1, "facts": facts, "phases": PHASES}
    return Row(host=host, **(given | fields))


def failed(host: str, **fields: Any) -> Row:
    """A cluster that was taken back."""
    given: dict[str, Any] = {
        "state": State.RESTORED,
        "wave": 2,
        "facts": Facts(
            before=3,
            after=5,
            status="deployed",
            release="nvcf/api",
            registries=(HALF,),
            restored=True,
            restoration="The release was returned to revision 3, and its pods are ready.",
        ),
        "cause": "pod nvcf-api-7d9c5b8f6d-x2x7p has exited with code 1 for the 3rd time:\n"
        "Property: nvcf.registries.recognized.container.ghcr.hostname\nReason: Registry hostname is required",
        "next_step": "The cluster runs as before. Fix the cause, then run again on it.",
        "failed_task": "Wait for the rollout of the API",
        "phases": (*PHASES[:3], ("rollback", 12.0)),
    }
    return Row(host=host, **(given | fields))


def plain(host: str, state: State, **fields: Any) -> Row:
    """A cluster of which little is known."""
    return Row(host=host, state=state, **fields)


def large_report(size: int) -> Report:
    """Many clusters in all sorts of states."""
    rows: list[Row] = []
    for number in range(size):
        host, groups = f"{('east', 'west', 'north', 'south')[number % 4]}-{number}", (f"region-{number % 4}", "prod")
        if number % 97 == 5:
            rows.append(failed(host, groups=groups, wave=3))
        elif number % 211 == 7:
            step = "See whether this cluster answers with the same kubeconfig and context, then run again on it."
            cause = f"the Kubernetes API of {host} did not answer within 10 s"
            rows.append(plain(host, State.UNREACHABLE, groups=groups, wave=3, cause=cause, next_step=step))
        elif number % 10 == 9:
            rows.append(plain(host, State.NOT_REACHED, groups=groups))
        else:
            state = State.UNCHANGED if number % 3 == 0 else State.CHANGED
            rows.append(changed(host, groups=groups, wave=1 + number % 3, state=state))
    rows.sort(key=lambda row: row.state.rank)
    waves = (
        Wave(play="add", number=1, of=3, size=1, seconds=31.0),
        Wave(play="add", number=2, of=3, size=size // 10, seconds=95.0),
        Wave(play="add", number=3, of=3, size=size - size // 10 - 1, seconds=700.0),
    )
    hosts = tuple(row.host for row in rows if row.facts.fragment)
    fragments = (Fragment(values=VALUES, hosts=hosts),)
    return report(*rows, waves=waves, fragments=fragments, ending="stopped", seconds=826.0)


# Events

AHEAD = Task(name="Look at all", action="fleetops.nvcf.look_ahead", phase="preflight", of_collection=True, for_all=True)
LOOK = Task(name="Look", action="fleetops.nvcf.recognized_registry_info", phase="preflight", of_collection=True)
APPLY = Task(name="Apply", action="fleetops.nvcf.recognized_registry", phase="apply", of_collection=True)
ROLL_OUT = Task(name="Roll out", action="fleetops.nvcf.api_rollout", phase="rollout", of_collection=True)
TRY = Task(name="Try", action="fleetops.nvcf.function_smoke_test", phase="smoke test", of_collection=True)
RESTORE = Task(name="Restore", action="fleetops.nvcf.release_rollback", phase="rollback", of_collection=True)
FAIL = Task(name="Fail", action="ansible.builtin.fail", phase="rollback", of_collection=True)
AUDIT = Task(name="Audit", action="fleetops.nvcf.recognized_registry_audit", phase="audit", of_collection=True)
OTHER = Task(name="Something else", action="ansible.builtin.command")

RELEASE = {
    "name": "api",
    "namespace": "nvcf",
    "revision": 4,
    "status": "deployed",
    "chart": "helm-nvcf-api",
    "chart_version": "1.25.1",
    "app_version": "1.14.1",
}
ENTRY = {"key": "GHCR", "name": "GitHub Container Registry", "hostname": "ghcr.io"}
LEVELS = {"stored": True, "rendered": True, "running": True, "recognized": True}
BEFORE: dict[str, Any] = {
    "changed": False,
    "cluster": "east-1",
    "history": [{"revision": 3, "status": "deployed", "modified": None}],
    "release": RELEASE | {"revision": 3},
    "registries": [],
    "pending": None,
    "drift": [],
    "disagreements": [],
    "problems": [],
    "stranded": [],
    "rollout": {"state": "done", "text": "1 of 1 pods ready"},
    "values_fragment": "",
}
CHANGE: dict[str, Any] = {
    "changed": True,
    "cluster": "east-1",
    "release": RELEASE,
    "previous_revision": 3,
    "registries": [ENTRY],
    "removed": [],
    "summary": "add GHCR=ghcr.io",
    "values_fragment": VALUES,
}
RESTORED: dict[str, Any] = {
    "changed": True,
    "release": RELEASE | {"revision": 5},
    "target_revision": 3,
    "summary": "The release was returned to revision 3, and its pods are ready.",
}


def batch(*hosts: str, of: tuple[str, ...] = (), **fields: Any) -> Batch:
    """A wave of these hosts; a play of one wave unless `of` names more hosts."""
    given: dict[str, Any] = {
        "play": "1",
        "name": "Add",
        "all_hosts": of or hosts,
        "sizes": (len(hosts),) if not of else (len(hosts), len(of) - len(hosts)),
        "groups": {},
        "check_mode": False,
        "forks": 5,
        "of_collection": True,
    }
    return Batch(hosts=hosts, **(given | fields))


def report_of(tracker: RunTracker, ending: Ending = "finished") -> Report:
    """The report of the run as it is now."""
    return tracker.report(title="t", playbook="add.yml", ending=ending, started=START, seconds=1.0)


Event = tuple[Task, TaskStatus, dict[str, Any]]
OK: dict[str, Any] = {"changed": False}
BROKEN: dict[str, Any] = {"changed": False, "msg": "cluster east-1: pod x has exited. See its log."}
TO_THE_END: tuple[Event, ...] = (
    (LOOK, "ok", BEFORE),
    (APPLY, "ok", CHANGE),
    (ROLL_OUT, "ok", OK),
    (TRY, "ok", {"changed": False, "image": "ghcr.io/a/b:1", "outcome": "accepted"}),
)


def play(tracker: RunTracker, host: str, *events: Event) -> None:
    """What a host does in a wave that has begun. Each task takes two seconds."""
    for at, (task, how, result) in enumerate(events):
        tracker.task_began(at * 2.0, task)
        tracker.host_began(at * 2.0, host, task)
        tracker.host_ended(at * 2.0 + 2.0, host, task, how, result)
