# Copyright (c) 2026 The fleetops.nvcf authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_report
type: aggregate
short_description: Show progress and write a report about all clusters of a run
version_added: 1.0.0
author:
  - The fleetops.nvcf authors (@fleetops)
description:
  - Shows the progress of the run (wave, phase, done and failed clusters, remaining time), and a table at its end.
  - Writes an HTML page that needs no server and no network, and the same data for programs (JSON), for a ticket
    (Markdown) and for a CI server (JUnit XML). They contain the state of every cluster, the cause of a failure and the
    next step, the revisions, the registries at all levels, the time of each phase, and the Helm values for the tool
    that deploys the release.
  - The files are also written when a wave stops the play, and when the run is interrupted. During the run they are
    updated with each wave and every 15 seconds, so a killed run leaves a report too. Files are replaced atomically.
  - C(unfinished.txt) beside them lists the clusters that need another run, for C(--limit @fleet-report/unfinished.txt).
  - Only known fields of the results of this collection are copied. Results that C(no_log) hides stay hidden.
  - Does nothing in runs that do not use this collection.
requirements:
  - Python >= 3.12
  - enabled in the configuration, C(callbacks_enabled = fleetops.nvcf.fleet_report)
options:
  folder:
    description:
      - The folder for the files. C(strftime) directives are replaced, so C(reports/%Y-%m-%d-%H%M) keeps the files of
        earlier runs.
      - A relative path in C(ansible.cfg) is relative to that file, in the environment to the working directory.
      - By default C(fleet-report) in the working directory. Under ansible-runner and AWX, which delete the working
        directory, nothing is written by default.
    type: path
    ini:
      - section: callback_fleet_report
        key: folder
    env:
      - name: FLEETOPS_NVCF_REPORT_FOLDER
  formats:
    description:
      - The formats of the files.
    type: list
    elements: str
    choices: [html, json, markdown, junit]
    default: [html, json, markdown, junit]
    ini:
      - section: callback_fleet_report
        key: formats
    env:
      - name: FLEETOPS_NVCF_REPORT_FORMATS
  title:
    description:
      - The title of the report. By default the name of the play.
    type: str
    ini:
      - section: callback_fleet_report
        key: title
    env:
      - name: FLEETOPS_NVCF_REPORT_TITLE
  progress:
    description:
      - Whether to show progress lines, with each wave and phase and as clusters finish tasks, at most every 2 seconds.
      - V(auto) shows them on a terminal, and not under ansible-runner or AWX.
    type: str
    choices: [auto, always, never]
    default: auto
    ini:
      - section: callback_fleet_report
        key: progress
    env:
      - name: FLEETOPS_NVCF_REPORT_PROGRESS
  table:
    description:
      - Whether to show a table at the end. For more than 40 clusters it lists only the causes of failures.
    type: bool
    default: true
    ini:
      - section: callback_fleet_report
        key: table
    env:
      - name: FLEETOPS_NVCF_REPORT_TABLE
seealso:
  - name: The fleet report
    description: What it contains, and how to read it.
    link: https://fleetops.github.io/ansible-nvcf/fleet-report.html
"""

EXAMPLES = r"""
# ansible.cfg
# [defaults]
# callbacks_enabled = fleetops.nvcf.fleet_report
#
# [callback_fleet_report]
# folder = reports/%Y-%m-%d-%H%M
"""

from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import TaskResult
from ansible.inventory.host import Host
from ansible.playbook import Playbook
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

from ..plugin_utils._fleet_report.ansible_events import (
    batch_of,
    completed,
    content_of,
    host_of,
    playbook_name,
    task_of,
    task_of_result,
)
from ..plugin_utils._fleet_report.run_tracker import TaskStatus
from ..plugin_utils._fleet_report.session import Session, open_session


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "fleetops.nvcf.fleet_report"
    CALLBACK_NEEDS_ENABLED = True

    _session: Session

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        if not hasattr(self, "_session"):
            # Not in __init__, where the options are not known yet.
            self._session = open_session(self.get_option, self._display)
        self._session.playbook_began(playbook_name(playbook))

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._session.wave_began(batch_of(play))

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 Ansible's form
        self._session.task_began(task_of(task))

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._session.host_began(str(host.get_name()), task_of(task))

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        self._ended(result, "ok")

    def v2_runner_on_failed(self, result: TaskResult, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002
        self._ended(result, "ignored" if ignore_errors else "failed")

    def v2_runner_item_on_failed(self, result: TaskResult) -> None:
        self._session.item_failed(host_of(result), content_of(result))

    def v2_runner_on_unreachable(self, result: TaskResult) -> None:
        self._ended(result, "unreachable")

    def v2_runner_on_skipped(self, result: TaskResult) -> None:
        self._ended(result, "skipped")

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        self._session.wave_stopped()

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        self._session.playbook_ended(failed=stats.failures, unreachable=stats.dark)

    def _ended(self, result: TaskResult, status: TaskStatus) -> None:
        whole = completed(result) if status in ("failed", "ignored") else content_of(result)
        self._session.host_ended(host_of(result), task_of_result(result), status, whole)
