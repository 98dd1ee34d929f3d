# Copyright (c) 2026 The fleetops.nvcf authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helms that are not quite helm, charts that change, tasks that take too long."""

from __future__ import annotations

import shutil
import socket
import subprocess

from ansible_collections.fleetops.nvcf.tests.faults.rows import End, Row
from ansible_collections.fleetops.nvcf.tests.faults.rows_way_back import HOOK
from ansible_collections.fleetops.nvcf.tests.faults.scene import Scene

REAL = 'case "$1 $*" in *--dry-run=server*) real_upgrade=;; upgrade*) real_upgrade=yes;; *) real_upgrade=;; esac'
DRY = 'case "$*" in *--dry-run=server*) dry_run=yes;; *) dry_run=;; esac'


def upgrades(name: str, fault: str, ends: tuple[End, ...], *lines: str, helm3: bool = False) -> Row:
    """A helm whose real upgrade is replaced by these lines."""
    shell = [REAL, 'if [ "$real_upgrade" ]; then', *lines, "fi"]
    return Row(name=name, moment="helm upgrade", fault=fault, ends=ends, helm_lines=shell, helm3=helm3)


def dry_runs(name: str, fault: str, *lines: str) -> Row:
    """A helm whose dry run is replaced by these lines."""
    shell = [DRY, 'if [ "$dry_run" ]; then', *lines, "fi"]
    return Row(name=name, moment="helm upgrade --dry-run", fault=fault, ends=(End.UNTOUCHED,), helm_lines=shell)


def returns(name: str, fault: str, ends: tuple[End, ...], *lines: str) -> Row:
    """A helm whose rollback is replaced by these lines, in the role's way back."""
    shell = ['if [ "$1" = rollback ]; then', *lines, "fi"]
    return Row(name=name, moment="way back: helm rollback", fault=fault, ends=ends, helm_lines=shell, behavior=HOOK)


def _copy_chart(scene: Scene) -> None:
    copy = scene.folder / "chart"
    shutil.copytree(scene.world.chart, copy)
    scene.world.chart = copy


def _full_disk(scene: Scene) -> None:
    """A folder for temporary files with room for next to nothing. Users have to be allowed to mount."""
    subprocess.run(["unshare", "-rm", "true"], check=True)
    mount = 'mount -t tmpfs -o size=4k none "$TMPDIR" && exec "$@"'
    scene.prefix = ("unshare", "-rm", "sh", "-c", mount, "sh")


def _hanging_registry(scene: Scene) -> None:
    """A registry that takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    scene.unfinished.append(listener.close)
    scene.options = {"chart_ref": f"oci://127.0.0.1:{listener.getsockname()[1]}/charts/helm-nvcf-api"}


DOES = '"$real" "$@" >/dev/null'
EDIT = "sed -i 's/port: 9464/port: 9465/' \"$3/templates/service.tpl\""

PROGRAMS = [
    upgrades(
        "helm-prints-text",
        "helm prints text in place of JSON",
        (End.DONE,),
        f"{DOES}; echo done; exit 0",
        helm3=True,
    ),
    upgrades(
        "helm-prints-empty", "helm prints `{}`", (End.DONE, End.RETURNED), f"{DOES}; echo '{{}}'; exit 0", helm3=True
    ),
    upgrades("helm-prints-null", "helm prints `null`", (End.DONE, End.RETURNED), f"{DOES}; echo null; exit 0"),
    upgrades(
        "helm-warns-first",
        "helm prints a warning before its JSON",
        (End.DONE, End.RETURNED),
        "echo 'WARNING: old'",
        helm3=True,
    ),
    upgrades("helm-does-nothing", "helm exits with 0 and has done nothing", (End.UNTOUCHED,), "exit 0", helm3=True),
    upgrades(
        "helm-pretends",
        "helm prints a release, exits with 0 and has done nothing",
        (End.UNTOUCHED,),
        'exec "$real" "$@" --dry-run=server',
        helm3=True,
    ),
    upgrades("helm-fails-first", "helm exits with 1 and has done nothing", (End.UNTOUCHED,), "exit 1"),
    upgrades(
        "helm-fails-after",
        "helm exits with 1 after it has done all",
        (End.RETURNED, End.DONE),
        f"{DOES}; exit 1",
        helm3=True,
    ),
    upgrades("helm-sleeps", "helm sleeps for 3 s before it begins", (End.DONE,), "sleep 3"),
    dry_runs("dry-run-prints-text", "helm prints text in place of JSON", "echo done; exit 0"),
    dry_runs("dry-run-prints-empty", "helm prints `{}`", "echo '{}'; exit 0"),
    dry_runs(
        "dry-run-prints-nulls", "helm prints a release of nulls", 'echo \'{"manifest": null, "hooks": null}\'; exit 0'
    ),
    Row(
        name="helm-version-text",
        moment="helm version",
        fault="helm prints no version",
        ends=(End.UNTOUCHED,),
        helm_lines=['if [ "$1" = version ]; then echo hello; exit 0; fi'],
    ),
    returns("back-does-nothing", "helm exits with 0 and has done nothing", (End.UNKNOWN,), "exit 0"),
    returns(
        "back-fails-after", "helm exits with 1 after it has done all", (End.UNKNOWN, End.RETURNED), f"{DOES}; exit 1"
    ),
    returns("back-fails-first", "helm exits with 1 and has done nothing", (End.UNKNOWN,), "exit 1"),
    Row(
        name="chart-edited",
        moment="helm upgrade",
        fault="the local chart is edited after it was looked at",
        ends=(End.UNTOUCHED, End.RETURNED, End.DONE),
        prepare=_copy_chart,
        helm_lines=[REAL, f'if [ "$real_upgrade" ]; then {EDIT}; fi'],
        helm3=True,
    ),
    Row(
        name="task-timeout-hook",
        moment="helm waits for its hook",
        fault="the task's timeout is over",
        ends=(End.RETURNED,),
        behavior={"job_seconds": 600},
        settings={"ANSIBLE_TASK_TIMEOUT": "9"},
        helm3=True,
    ),
    Row(
        name="task-timeout-rollout",
        moment="rollout: pods",
        fault="the task's timeout is over",
        ends=(End.RETURNED,),
        behavior={"ready_seconds": 600},
        settings={"ANSIBLE_TASK_TIMEOUT": "9"},
    ),
    Row(
        name="disk-full",
        moment="from the beginning",
        fault="the disk is full",
        ends=(End.DONE,),
        prepare=_full_disk,
    ),
    Row(
        name="chart-registry-hangs",
        moment="apply: the chart is fetched",
        fault="the registry of the chart never answers, and the task's timeout is over",
        ends=(End.UNTOUCHED,),
        prepare=_hanging_registry,
        settings={"ANSIBLE_TASK_TIMEOUT": "8"},
    ),
    Row(
        name="helm-timeout",
        moment="helm waits for its hook",
        fault="helm's timeout is over",
        ends=(End.RETURNED,),
        behavior={"job_seconds": 600},
        options={"timeout": 4},
        helm3=True,
    ),
]
